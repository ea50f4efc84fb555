#include "cloud/openstack/fake_http.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace test {

std::string line_of(const net::http_request& request)
{
    return request.method + " " + request.origin.str() + request.target;
}

void fake_http::on(const std::string& request, std::vector<reply> replies)
{
    script_[request] = [replies = std::move(replies),
                        next = std::size_t{0}](const net::http_request&) mutable {
        return replies.at(std::min(next++, replies.size() - 1));
    };
}

void fake_http::on(const std::string& request, std::function<reply(const net::http_request&)> decide)
{
    script_[request] = std::move(decide);
}

std::size_t fake_http::count(const std::string& request) const
{
    return static_cast<std::size_t>(std::ranges::count(requests_, request, line_of));
}

support::task<fake_http::reply> fake_http::send(net::http_request request)
{
    const std::string line = line_of(request);
    requests_.push_back(request);
    const auto scripted = script_.find(line);
    if (scripted == script_.end())
    {
        ADD_FAILURE() << "nobody expects " << line;
        co_return support::fail(support::errc::unreachable, "connection refused");
    }
    auto answer = scripted->second(request);
    if (takes_ > support::duration::zero())
    {
        co_await clock_.sleep_for(takes_);
    }
    co_return answer;
}

support::task<support::result<std::unique_ptr<net::http_stream>>> fake_http::open(net::http_request request)
{
    ADD_FAILURE() << "nobody reads " << line_of(request) << " as a stream";
    co_return support::fail(support::errc::unreachable, "connection refused");
}

}  // namespace test
