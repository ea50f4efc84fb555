#include "cloud/openstack/octavia.hpp"

#include "cloud/openstack/octavia_answers.hpp"

#include <utility>

namespace cloud::openstack {
namespace {

question about_listener(support::uuid id, bool write)
{
    return {.asked = service::octavia, .object = "Listener " + id.str(), .write = write};
}

std::string listener_path(support::uuid id)
{
    return "/lbaas/listeners/" + id.str();
}

}  // namespace

support::task<answer<listener>> octavia::get_listener(std::string region, support::uuid id)
{
    const auto asked = about_listener(id, false);
    service_request request{.path = listener_path(id)};
    auto answered = co_await services_.send(asked, region, std::move(request));
    if (!answered)
    {
        co_return std::unexpected(std::move(answered.error()));
    }
    auto read = read_listener(answered->body, id);
    if (!read)
    {
        co_return std::unexpected(judge_odd(asked, read.error()));
    }
    co_return std::move(*read);
}

support::task<answer<load_balancer>> octavia::get_load_balancer(std::string region, support::uuid id)
{
    const question asked{.asked = service::octavia, .object = "Load Balancer " + id.str(), .write = false};
    service_request request{.path = "/lbaas/loadbalancers/" + id.str()};
    auto answered = co_await services_.send(asked, region, std::move(request));
    if (!answered)
    {
        co_return std::unexpected(std::move(answered.error()));
    }
    auto read = read_load_balancer(answered->body, id);
    if (!read)
    {
        co_return std::unexpected(judge_odd(asked, read.error()));
    }
    co_return std::move(*read);
}

support::task<answer<listener>> octavia::update_listener(
    std::string region, support::uuid id, listener_change change, support::time_point deadline
)
{
    const auto asked = about_listener(id, true);
    service_request request{
        .method = "PUT", .path = listener_path(id), .body = write_change(change), .deadline = deadline
    };
    auto answered = co_await services_.send(asked, region, std::move(request));
    if (!answered)
    {
        co_return std::unexpected(std::move(answered.error()));
    }
    auto read = read_listener(answered->body, id);
    if (!read)
    {
        co_return std::unexpected(judge_odd(asked, read.error()));
    }
    co_return std::move(*read);
}

}  // namespace cloud::openstack
