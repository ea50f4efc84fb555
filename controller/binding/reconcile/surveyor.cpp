#include "binding/reconcile/surveyor.hpp"

#include "support/parallel.hpp"
#include "support/with_deadline.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fewest_targets = 4;        // below, the lists take as many requests as the reads
constexpr std::size_t requests_per_page = 8;     // that a page of a list has to save
constexpr std::size_t targets_at_a_time = 1000;  // without a pause, so that the loop is not held up
constexpr support::duration pause = 1ms;

// The same for the same project in each period.
support::duration moment_of(std::size_t hash, support::duration within)
{
    return support::duration(
        static_cast<support::duration::rep>(hash % static_cast<std::size_t>(within.count()))
    );
}

std::optional<cloud::error> error_of(const cloud::answer<std::monostate>& answer)
{
    return answer ? std::nullopt : std::optional(answer.error());
}

}  // namespace

support::task<> surveyor::run()
{
    for (;;)
    {
        const auto began = parts_.clock.now();
        std::vector<std::function<support::task<>()>> surveys;
        std::erase_if(left_alone_until_, [&](const auto& entry) { return entry.second <= began; });
        for (const auto& [who, resting] : co_await count())
        {
            if (resting.targets >= fewest_targets && !left_alone_until_.contains(who))
            {
                surveys.push_back([this, who, requests = resting.requests] {
                    return survey_in_turn(who, requests);
                });
            }
        }
        const auto at_once = surveys.size();
        co_await support::run_all(std::move(surveys), at_once);
        co_await parts_.clock.sleep_until(began + parts_.settings.resync_period);
    }
}

support::task<std::map<surveyor_key, resting_requests>> surveyor::count()
{
    std::map<surveyor_key, resting_requests> counts;
    std::optional<target> last;
    while ((last = count_resting(parts_.state, last, targets_at_a_time, counts)))
    {
        co_await parts_.clock.sleep_for(pause);
    }
    co_return counts;
}

support::task<> surveyor::survey_in_turn(surveyor_key who, std::size_t requests)
{
    const auto half = parts_.settings.resync_period / 2;
    co_await parts_.clock.sleep_for(moment_of(std::hash<std::string_view>{}(who.credential.view()), half));
    const auto credential = parts_.credentials.of({who.region, {}, who.identity, who.credential});
    if (credential == nullptr || credential->client == nullptr)
    {
        co_return;
    }
    survey_result result;
    const auto ended = co_await support::with_deadline(
        parts_.clock, parts_.clock.now() + half, look(who, *credential->client, requests, result)
    );
    result.complete = ended && !*ended;
    // After an error that passes, the next period may do better.
    const bool stays = result.complete || (ended && !passes(**ended));
    if (stays && result.shown == 0 && result.different == 0)
    {
        left_alone_until_[who] = parts_.clock.now() + parts_.settings.resync_period * periods_between_reads;
    }
    parts_.surveyed(result);
}

support::task<std::optional<cloud::error>> surveyor::look(
    const surveyor_key& who, cloud::client& client, std::size_t requests, survey_result& result
)
{
    const std::string region = who.region.str();
    const std::size_t most_pages = std::max<std::size_t>(1, requests / requests_per_page);
    survey survey(who, parts_.clock.now());
    const auto scope = co_await client.locate(region);
    if (!scope)
    {
        co_return scope.error();
    }
    const auto listeners = co_await client.list_listeners(region, most_pages, [&](const auto& page) {
        for (const target& different : survey.take_listeners(parts_.state, page))
        {
            ++result.different;
            parts_.check(different);
        }
    });
    if (!survey.may_confirm())
    {
        co_return error_of(listeners);
    }
    const auto load_balancers = co_await client.list_load_balancers(
        region, most_pages, [&](const auto& page) { survey.take_load_balancers(page); }
    );
    const auto certificates = co_await client.list_usable_certificates(
        region, most_pages, [&](const auto& page) { survey.take_usable_certificates(page); }
    );
    while (survey.confirm_next(parts_.state, *scope, targets_at_a_time))
    {
        co_await parts_.clock.sleep_for(pause);
    }
    result.shown = survey.shown();
    result.confirmed = survey.confirmed();
    for (const auto& answer : {error_of(listeners), error_of(load_balancers), error_of(certificates)})
    {
        if (answer)
        {
            co_return answer;
        }
    }
    co_return std::nullopt;
}

support::time_point read_period_of(
    const support::uuid& listener, const settings& settings, support::time_point now
)
{
    const auto period = settings.resync_period * periods_between_reads;
    const auto since =
        (now.time_since_epoch() + moment_of(std::hash<support::uuid>{}(listener), period)) % period;
    return now - since;
}

}  // namespace binding
