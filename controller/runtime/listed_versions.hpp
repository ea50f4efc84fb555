#pragma once

#include "kube/client.hpp"
#include "runtime/object_sink.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <cstdint>
#include <vector>

namespace runtime {

// The objects of a collection at a version of it.
struct listed_versions
{
    std::vector<listed_object> objects;
    std::uint64_t version = 0;
};

// Reads all pages of the list, without the objects' spec and status. An object whose identity cannot be read
// is left out. errc::bad_answer: the version of the collection is no number.
support::task<support::result<listed_versions>> list_versions(
    kube::client& client, kube::list_request request
);

}  // namespace runtime
