#include "runtime/lease_machine.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::duration;
using support::time_point;

constexpr int attempts_before_deadline = 3;
constexpr double retry_jitter = 0.2;
constexpr duration longest_pause = 30s;
constexpr duration release_within = 5s;
constexpr int releases_in_a_retry_period = 4;
// More conflicts in a row come from somebody who changes the Lease again and again.
constexpr int conflicts_without_pause = 2;

std::string milliseconds(duration span)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) + " ms";
}

}  // namespace

lease_machine::lease_machine(std::string identity, lease_times times, support::random_engine& random)
    : identity_(std::move(identity)), times_(times), random_(random), view_(identity_, times.lease_duration)
{}

duration lease_machine::attempt_timeout() const
{
    return (times_.renew_deadline - times_.retry_period) / attempts_before_deadline;
}

time_point lease_machine::may_send_until() const
{
    return leads() ? renewed_at_ + times_.renew_deadline : time_point::min();
}

// ---- what to do ----

lease_action lease_machine::next(time_point now)
{
    if (leads() && now >= may_send_until())
    {
        lose("the Lease was not renewed within " + milliseconds(times_.renew_deadline));
    }
    if (request_)
    {
        return wait_until(leads() ? may_send_until() : time_point::max());
    }
    switch (role_)
    {
        case role::candidate:
            return stopping_ ? next_of_stopped(now) : next_of_candidate(now);
        case role::leader:
            return next_of_leader(now);
        case role::lost:
            return wait_until(time_point::max());
        case role::releasing:
            return next_of_releasing(now);
        case role::ended:
            break;
    }
    return {.what = lease_action::kind::end};
}

lease_action lease_machine::wait_until(time_point until)
{
    return {.until = until};
}

lease_action lease_machine::read_at(time_point when, time_point now)
{
    return when <= now ? lease_action{.what = lease_action::kind::read} : wait_until(when);
}

lease_action lease_machine::next_of_candidate(time_point now) const
{
    if (read_first_)
    {
        return read_at(not_before_, now);
    }
    const auto attempt_at = std::max(view_.free_at(), not_before_);
    if (attempt_at <= now)
    {
        return change(lease_purpose::acquire);
    }
    const auto again_at = watched_ ? time_point::max() : std::max(read_again_at_, not_before_);
    return again_at <= attempt_at ? read_at(again_at, now) : wait_until(attempt_at);
}

lease_action lease_machine::next_of_leader(time_point now) const
{
    const auto due = view_.present() && !read_first_ ? renewed_at_ + times_.retry_period : now;
    const auto at = std::max(due, not_before_);
    if (at > now)
    {
        return wait_until(std::min(at, may_send_until()));
    }
    return read_first_ ? read_at(now, now) : change(lease_purpose::renew);
}

lease_action lease_machine::next_of_releasing(time_point now)
{
    if (now >= release_until_ || (!read_first_ && !view_.own()))
    {
        end_release(now);
        return next(now);
    }
    if (not_before_ > now)
    {
        return wait_until(std::min(not_before_, release_until_));
    }
    return read_first_ ? read_at(now, now) : change(lease_purpose::release);
}

// An acquisition whose answer was lost may have taken effect; then the Lease is given back.
lease_action lease_machine::next_of_stopped(time_point now)
{
    const bool in_question = read_first_ && attempted_ && now < release_until_;
    if (in_question)
    {
        return not_before_ > now ? wait_until(std::min(not_before_, release_until_)) : read_at(now, now);
    }
    if (view_.own())
    {
        begin_release(attempted_ && attempted_->before == predecessor::every_put_resolved, now);
    }
    else
    {
        role_ = role::ended;
    }
    return next(now);
}

lease_action lease_machine::change(lease_purpose purpose) const
{
    lease_action action;
    action.what = view_.present() ? lease_action::kind::write : lease_action::kind::create;
    action.version = view_.version_of_lease();
    action.change.purpose = purpose;
    if (purpose == lease_purpose::release)
    {
        action.change.duration_seconds = 1;
        action.change.transitions = transitions();
        action.change.every_put_resolved = every_put_resolved_;
        return action;
    }
    action.change.holder = identity_;
    // Rounded up, so that nobody waits for less than the lease_duration.
    action.change.duration_seconds = std::chrono::ceil<std::chrono::seconds>(times_.lease_duration).count();
    action.change.transitions = transitions() + (view_.present() && !view_.own() ? 1 : 0);
    return action;
}

// ---- the request under way ----

void lease_machine::sent(const lease_action& request, time_point now)
{
    request_ = request;
    request_began_ = now;
    if (request.what == lease_action::kind::read || request.change.purpose != lease_purpose::acquire)
    {
        return;
    }
    const bool again = view_.own() && attempted_ && attempted_->transitions == transitions();
    const bool promised = holder().empty() && view_.record().every_put_resolved;
    const auto before =
        again ? attempted_->before : (promised ? predecessor::every_put_resolved : predecessor::unknown);
    attempted_ = attempt{request.change.transitions, before};
}

