#include "net/http/handler.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace net {
namespace {

using routes_ptr = std::shared_ptr<const std::vector<route>>;

support::task<page> answer(routes_ptr routes, server_request request)
{
    const auto found = std::ranges::find(*routes, request.path, &route::path);
    if (found == routes->end())
    {
        co_return page{.status = 404, .body = "there is no such page\n"};
    }
    if (request.method != "GET" && request.method != "HEAD")
    {
        co_return page{
            .status = 405, .body = "only GET and HEAD are served\n", .headers = {{"Allow", "GET, HEAD"}}
        };
    }
    if (request.body_unread || !request.body.empty())
    {
        co_return page{.status = 413, .body = "a request with a body is not accepted\n"};
    }
    co_return found->get();
}

}  // namespace

handler serve_pages(std::vector<route> routes)
{
    const auto shared = std::make_shared<const std::vector<route>>(std::move(routes));
    return [shared](server_request request) { return answer(shared, std::move(request)); };
}

}  // namespace net
