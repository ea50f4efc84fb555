#include "binding/reconcile/surveyor.hpp"

#include "support/log.hpp"
#include "support/parallel.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fewest_requests = 20;    // below, the lists take about as many as the reads
constexpr std::size_t requests_per_page = 16;  // that a page of each list has to save
constexpr std::size_t fewest_pages = 4;
constexpr int most_in_vain = 2;
constexpr std::size_t targets_at_a_time = 1000;  // without a pause, so that the loop is not held up
constexpr support::duration pause = 1ms;

// The same for the same project in each period.
support::duration moment_of(std::size_t hash, support::duration within)
{
    return support::duration(
        static_cast<support::duration::rep>(hash % static_cast<std::size_t>(within.count()))
    );
}

// The right to list will not come by itself, or the list is too long.
bool lasts(const cloud::error& error)
{
    return error.kind == cloud::failure::access_denied || error.kind == cloud::failure::not_supported ||
           error.kind == cloud::failure::credentials_invalid;
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
        const auto end = began + parts_.settings.resync_period;
        std::vector<std::function<support::task<>()>> surveys;
        std::erase_if(left_alone_until_, [&](const auto& entry) { return entry.second <= began; });
        for (const auto& [who, requests] : co_await count())
        {
            if (requests >= fewest_requests && !left_alone_until_.contains(who))
            {
                surveys.push_back([this, who, requests, end] {
                    return survey_unless_it_panics(who, requests, end);
                });
            }
        }
        const auto at_once = surveys.size();
        co_await support::run_all(std::move(surveys), at_once);
        co_await parts_.clock.sleep_until(end);
    }
}

support::task<std::map<surveyor_key, std::size_t>> surveyor::count()
{
    std::map<surveyor_key, std::size_t> requests;
    std::optional<target> last;
    while ((last = count_requests_at_rest(parts_.state, last, targets_at_a_time, requests)))
    {
        co_await parts_.clock.sleep_for(pause);
    }
    co_return requests;
}

support::task<> surveyor::survey_unless_it_panics(
    surveyor_key who, std::size_t requests, support::time_point end
)
{
    std::string bug;
    try
    {
        co_await survey_in_turn(who, requests, end);
        co_return;
    }
    catch (const boost::system::system_error& e)
    {
        if (e.code() == boost::asio::error::operation_aborted)
        {
            throw;
        }
        bug = e.what();
    }
    catch (const std::exception& e)
    {
        bug = e.what();
    }
    ++panics_;
    support::log(
        support::log_level::error,
        "a look at the lists of a project ended with an exception, which is a bug of the controller; the "
        "listeners of the project are read one by one",
        {{"region", who.region.str()}, {"identity", who.identity.str()}, {"error", bug}}
    );
    judge(who, {}, false);
    parts_.surveyed({});
}

// A survey that takes too long ends with the period, because the others wait for the next one.
support::task<> surveyor::survey_in_turn(surveyor_key who, std::size_t requests, support::time_point end)
{
    const auto quarter = parts_.settings.resync_period / 4;
    co_await parts_.clock.sleep_for(moment_of(std::hash<std::string_view>{}(who.credential.view()), quarter));
    const auto credential = parts_.credentials.of({who.region, {}, who.identity, who.credential});
    if (credential == nullptr || credential->client == nullptr)
    {
        co_return;
    }
    survey_result result;
    const auto ended =
        co_await support::with_deadline(parts_.clock, end, look(who, *credential->client, requests, result));
    result.complete = ended && !*ended;
    judge(who, result, ended && *ended && lasts(**ended));
    parts_.surveyed(result);
}

void surveyor::judge(const surveyor_key& who, const survey_result& result, bool lasts)
{
    if (result.shown > 0)
    {
        in_vain_.erase(who);
        return;
    }
    if (lasts || ++in_vain_[who] >= most_in_vain)
    {
        in_vain_.erase(who);
        left_alone_until_[who] = parts_.clock.now() + parts_.settings.resync_period * periods_between_reads;
    }
}

support::task<std::optional<cloud::error>> surveyor::look(
    const surveyor_key& who, cloud::client& client, std::size_t requests, survey_result& result
)
{
    const std::string region = who.region.str();
    const std::size_t most_pages = std::max(fewest_pages, requests / requests_per_page);
    survey survey(who, parts_.clock.now());
    const auto scope = co_await client.locate(region);
    if (!scope)
    {
        // The credential may be repaired at any time, which says nothing about lists.
        co_return cloud::error{
            .kind = cloud::failure::transient,
            .message = scope.error().message,
            .refs = {},
            .retry_after = std::nullopt
        };
    }
    const auto listeners = co_await client.list_listeners(region, most_pages, [&](const auto& page) {
        take_listeners(survey, page, result);
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

void surveyor::take_listeners(survey& survey, const std::vector<cloud::listener>& page, survey_result& result)
    const
{
    for (const target& different : survey.take_listeners(parts_.state, page))
    {
        ++result.different;
        support::log(
            support::log_level::debug,
            "a list shows the listener otherwise than it was read, so it is read again",
            {{"listener", different.listener.str()}, {"region", different.region.str()}}
        );
        parts_.check(different);
    }
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
