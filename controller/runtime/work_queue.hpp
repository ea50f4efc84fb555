#pragma once

#include "runtime/outcome.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <utility>

// The keys waiting to be reconciled. Each key waits at most once and is never in work twice at the same time.
// Urgent keys come first, then those that were urgent and failed, then the others; within each the one that
// is due longest. Of eight keys one is a routine one, if one is due. Time is an argument and the queue never
// waits; worker_pool does the waiting.
//
// Fairness: keys come in groups, such as those of one tenant. A group takes a worker for urgent work only
// while it holds fewer workers than are free, and for routine work only while it holds fewer than half as
// many. So however many keys of one group hang, workers remain for the other groups and for the urgent work
// of this group. With n groups that hang, one of n + 1 workers remains.
namespace runtime {

template <class Key>
class work_queue
{
public:
    // The group of a key, named by a key of that group.
    using grouping = std::function<Key(const Key&)>;

    // `workers` is the number of keys that may be in work at a time, two or more.
    work_queue(
        support::backoff backoff, support::random_engine& random, std::size_t workers, grouping group_of
    )
        : backoff_(backoff), random_(random), workers_(workers), group_of_(std::move(group_of))
    {}

    // Adds `key`, to be taken at `due`. Of two requests the earlier time and the higher urgency win. A key in
    // work is taken again after its work has ended. `note` is for operators.
    void add(
        const Key& key, support::time_point due, urgency how = urgency::urgent, const wait_note& note = {}
    )
    {
        const bool working = in_work_.contains(key);
        const auto [it, is_new] =
            waiting_.try_emplace(key, request{due, ++sequence_, how, note.why, note.since});
        request& wanted = it->second;
        if (!is_new)
        {
            if (!working)
            {
                unready(key, wanted);
            }
            if (due < wanted.due)
            {
                wanted.why = note.why;
                wanted.since = note.since;
            }
            wanted.due = std::min(wanted.due, due);
            wanted.how = std::min(wanted.how, how);
        }
        if (!working)
        {
            make_ready(key, wanted);
        }
    }

    // Takes the next key that is due and marks it as in work; empty if no key may be taken now.
    std::optional<Key> take(support::time_point now)
    {
        static constexpr std::array routine_first{urgency::routine, urgency::urgent, urgency::failed};
        for (const urgency how : without_routine_ >= most_without_routine ? routine_first : by_urgency)
        {
            if (row* next = next_row(how, now))
            {
                without_routine_ = how == urgency::routine ? 0 : without_routine_ + 1;
                Key key = next->begin()->key;
                const request& wanted = waiting_.at(key);
                tell(waited, now - wanted.due);
                unready(key, wanted);
                waiting_.erase(key);
                in_work_.emplace(key, work{how, now});
                ++held_[group_of_(key)];
                ++taken_;
                return key;
            }
        }
        return std::nullopt;
    }

    // Ends the work on `key`.
    void finish(const Key& key, outcome how, support::time_point now)
    {
        const work ended = in_work_.extract(key).mapped();
        tell(worked, now - ended.since);
        const auto held = held_.find(group_of_(key));
        if (--held->second == 0)
        {
            held_.erase(held);
        }
        if (const auto it = waiting_.find(key); it != waiting_.end())
        {
            make_ready(key, it->second);
        }
        switch (how.how)
        {
            case outcome::kind::done:
                failures_.erase(key);
                break;
            case outcome::kind::later:
                failures_.erase(key);
                add(key, now + how.pause, how.urgency, {how.waits_for, now});
                break;
            case outcome::kind::retry:
                ++retries_;
                add(key,
                    now + std::max(how.pause, backoff_.wait(++failures_[key], random_)),
                    std::max(ended.how, urgency::failed),
                    {waits_for::retry, now});
                break;
        }
    }

