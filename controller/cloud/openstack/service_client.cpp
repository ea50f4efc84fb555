#include "cloud/openstack/service_client.hpp"

#include "cloud/openstack/catalog.hpp"

#include <algorithm>
#include <utility>

namespace cloud::openstack {
namespace {

// The plan takes an answer for the state of the cloud for a minute, so a read must end well before that.
constexpr support::duration longest_read = std::chrono::seconds(30);

}  // namespace

support::task<answer<project_scope>> service_client::locate(std::string region)
{
    auto chosen = co_await find_route(service::octavia, region);
    if (!chosen)
    {
        co_return std::unexpected(std::move(chosen.error()));
    }
    co_return project_scope{
        .identity = entry_.keystone.str(),
        .project_id = chosen->session->issued.project_id,
        .region = std::move(region),
        .load_balancer_endpoint = chosen->url.str()
    };
}

support::task<answer<net::http_response>> service_client::send(
    question asked, std::string region, service_request request
)
{
    const auto sendable_until =
        asked.write ? std::optional(clock_.now() + sent_within) : std::optional<support::time_point>();
    if (auto limited = limit_of(asked.asked))
    {
        co_return std::unexpected(std::move(*limited));
    }
    auto chosen = co_await find_route(asked.asked, region);
    // At most two turns, because the request is repeated only once, with a new token.
    for (bool again = false; chosen; again = true)
    {
        const auto deadline = request.deadline.value_or(clock_.now() + std::min(timeout_, longest_read));
        const auto send_by = std::min(deadline, sendable_until.value_or(deadline));
        if (clock_.now() >= send_by)
        {
            const support::error late{
                asked.write ? support::errc::too_late : support::errc::unreachable,
                "the way to the service took so long that the request was not sent",
                0,
                std::nullopt
            };
            co_return std::unexpected(judge(asked, late));
        }
        auto answered = co_await send_once(*chosen, request, {send_by, deadline}, asked);
        const auto number = chosen->session->number;
        if (!answered)
        {
            // The catalog may name an endpoint that has moved.
            if (answered.error().code == support::errc::unreachable)
            {
                tokens_.doubt_catalog(number);
            }
            co_return std::unexpected(judge(asked, answered.error()));
        }
        auto refused = judge(asked, *answered, chosen->session->issued.token);
        if (refused && refused->kind == failure::rate_limited && refused->retry_after)
        {
            limited_[asked.asked] = {clock_.now() + *refused->retry_after, *refused};
        }
        if (!refused || refused->kind != failure::credentials_invalid)
        {
            tokens_.accepted(asked.asked);
        }
        if (!refused)
        {
            co_return std::move(*answered);
        }
        if (refused->kind != failure::credentials_invalid || again)
        {
            co_return std::unexpected(std::move(*refused));
        }
        // The service refused the token before it did anything, so even a write may be sent again.
        auto renewed = co_await tokens_.after_refusal(asked.asked, number);
        if (!renewed)
        {
            co_return std::unexpected(std::move(renewed.error()));
        }
        chosen = co_await find_route(asked.asked, region);
    }
    co_return std::unexpected(std::move(chosen.error()));
}

std::optional<error> service_client::limit_of(service asked) const
{
    const auto limit = limited_.find(asked);
    if (limit == limited_.end() || clock_.now() >= limit->second.until)
    {
        return std::nullopt;
    }
    error still = limit->second.why;
    still.retry_after = limit->second.until - clock_.now();
    return still;
}

support::task<answer<service_client::route>> service_client::find_route(service to, std::string region)
{
    auto session = co_await tokens_.current();
    if (!session)
    {
        co_return std::unexpected(std::move(session.error()));
    }
    auto url = service_url(to, region, entry_, (*session)->issued.catalog);
    // A catalog that is not fresh may lack an endpoint that was added since; it is read once more.
    if (!url && tokens_.doubt_catalog((*session)->number))
    {
        session = co_await tokens_.current();
        if (!session)
        {
            co_return std::unexpected(std::move(session.error()));
        }
        url = service_url(to, region, entry_, (*session)->issued.catalog);
    }
    if (!url)
    {
        co_return std::unexpected(std::move(url.error()));
    }
    co_return route{std::move(*session), std::move(*url)};
}

support::task<support::result<net::http_response>> service_client::send_once(
    route via, service_request request, limits until, question asked
)
{
    net::http_request sent;
    sent.service = type_of(asked.asked);
    sent.method = std::move(request.method);
    sent.origin = via.url.origin;
    sent.target = via.url.path + request.path;
    sent.headers = {
        {"X-Auth-Token", via.session->issued.token.reveal()}, {"Accept", std::move(request.accept)}
    };
    if (!request.body.empty())
    {
        sent.headers.push_back({"Content-Type", "application/json"});
    }
    sent.body = std::move(request.body);
    sent.tls = entry_.tls;
    sent.send_by = until.send_by;
    sent.deadline = until.deadline;
    sent.max_response_bytes = request.max_response_bytes;
    sent.fresh_connection = asked.write;
    sent.sensitive = true;
    co_return co_await http_.send(std::move(sent));
}

}  // namespace cloud::openstack
