#pragma once

#include "net/http/http.hpp"
#include "net/transport/proxy.hpp"
#include "support/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace net {

class dialer;

struct client_options
{
    std::string user_agent;
    std::size_t idle_per_origin = 8;  // idle connections that are kept open
    std::size_t idle_in_all = 256;    // to all origins; of more, those that are idle longest are closed
    support::duration idle_for = std::chrono::seconds(30);
    proxy_route route = {};  // empty: every server is reached directly
};

// The http_client over real sockets, with TLS by OpenSSL. `clock` must outlive the client.
std::unique_ptr<http_client> create_http_client(
    boost::asio::any_io_executor executor, support::clock& clock, client_options options
);

// The http_client over the connections of `dialer`; `route` is not read.
std::unique_ptr<http_client> create_http_client(
    std::unique_ptr<dialer> dialer, support::clock& clock, client_options options
);

}  // namespace net
