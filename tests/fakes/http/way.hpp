#pragma once

#include "net/http/http.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace test {

// A way to a server that can be cut for one process alone. The answer to a request that is under way does not
// come through either.
class way final : public net::http_client
{
public:
    explicit way(net::http_client& next) : next_(next) {}

    bool cut = false;
    std::function<void(const net::http_request&)> on_send;  // may be empty

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        if (cut)
        {
            co_return support::fail(support::errc::unreachable, "no route");
        }
        if (on_send)
        {
            on_send(request);
        }
        auto answer = co_await next_.send(std::move(request));
        if (cut)
        {
            co_return support::fail(support::errc::interrupted, "cut off");
        }
        co_return answer;
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        if (cut)
        {
            co_return support::fail(support::errc::unreachable, "no route");
        }
        co_return co_await next_.open(std::move(request));
    }

private:
    net::http_client& next_;
};

}  // namespace test
