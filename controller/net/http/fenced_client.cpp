#include "net/http/fenced_client.hpp"

#include <algorithm>
#include <utility>

namespace net {

support::task<support::result<http_response>> fenced_client::send(http_request request)
{
    if (const auto allowed = fence(request); !allowed)
    {
        co_return std::unexpected(allowed.error());
    }
    co_return co_await next_.send(std::move(request));
}

support::task<support::result<std::unique_ptr<http_stream>>> fenced_client::open(http_request request)
{
    if (const auto allowed = fence(request); !allowed)
    {
        co_return std::unexpected(allowed.error());
    }
    co_return co_await next_.open(std::move(request));
}

support::result<> fenced_client::fence(http_request& request) const
{
    if (request.method == "GET" || request.method == "HEAD")
    {
        return {};
    }
    const auto until = may_send_until_();
    if (until <= clock_.now())
    {
        return support::fail(
            support::errc::too_late, "nothing was sent, because this process does not lead any more"
        );
    }
    request.send_by = std::min(request.send_by.value_or(until), until);
    return {};
}

}  // namespace net