void lease_machine::on_read(const std::optional<lease>& shown, time_point now)
{
    request_.reset();
    read_first_ = false;
    read_failures_ = 0;
    read_again_at_ = now + support::jittered(times_.retry_period, retry_jitter, random_);
    seen(view_.read(shown, expects_own(now), now));
}

void lease_machine::on_written(const lease& answer, time_point now)
{
    const auto purpose = request_ ? request_->change.purpose : lease_purpose::renew;
    const auto began = request_began_;
    read_first_ = false;
    conflicts_ = 0;
    write_failures_ = 0;
    on_event(answer, now);
    request_.reset();
    if (!view_.own())
    {
        return;
    }
    if (purpose == lease_purpose::acquire && role_ == role::candidate && !stopping_ &&
        now < began + times_.renew_deadline)
    {
        role_ = role::leader;
        renewed_at_ = began;
        before_ = attempted_ ? attempted_->before : predecessor::unknown;
        attempted_.reset();
    }
    else if (purpose == lease_purpose::renew)
    {
        renewed_at_ = began;
    }
}

void lease_machine::on_failed(lease_failure why, std::optional<duration> retry_after, time_point now)
{
    const bool read = request_ && request_->what == lease_action::kind::read;
    request_.reset();
    failed_renewals_ += leads() && !read ? 1 : 0;
    conflicts_ = why == lease_failure::conflict ? conflicts_ + 1 : conflicts_;
    int& failures = read ? read_failures_ : write_failures_;
    ++failures;
    // A watch shows whether an unanswered write took effect, unless it was the one that decides who leads.
    read_first_ = read_first_ || why == lease_failure::conflict ||
                  (why == lease_failure::unanswered && (!leads() || !watched_));
    if (why == lease_failure::conflict && conflicts_ <= conflicts_without_pause)
    {
        not_before_ = now;
        return;
    }
    const duration asked = retry_after.value_or(duration::zero());
    if (leads())
    {
        const auto pause = std::min(times_.retry_period, attempt_timeout());
        not_before_ = std::max(request_began_ + pause, now + std::min(asked, times_.retry_period));
        return;
    }
    if (role_ == role::releasing || stopping_)
    {
        not_before_ = now + times_.retry_period / releases_in_a_retry_period;
        return;
    }
    const support::backoff of_refused{times_.retry_period, longest_pause, retry_jitter};
    const auto pause = why == lease_failure::refused
                           ? of_refused.wait(failures, random_)
                           : support::jittered(times_.retry_period, retry_jitter, random_);
    not_before_ = now + std::max(pause, std::min(asked, longest_pause));
}

// ---- the watch ----

void lease_machine::watch_ended(time_point now)
{
    watched_ = false;
    read_again_at_ = now + support::jittered(times_.retry_period, retry_jitter, random_);
}

void lease_machine::watch_expired()
{
    view_.expired();
    read_first_ = true;
}

void lease_machine::on_event(const lease& shown, time_point now)
{
    seen(view_.heard(shown.version, shown, expects_own(now), now));
}

void lease_machine::on_deleted(const std::string& version, time_point now)
{
    seen(view_.heard(version, std::nullopt, expects_own(now), now));
}

bool lease_machine::expects_own(time_point now) const
{
    return now < may_send_until() || (request_ && request_->what == lease_action::kind::create);
}

void lease_machine::seen(bool changed)
{
    conflicts_ = changed ? 0 : conflicts_;
    if (!view_.own() && !request_)
    {
        attempted_.reset();
    }
    if (leads() && view_.present() && !view_.own())
    {
        lose(holder().empty() ? "somebody else has emptied the Lease" : holder() + " holds the Lease");
    }
}

// ---- the owner ----

void lease_machine::lose(std::string why)
{
    role_ = role::lost;
    lost_because_ = std::move(why);
}

void lease_machine::on_term_ended(bool every_put_resolved, time_point now)
{
    const bool inside = view_.own() && now < renewed_at_ + times_.lease_duration;
    if (role_ == role::leader || (role_ == role::lost && stopping_ && inside))
    {
        begin_release(every_put_resolved, now);
    }
    else if (role_ == role::lost)
    {
        role_ = stopping_ ? role::ended : role::candidate;
        not_before_ = now;
        read_first_ = read_first_ || !watched_;
    }
}

void lease_machine::stop(time_point now)
{
    if (!stopping_)
    {
        stopping_ = true;
        release_until_ = now + release_within;
    }
}

void lease_machine::begin_release(bool every_put_resolved, time_point now)
{
    const bool led = role_ != role::candidate;
    role_ = role::releasing;
    every_put_resolved_ = every_put_resolved;
    release_until_ = now + release_within;
    if (led)
    {
        release_until_ = std::min(release_until_, renewed_at_ + times_.lease_duration);
    }
    not_before_ = now;
}

void lease_machine::end_release(time_point now)
{
    role_ = stopping_ ? role::ended : role::candidate;
    not_before_ = now + support::jittered(times_.retry_period, retry_jitter, random_);
    read_first_ = read_first_ || !watched_;
}

}  // namespace runtime
