#include "runtime/watch_machine.hpp"

#include "runtime/version_number.hpp"

#include <algorithm>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;

// The backoff of client-go, with its cap. It is reset by a success alone, not by time as in client-go.
const support::backoff backoff{800ms, 30s, 0.5};
constexpr support::duration longest_retry_after = 60s;

// A watch that ends sooner counts as a failure, because it may be one of an endless loop.
constexpr support::duration short_watch = 1s;

// Servers send a bookmark each minute. A server that ends a watch without any event after this time does not
// know the requested version, for example because its history was replaced by an older one.
constexpr support::duration mute_watch = 150s;

// A watch that is cut after so long without an event was cut because of its silence, as many proxies do.
constexpr support::duration silent_watch = 30s;

// After so many failed answers in a row the version is given up and everything is listed again. A server that
// does not answer may be away for any time, and says nothing about the version.
constexpr int most_refusals_of_a_version = 8;

}  // namespace

watch_machine::watch_machine(support::random_engine& random) : random_(random) {}

void watch_machine::listed_page(std::string continue_token, std::string resource_version)
{
    list_failures_ = 0;
    continue_token_ = std::move(continue_token);
    if (!continue_token_.empty())
    {
        action_ = watch_action::list_next_page;
        return;
    }
    page_limit_ = full_page;
    resource_version_ = std::move(resource_version);
    action_ = watch_action::watch;
}

void watch_machine::list_failed(
    watch_failure why, std::optional<support::duration> retry_after, support::time_point now
)
{
    if (why == watch_failure::too_large && page_limit_ > 1)
    {
        // Begins the list again, because a continue token belongs to the limit for which it was issued.
        page_limit_ = std::max(page_limit_ / 4, 1);
        go_on(watch_action::list_first_page);
        return;
    }
    const bool same_page =
        (why == watch_failure::transient || why == watch_failure::unanswered) && !continue_token_.empty();
    wait(
        same_page ? watch_action::list_next_page : watch_action::list_first_page,
        ++list_failures_,
        retry_after,
        now
    );
}

void watch_machine::watch_opened(support::time_point now)
{
    opened_at_ = now;
    had_event_ = false;
    action_ = watch_action::read_event;
}

void watch_machine::watch_failed(
    watch_failure why, std::optional<support::duration> retry_after, support::time_point now
)
{
    ++watch_failures_;
    const bool silent = action_ == watch_action::read_event && now - opened_at_ >= silent_watch;
    const bool of_version =
        why == watch_failure::transient && ++refusals_of_version_ >= most_refusals_of_a_version;
    const bool kept = why == watch_failure::transient || why == watch_failure::unanswered ||
                      why == watch_failure::unauthorized;
    if (!kept || of_version || resource_version_.empty())
    {
        refusals_of_version_ = 0;
        after_sleep_ = watch_action::list_first_page;
    }
    else
    {
        after_sleep_ = why == watch_failure::unanswered ? watch_action::check_version : watch_action::watch;
    }
    wait(after_sleep_, silent ? 1 : watch_failures_, retry_after, now);
}

bool watch_machine::version_read(const std::string& current)
{
    const auto known = number_of(resource_version_);
    const auto there = number_of(current);
    const bool lost = known && there && *there < *known;
    go_on(lost ? watch_action::list_first_page : watch_action::watch);
    return !lost;
}

void watch_machine::watch_missed(support::time_point now)
{
    wait(watch_action::list_first_page, 1, std::nullopt, now);
}

void watch_machine::event_read(std::string resource_version)
{
    resource_version_ = std::move(resource_version);
    had_event_ = true;
    watch_failures_ = 0;
    refusals_of_version_ = 0;
}

void watch_machine::watch_ended(support::time_point now)
{
    const auto lasted = now - opened_at_;
    if (lasted < short_watch || resource_version_.empty())
    {
        watch_failed(watch_failure::transient, std::nullopt, now);
        return;
    }
    watch_failures_ = 0;
    refusals_of_version_ = 0;
    go_on(!had_event_ && lasted > mute_watch ? watch_action::list_first_page : watch_action::watch);
}

void watch_machine::slept()
{
    if (action_ == watch_action::sleep)
    {
        go_on(after_sleep_);
    }
}

void watch_machine::go_on(watch_action with)
{
    if (with == watch_action::list_first_page)
    {
        continue_token_.clear();
    }
    action_ = with;
}

void watch_machine::wait(
    watch_action then, int failures, std::optional<support::duration> at_least, support::time_point now
)
{
    const auto own = backoff.wait(failures, random_);
    const auto asked = std::min(at_least.value_or(support::duration::zero()), longest_retry_after);
    wake_at_ = now + std::max(own, asked);
    after_sleep_ = then;
    action_ = watch_action::sleep;
}

}  // namespace runtime
