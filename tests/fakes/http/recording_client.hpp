#pragma once

#include "net/http/http.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace test {

// Passes requests on, and keeps them.
class recording_client final : public net::http_client
{
public:
    explicit recording_client(net::http_client& next) : next_(next) {}

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        sent.push_back(request);
        return next_.send(std::move(request));
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        sent.push_back(request);
        return next_.open(std::move(request));
    }

    std::vector<net::http_request> sent;

private:
    net::http_client& next_;
};

}  // namespace test
