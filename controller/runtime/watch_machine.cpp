#include "runtime/watch_machine.hpp"

#include <algorithm>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;

// client-go's, with a lower cap and without its reset: a success resets.
const support::backoff backoff{800ms, 30s, 0.5};
constexpr support::duration longest_retry_after = 60s;
constexpr support::duration short_watch = 1s;  // one that ends so soon and empty counts as a failure

}  // namespace

watch_machine::watch_machine(support::random_engine& random) : random_(random) {}

void watch_machine::listed_page(std::string continue_token, std::string resource_version)
{
    continue_token_ = std::move(continue_token);
    if (!continue_token_.empty())
    {
        action_ = watch_action::list_next_page;
        return;
    }
    resource_version_ = std::move(resource_version);
    failures_ = 0;
    action_ = watch_action::watch;
}

void watch_machine::list_failed(
    watch_failure why, std::optional<support::duration> retry_after, support::time_point now
)
{
    // A page that failed may be asked for again; an expired token or version means to begin anew.
    const bool begin_anew = why == watch_failure::expired || continue_token_.empty();
    if (begin_anew)
    {
        continue_token_.clear();
    }
    wait(begin_anew ? watch_action::list_first_page : watch_action::list_next_page, retry_after, now);
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
    wait(
        why == watch_failure::expired ? watch_action::list_first_page : watch_action::watch, retry_after, now
    );
}

void watch_machine::event_read(std::string resource_version)
{
    resource_version_ = std::move(resource_version);
    had_event_ = true;
    failures_ = 0;
}

void watch_machine::watch_expired(support::time_point now)
{
    wait(watch_action::list_first_page, std::nullopt, now);
}

void watch_machine::watch_ended(support::time_point now)
{
    if (!had_event_ && now - opened_at_ < short_watch)
    {
        wait(watch_action::watch, std::nullopt, now);
        return;
    }
    failures_ = 0;
    action_ = watch_action::watch;
}

void watch_machine::watch_broke(support::time_point now)
{
    wait(watch_action::watch, std::nullopt, now);
}

void watch_machine::slept()
{
    action_ = after_sleep_;
}

void watch_machine::wait(
    watch_action then, std::optional<support::duration> at_least, support::time_point now
)
{
    ++failures_;
    const auto own = backoff.wait(failures_, random_);
    const auto asked = std::min(at_least.value_or(support::duration::zero()), longest_retry_after);
    wake_at_ = now + std::max(own, asked);
    after_sleep_ = then;
    action_ = watch_action::sleep;
}

}  // namespace runtime
