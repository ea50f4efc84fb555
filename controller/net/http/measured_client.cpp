#include "net/http/measured_client.hpp"

#include <utility>

namespace net {

support::task<support::result<http_response>> measured_client::send(http_request request)
{
    const std::string method = request.method;
    const net::origin origin = request.origin;
    const std::string_view service = request.service;
    const auto began = clock_.now();
    auto answer = co_await next_.send(std::move(request));
    ended_({service, method, origin, answer ? answer->status : 0, clock_.now() - began});
    co_return answer;
}

support::task<support::result<std::unique_ptr<http_stream>>> measured_client::open(http_request request)
{
    const std::string method = request.method;
    const net::origin origin = request.origin;
    const std::string_view service = request.service;
    const auto began = clock_.now();
    auto answer = co_await next_.open(std::move(request));
    ended_({service, method, origin, answer ? (*answer)->status() : 0, clock_.now() - began});
    co_return answer;
}

}  // namespace net
