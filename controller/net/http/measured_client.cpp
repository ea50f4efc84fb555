#include "net/http/measured_client.hpp"

#include "support/text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace net {

namespace {

std::string path_of(const http_request& request)
{
    return request.target.substr(0, request.target.find('?'));
}

// X-Openstack-Request-Id as oslo.middleware writes it, else X-Request-Id, which many proxies write.
std::string request_id(const std::vector<header>& headers)
{
    constexpr std::size_t longest = 64;
    const auto id = find_header(headers, "X-Openstack-Request-Id");
    return support::clean(id.empty() ? find_header(headers, "X-Request-Id") : id, longest);
}

}  // namespace

support::task<support::result<http_response>> measured_client::send(http_request request)
{
    const std::string method = request.method;
    const std::string path = path_of(request);
    const net::origin origin = request.origin;
    const std::string_view service = request.service;
    const auto began = clock_.now();
    auto answer = co_await next_.send(std::move(request));
    const std::string id = answer ? request_id(answer->headers) : "";
    ended_({service, method, origin, answer ? answer->status : 0, clock_.now() - began, path, id});
    co_return answer;
}

support::task<support::result<std::unique_ptr<http_stream>>> measured_client::open(http_request request)
{
    const std::string method = request.method;
    const std::string path = path_of(request);
    const net::origin origin = request.origin;
    const std::string_view service = request.service;
    const auto began = clock_.now();
    auto answer = co_await next_.open(std::move(request));
    const std::string id = answer ? request_id((*answer)->headers()) : "";
    ended_({service, method, origin, answer ? (*answer)->status() : 0, clock_.now() - began, path, id});
    co_return answer;
}

}  // namespace net