    // The earliest time at which take() can succeed if no work ends before; empty: never.
    std::optional<support::time_point> next_due() const
    {
        std::optional<support::time_point> soonest;
        for (const urgency how : by_urgency)
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

    // The number of keys that are due and not in work.
    std::size_t depth(support::time_point now) const
    {
        const auto due = [&](const place& entry) { return entry.due <= now; };
        std::size_t counted = 0;
        for (const urgency how : by_urgency)
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

    // ---- for operators ----

    // Called with how long a key that is taken was due, and with how long the work on a key took.
    std::function<void(support::duration)> waited;
    std::function<void(support::duration)> worked;

    // How often a key was due to be taken, and how often the work on a key failed.
    std::size_t additions(support::time_point now) const { return taken_ + depth(now); }
    std::size_t retries() const { return retries_; }
    // When the work under way began, in no order.
    auto work_since() const { return in_work_ | std::views::values | std::views::transform(&work::since); }
    // The number of keys that are not in work and wait for that.
    std::size_t waiting(waits_for why) const { return counts_.at(static_cast<std::size_t>(why)); }

    // A key as operators see it.
    struct sight
    {
        std::optional<support::time_point> in_work_since;
        std::optional<support::time_point> due;  // empty: the key is in work, and nothing has come since
        wait_note note;                          // of a key that waits
        int failures = 0;                        // in a row
    };

    // Visits the keys that are not before `from`, in their order, until visit(key, sight) is false.
    template <class F>
    void visit_from(const Key& from, F visit) const
    {
        auto working = in_work_.lower_bound(from);
        auto wanted = waiting_.lower_bound(from);
        while (working != in_work_.end() || wanted != waiting_.end())
        {
            const bool is_working =
                working != in_work_.end() && (wanted == waiting_.end() || !(wanted->first < working->first));
            const Key& key = is_working ? working->first : wanted->first;
            const bool is_wanted = wanted != waiting_.end() && !(key < wanted->first);
            sight seen;
            if (is_wanted)
            {
                seen.due = wanted->second.due;
                seen.note = {wanted->second.why, wanted->second.since};
            }
            if (is_working)
            {
                seen.in_work_since = working->second.since;
            }
            const auto failed = failures_.find(key);
            seen.failures = failed == failures_.end() ? 0 : failed->second;
            if (!visit(key, seen))
            {
                return;
            }
            working = is_working ? std::next(working) : working;
            wanted = is_wanted ? std::next(wanted) : wanted;
        }
    }

private:
    static constexpr std::array by_urgency{urgency::urgent, urgency::failed, urgency::routine};
    static constexpr std::size_t most_without_routine = 7;  // keys in a row

    struct request
    {
        support::time_point due;
        std::uint64_t number;  // in the order of the calls of add()
        urgency how;
        waits_for why;  // see wait_note
        support::time_point since;
    };
    struct work
    {
        urgency how;
        support::time_point since;
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
        std::array<row, by_urgency.size()> by;

        row& of(urgency how) { return by.at(static_cast<std::size_t>(how)); }
        const row& of(urgency how) const { return by.at(static_cast<std::size_t>(how)); }
        bool empty() const { return std::ranges::all_of(by, &row::empty); }
    };

    // A group may take a worker only while it holds fewer than this number.
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

    // The row that begins with the next key; null if no key may be taken now. A key that is due before it but
    // whose group may not take a worker is set aside.
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

    static void tell(const std::function<void(support::duration)>& whom, support::duration took)
    {
        if (whom)
        {
            whom(took);
        }
    }

    void make_ready(const Key& key, const request& wanted)
    {
        ready_.of(wanted.how).insert({wanted.due, wanted.number, key});
        ++counts_.at(static_cast<std::size_t>(wanted.why));
    }

    // The key is ready or set aside.
    void unready(const Key& key, const request& wanted)
    {
        --counts_.at(static_cast<std::size_t>(wanted.why));
        const place from{wanted.due, wanted.number, key};
        ready_.of(wanted.how).erase(from);
        const auto aside = set_aside_.find(group_of_(key));
        if (aside != set_aside_.end())
        {
            aside->second.of(wanted.how).erase(from);
            if (aside->second.empty())
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
    std::map<Key, request> waiting_;  // also of keys in work
    rows ready_;                      // of the waiting keys that are not in work
    // By group: keys that are due while their group holds its share of workers.
    std::map<Key, rows> set_aside_;
    std::map<Key, work> in_work_;
    std::map<Key, std::size_t> held_;  // the number of keys in work, by group
    std::map<Key, int> failures_;
    std::size_t without_routine_ = 0;                    // keys taken since the last routine one
    std::array<std::size_t, waits_for_count> counts_{};  // of the keys that are not in work
    std::size_t taken_ = 0;                              // how often
    std::size_t retries_ = 0;
};

}  // namespace runtime
