#pragma once

#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

// The keys waiting to be reconciled: each at most once, never two at the same time, what is urgent first,
// then the longest due, later after failure. Time is an argument and nothing here waits; worker_pool does the
// waiting.
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
    // Routine work takes up at most `most_routine` keys at a time, so that however many of them hang, what is
    // urgent finds a worker.
    work_queue(support::backoff backoff, support::random_engine& random, std::size_t most_routine)
        : backoff_(backoff), random_(random), most_routine_(most_routine)
    {}

    // Asks for `key` at `due`. Of two requests the earlier time and the higher urgency win; a key in work is
    // taken up again once it ends.
    void add(const Key& key, support::time_point due, urgency how = urgency::urgent)
    {
        const auto [found, is_new] = waiting_.try_emplace(key, request{due, ++sequence_, how});
        request& wanted = found->second;
        if (!is_new)
        {
            ready(wanted.how).erase({wanted.due, wanted.number, key});
            wanted.due = std::min(wanted.due, due);
            wanted.how = std::min(wanted.how, how);
        }
        if (!in_work_.contains(key))
        {
            ready(wanted.how).insert({wanted.due, wanted.number, key});
        }
    }

    // The key whose turn it is, now marked as in work.
    std::optional<Key> take(support::time_point now)
    {
        for (const urgency how : {urgency::urgent, urgency::routine})
        {
            if (may_take(how) && std::get<0>(*ready(how).begin()) <= now)
            {
                Key key = std::get<2>(*ready(how).begin());
                ready(how).erase(ready(how).begin());
                waiting_.erase(key);
                in_work_.emplace(key, how);
                routine_in_work_ += how == urgency::routine ? 1 : 0;
                return key;
            }
        }
        return std::nullopt;
    }

    // Ends the work on `key`.
    void finish(const Key& key, outcome how, support::time_point now)
    {
        const auto worked = in_work_.find(key);
        routine_in_work_ -= worked->second == urgency::routine ? 1 : 0;
        in_work_.erase(worked);
        if (const auto found = waiting_.find(key); found != waiting_.end())
        {
            const request& wanted = found->second;
            ready(wanted.how).insert({wanted.due, wanted.number, key});
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

    // When take() can next succeed; empty if nothing waits for time alone.
    std::optional<support::time_point> next_due() const
    {
        std::optional<support::time_point> soonest;
        for (const urgency how : {urgency::urgent, urgency::routine})
        {
            if (may_take(how))
            {
                const auto due = std::get<0>(*ready(how).begin());
                soonest = std::min(soonest.value_or(due), due);
            }
        }
        return soonest;
    }

    std::size_t in_work() const { return in_work_.size(); }

    // How many are due and not in work.
    std::size_t depth(support::time_point now) const
    {
        const auto due_of = [&](const row& waiting) {
            return std::ranges::count_if(waiting, [&](const auto& each) { return std::get<0>(each) <= now; });
        };
        return static_cast<std::size_t>(due_of(ready_[0]) + due_of(ready_[1]));
    }

private:
    struct request
    {
        support::time_point due;
        std::uint64_t number;  // in the order of the calls
        urgency how;
    };
    using row = std::set<std::tuple<support::time_point, std::uint64_t, Key>>;

    row& ready(urgency how) { return ready_.at(static_cast<std::size_t>(how)); }
    const row& ready(urgency how) const { return ready_.at(static_cast<std::size_t>(how)); }

    bool may_take(urgency how) const
    {
        return !ready(how).empty() && (how == urgency::urgent || routine_in_work_ < most_routine_);
    }

    support::backoff backoff_;
    support::random_engine& random_;
    std::size_t most_routine_;
    std::uint64_t sequence_ = 0;
    std::map<Key, request> waiting_;  // in work or not
    std::array<row, 2> ready_;        // of those not in work, by urgency
    std::map<Key, urgency> in_work_;
    std::size_t routine_in_work_ = 0;
    std::map<Key, int> failures_;
};

}  // namespace runtime
