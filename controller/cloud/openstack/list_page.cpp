#include "cloud/openstack/list_page.hpp"

#include "support/backoff.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace cloud::openstack {
namespace {

using namespace std::chrono_literals;

constexpr int most_tries = 4;
// Each project is listed at a time of its own, so the pauses need no jitter.
constexpr support::backoff between_tries{.first = 2s, .cap = 20s, .jitter = 0, .factor = 3};
// The reader of the list has a time of its own, and a service that names a longer one is not waited for.
constexpr support::duration longest_pause = 30s;

bool may_pass(const error& failed)
{
    return failed.kind == failure::transient || failed.kind == failure::rate_limited;
}

// A list exists as long as its project, so a 404 is about the path.
error of_list(error failed)
{
    if (failed.kind == failure::not_found)
    {
        failed.kind = failure::transient;
    }
    return failed;
}

}  // namespace

support::task<answer<net::http_response>> ask_for_page(
    service_client& services, question asked, std::string region, service_request request, std::string marker
)
{
    for (int tries = 1;; ++tries)
    {
        auto answered = co_await services.send(asked, region, request);
        if (answered)
        {
            co_return answered;
        }
        error failed = of_list(std::move(answered.error()));
        const bool is_about_list = !marker.empty() && failed.message.contains(marker);
        const auto pause = std::max(
            between_tries.without_jitter(tries), failed.retry_after.value_or(support::duration::zero())
        );
        if (!may_pass(failed) || is_about_list || tries == most_tries || pause > longest_pause)
        {
            co_return std::unexpected(std::move(failed));
        }
        co_await services.clock().sleep_for(pause);
    }
}

error no_list_of(const question& asked, const std::string& why)
{
    return {
        .kind = failure::not_supported,
        .message = name_of(asked.asked) + ": " + asked.object + " is not read, because " + why,
        .refs = {},
        .retry_after = std::nullopt
    };
}

}  // namespace cloud::openstack
