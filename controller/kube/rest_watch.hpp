#pragma once

#include "kube/client.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <memory>

namespace kube {

// The watch whose events `stream` brings. errc::interrupted: the stream ended within an event. A read that
// has brought nothing by `end_by` fails as those of net::http_stream do.
std::unique_ptr<watch_stream> create_rest_watch(
    std::unique_ptr<net::http_stream> stream, support::time_point end_by
);

}  // namespace kube
