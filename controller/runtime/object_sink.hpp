#pragma once

#include "kube/client.hpp"
#include "support/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace runtime {

// An object of a list, by what a comparison needs.
struct listed_object
{
    support::uuid uid;
    std::uint64_t version;
};

// Receives the objects of a watcher. A list begins before it is requested and is complete only at list_ended;
// an object that the list did not contain is gone then. A list that failed begins again with list_began.
class object_sink
{
public:
    virtual ~object_sink() = default;

    virtual void list_began() = 0;
    virtual void listed(kube::object_json object) = 0;
    virtual void list_ended() = 0;
    // The server forbids the list (403): the right is missing, or it went with its namespace.
    virtual void list_forbidden() {}
    virtual void changed(kube::object_json object) = 0;  // added or modified
    virtual void deleted(kube::object_json object) = 0;

    // A list is read beside the open watch, to compare. It changes nothing.
    virtual void comparison_began() {}
    // The watch has reached `version`, at which the objects were listed. Returns how many changes up to it
    // were never shown.
    virtual std::size_t missed(
        [[maybe_unused]] const std::vector<listed_object>& listed, [[maybe_unused]] std::uint64_t version
    )
    {
        return 0;
    }
    virtual void comparison_ended() {}

    // The sink calls it when the server has answered a write of ours to an object of the collection; the
    // watch has to show the version of the answer. The watcher sets it. May be empty.
    std::function<void(std::uint64_t version)> wrote;
};

}  // namespace runtime
