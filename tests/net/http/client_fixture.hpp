#pragma once

#include "net/http/client.hpp"
#include "net/http/scripted_dialer.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace test {

inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
inline const std::string closing = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

// A connection that the server has closed after one answer.
inline const script answered_then_ended{.reads = {ok, ends()}};
inline const script answered_then_reset{.reads = {ok, fails{support::errc::interrupted}}};

// The HTTP client over connections that follow a script.
class client : public loop
{
protected:
    net::http_request request(std::string method = "GET")
    {
        net::http_request request;
        request.method = std::move(method);
        request.origin = {false, "cloud.example", 80};
        request.deadline = clock().now() + std::chrono::seconds(10);
        return request;
    }

    support::result<net::http_response> send(net::http_request request)
    {
        return run(client_->send(std::move(request)));
    }

    // Sends `second` on a connection that has answered one GET before.
    support::result<net::http_response> send_on_reused(net::http_request second)
    {
        EXPECT_TRUE(send(request()).has_value());
        EXPECT_EQ(network_.open(), 1U) << "the first connection was not kept";
        return send(std::move(second));
    }

    scripted_network network_{executor()};
    net::client_options options_{
        .user_agent = "controller/1", .idle_per_origin = 2, .idle_for = std::chrono::seconds(30)
    };
    std::unique_ptr<net::http_client> client_ = net::create_http_client(network_.dialer(), clock(), options_);
};

}  // namespace test
