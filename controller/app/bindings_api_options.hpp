#pragma once

#include "net/transport/listen_address.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace app {

// The HTTP door, in the flags that begin with --bindings-api-.
struct bindings_api_options
{
    std::optional<net::listen_address> address;  // empty: the API is not served
    std::string name_space;                      // of requests without X-Namespace; empty: they are refused
    std::string region;                          // of requests without X-Region; empty: they are refused
    support::duration wait = std::chrono::seconds(10);
    std::size_t most_waiting = 1000;
    std::size_t requests_per_minute = 600;  // of one token; 0: no limit
    std::string certificate_file;           // empty: plain http
    std::string key_file;
};

// How many connections the API takes at a time, where it is served.
std::size_t most_connections(const bindings_api_options& options);

// The same as text.
struct raw_bindings_api
{
    std::string address = "0";
    std::string name_space;
    std::string region;
    std::string wait = "10s";
    std::string most_waiting = "1000";
    std::string requests_per_minute = "600";
    std::string certificate_file;
    std::string key_file;
    std::string allow_http = "false";
};

// `given_by` names a flag as the user gave it. `watched` are the namespaces that the controller watches;
// empty: all. The error names the flag.
support::result<bindings_api_options> understand(
    const raw_bindings_api& raw,
    const std::function<std::string(const std::string& flag)>& given_by,
    const std::vector<std::string>& watched
);

}  // namespace app
