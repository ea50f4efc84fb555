#pragma once

#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <utility>

// The keys waiting to be reconciled: each at most once, never two at the same time, what is urgent first,
// then the longest due, later after failure. Time is an argument and nothing here waits; worker_pool does the
// waiting.
//
// Fairness: keys come in groups, such as those of one tenant. A group takes a worker for urgent work only
// while it holds fewer than are free, for routine work fewer than half as many. So however many keys of one
// group hang, there are workers for the others, and for what is urgent in the group; with n groups that hang
// one of n + 1 workers is left.
namespace runtime {

enum class urgency
{
    urgent,   // somebody waits for it: a change, a deletion, and what goes on for one
    routine,  // looking again, by the clock or after a failure
};

// How one reconcile ended, as far as the queue is concerned.
struct outcome
{
    enum class kind
    {
        done,   // forget past failures
        later,  // wanted again after `pause`; forget past failures
        retry,  // failed; wanted again after this key's backoff, and no sooner than `pause`
    };

    kind how = kind::done;
    support::duration pause{};
    runtime::urgency urgency = urgency::routine;  // of `later`
};

template <class Key>
class work_queue
{
public:
    // The group of a key, as a key that stands for it.
    using grouping = std::function<Key(const Key&)>;

    // `workers` may work at a time, two or more.
    work_queue(
        support::backoff backoff, support::random_engine& random, std::size_t workers, grouping group_of
    )
        : backoff_(backoff), random_(random), workers_(workers), group_of_(std::move(group_of))
    {}

    // Asks for `key` at `due`. Of two requests the earlier time and the higher urgency win; a key in work is
    // taken up again once it ends.
    void add(const Key& key, support::time_point due, urgency how = urgency::urgent)
    {
        const auto [found, is_new] = waiting_.try_emplace(key, request{due, ++sequence_, how});
        request& wanted = found->second;
        if (!is_new)
        {
            unready(key, wanted);
            wanted.due = std::min(wanted.due, due);
            wanted.how = std::min(wanted.how, how);
        }
        if (!in_work_.contains(key))
        {
            ready_.of(wanted.how).insert({wanted.due, wanted.number, key});
        }
    }

    // The key whose turn it is, now marked as in work.
    std::optional<Key> take(support::time_point now)
    {
        for (const urgency how : {urgency::urgent, urgency::routine})
        {
            if (row* next = next_row(how, now))
            {
                Key key = next->begin()->key;
                unready(key, waiting_.at(key));
                waiting_.erase(key);
                in_work_.insert(key);
                ++held_[group_of_(key)];
                return key;
            }
        }
        return std::nullopt;
    }

    // Ends the work on `key`.
    void finish(const Key& key, outcome how, support::time_point now)
    {
        in_work_.erase(key);
        const auto held = held_.find(group_of_(key));
        if (--held->second == 0)
        {
            held_.erase(held);
        }
        if (const auto found = waiting_.find(key); found != waiting_.end())
        {
            const request& wanted = found->second;
            ready_.of(wanted.how).insert({wanted.due, wanted.number, key});
        }
        switch (how.how)
        {
            case outcome::kind::done:
                failures_.erase(key);
                break;
            case outcome::kind::later:
                failures_.erase(key);
                add(key, now + how.pause, how.urgency);
                break;
            case outcome::kind::retry:
                add(key, now + std::max(how.pause, backoff_.wait(++failures_[key], random_)), urgency::routine
                );
                break;
        }
    }

    // When take() can next succeed, if nothing ends before; empty: never.
    std::optional<support::time_point> next_due() const
    {
        std::optional<support::time_point> soonest;
        for (const urgency how : {urgency::urgent, urgency::routine})
        {
            const row& row = ready_.of(how);
            if (most_of_a_group(how) > 0 && !row.empty())
            {
                const auto due = row.begin()->due;
                soonest = std::min(soonest.value_or(due), due);
            }
        }
        return soonest;
    }

    std::size_t in_work() const { return in_work_.size(); }

    // How many are due and not in work.
    std::size_t depth(support::time_point now) const
    {
        const auto due = [&](const place& each) { return each.due <= now; };
        std::size_t counted = 0;
        for (const urgency how : {urgency::urgent, urgency::routine})
        {
            counted +=
                static_cast<std::size_t>(std::ranges::distance(ready_.of(how) | std::views::take_while(due)));
            for (const auto& [group, rows] : set_aside_)
            {
                counted += rows.of(how).size();
            }
        }
        return counted;
    }

private:
    struct request
    {
        support::time_point due;
        std::uint64_t number;  // in the order of the calls
        urgency how;
    };
    struct place
    {
        support::time_point due;
        std::uint64_t number;
        Key key;

        auto operator<=>(const place&) const = default;
    };
    using row = std::set<place>;
    struct rows
    {
        row urgent;
        row routine;

        row& of(urgency how) { return how == urgency::urgent ? urgent : routine; }
        const row& of(urgency how) const { return how == urgency::urgent ? urgent : routine; }
    };

    // What a group holds has to be less.
    std::size_t most_of_a_group(urgency how) const
    {
        const std::size_t free = workers_ - in_work_.size();
        return how == urgency::urgent ? free : free / 2;
    }

    bool may_take(const Key& group, urgency how) const
    {
        const auto held = held_.find(group);
        return (held == held_.end() ? 0 : held->second) < most_of_a_group(how);
    }

    // The row that begins with the one whose turn it is; null if none may be taken now. What is due before it
    // and may not be taken is set aside.
    row* next_row(urgency how, support::time_point now)
    {
        row* next = nullptr;
        if (most_of_a_group(how) == 0)
        {
            return next;
        }
        for (auto& [group, rows] : set_aside_)
        {
            row& first = rows.of(how);
            if (!first.empty() && may_take(group, how) &&
                (next == nullptr || *first.begin() < *next->begin()))
            {
                next = &first;
            }
        }
        row& ready = ready_.of(how);
        while (!ready.empty() && ready.begin()->due <= now &&
               (next == nullptr || *ready.begin() < *next->begin()))
        {
            const Key group = group_of_(ready.begin()->key);
            if (may_take(group, how))
            {
                return &ready;
            }
            set_aside_[group].of(how).insert(ready.extract(ready.begin()));
        }
        return next;
    }

    void unready(const Key& key, const request& wanted)
    {
        const place from{wanted.due, wanted.number, key};
        ready_.of(wanted.how).erase(from);
        const auto aside = set_aside_.find(group_of_(key));
        if (aside != set_aside_.end())
        {
            aside->second.of(wanted.how).erase(from);
            if (aside->second.urgent.empty() && aside->second.routine.empty())
            {
                set_aside_.erase(aside);
            }
        }
    }

    support::backoff backoff_;
    support::random_engine& random_;
    std::size_t workers_;
    grouping group_of_;
    std::uint64_t sequence_ = 0;
    std::map<Key, request> waiting_;  // in work or not
    rows ready_;                      // of those not in work
    std::map<Key, rows> set_aside_;   // due, but their group held its share, by group
    std::set<Key> in_work_;
    std::map<Key, std::size_t> held_;  // how many of a group are in work
    std::map<Key, int> failures_;
};

}  // namespace runtime
