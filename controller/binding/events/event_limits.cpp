#include "binding/events/event_limits.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr support::duration price = 1min;
constexpr int spent_in_advance = 10;
constexpr std::size_t most_one_by_one = 20;  // bindings of a namespace, for one reason
constexpr support::duration window = 1min;
constexpr support::duration gathered_for = 10s;  // so that one event tells of most of a burst

// due() looks at all that is kept, so it is called once a second at most.
constexpr support::duration at_least_apart = 1s;

support::time_point may_pay_at(support::time_point paid_until)
{
    return paid_until - (spent_in_advance - 1) * price;
}

event event_of_others(const event& newest, std::size_t others, bool newest_has_passed)
{
    std::string told = (others == 1 ? "1 further change" : std::to_string(others) + " further changes") +
                       " of bindings of this namespace to " + newest.reason;
    if (!newest_has_passed)
    {
        told += "; the newest, of " + newest.regarding.name + ": " + newest.note;
    }
    return event_about_namespace(
        newest.regarding.name_space, newest.warning, newest.reason, newest.action, std::move(told)
    );
}

}  // namespace

std::vector<event> event_limits::record(const event& happened, support::time_point now)
{
    if (forget_at_ <= now)
    {
        forget_old(now);
        forget_at_ = now + window;
    }
    const bool change_of_state = happened.state != state::unset && !happened.regarding.is_namespace();
    if (change_of_state)
    {
        pass_by(happened);
        if (joins_others(happened, now))
        {
            return {};
        }
    }
    auto told = pay(happened, now);
    return told ? std::vector{std::move(*told)} : std::vector<event>{};
}

// The events of the namespace that wait do not name the binding as the newest any more.
void event_limits::pass_by(const event& happened)
{
    const auto& about = happened.regarding;
    for (auto of = bursts_.lower_bound({about.name_space, "", false});
         of != bursts_.end() && std::get<0>(of->first) == about.name_space;
         ++of)
    {
        burst& waiting = of->second;
        waiting.newest_has_passed |= waiting.newest && waiting.newest->regarding.uid == about.uid;
    }
}

// Whether the event of the namespace tells of it.
bool event_limits::joins_others(const event& happened, support::time_point now)
{
    burst& of = bursts_[{happened.regarding.name_space, happened.reason, happened.warning}];
    if (of.began + window <= now && of.others == 0)
    {
        of.began = now;
        of.told.clear();
    }
    if (std::ranges::find(of.told, happened.regarding.uid) != of.told.end())
    {
        return false;
    }
    if (of.told.size() < most_one_by_one)
    {
        of.told.push_back(happened.regarding.uid);
        return false;
    }
    if (of.others == 0)
    {
        of.tell_at = now + gathered_for;
        if (of.last_told)
        {
            of.tell_at = std::max(of.tell_at, *of.last_told + window);
        }
        wait_until(of.tell_at);
    }
    ++of.others;
    ++merged_;
    of.newest = happened;
    of.newest_has_passed = false;
    const auto own = allowances_.find({happened.regarding.name_space, happened.regarding.uid});
    if (own != allowances_.end() && own->second.waiting && own->second.waiting->state != state::unset)
    {
        own->second.waiting.reset();
        ++merged_;
    }
    return true;
}

// Empty: the object has no event left now.
std::optional<event> event_limits::pay(const event& happened, support::time_point now)
{
    allowance& of = allowances_[{happened.regarding.name_space, happened.regarding.uid}];
    const auto earned = std::max(of.paid_until, now);
    if (of.waiting || may_pay_at(earned) > now)
    {
        merged_ += of.waiting ? 1 : 0;
        of.waiting = happened;
        wait_until(may_pay_at(of.paid_until));
        return std::nullopt;
    }
    of.paid_until = earned + price;
    return happened;
}

std::vector<event> event_limits::due(support::time_point now)
{
    std::vector<event> told;
    for (auto& [cause, of] : bursts_)
    {
        if (of.others > 0 && of.tell_at <= now)
        {
            told.push_back(event_of_others(*of.newest, of.others, of.newest_has_passed));
            of.newest.reset();
            of.others = 0;
            of.last_told = now;
        }
    }
    for (auto& [object, of] : allowances_)
    {
        if (of.waiting && may_pay_at(of.paid_until) <= now)
        {
            told.push_back(*std::exchange(of.waiting, std::nullopt));
            of.paid_until = std::max(of.paid_until, now) + price;
        }
    }
    next_due_ = soonest();
    if (next_due_)
    {
        next_due_ = std::max(*next_due_, now + at_least_apart);
    }
    return told;
}

std::optional<support::time_point> event_limits::soonest() const
{
    std::optional<support::time_point> next;
    const auto consider = [&next](support::time_point when) { next = std::min(next.value_or(when), when); };
    for (const auto& [cause, of] : bursts_)
    {
        if (of.others > 0)
        {
            consider(of.tell_at);
        }
    }
    for (const auto& [object, of] : allowances_)
    {
        if (of.waiting)
        {
            consider(may_pay_at(of.paid_until));
        }
    }
    return next;
}

void event_limits::wait_until(support::time_point when)
{
    next_due_ = std::min(next_due_.value_or(when), when);
}

std::vector<event> event_limits::take_waiting()
{
    std::vector<event> told;
    for (auto& [cause, of] : std::exchange(bursts_, {}))
    {
        if (of.others > 0)
        {
            told.push_back(event_of_others(*of.newest, of.others, of.newest_has_passed));
        }
    }
    for (auto& [object, of] : std::exchange(allowances_, {}))
    {
        if (of.waiting)
        {
            told.push_back(std::move(*of.waiting));
        }
    }
    return told;
}

void event_limits::forget_old(support::time_point now)
{
    std::erase_if(allowances_, [now](const auto& entry) {
        return !entry.second.waiting && entry.second.paid_until <= now;
    });
    std::erase_if(bursts_, [now](const auto& entry) {
        const burst& of = entry.second;
        return of.others == 0 && of.began + window <= now && (!of.last_told || *of.last_told + window <= now);
    });
}

}  // namespace binding
