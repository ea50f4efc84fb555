#pragma once

#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

// The keys waiting to be reconciled: each at most once, never two at the same time, the longest due first,
// later after failure. Time is an argument and nothing here waits; worker_pool does the waiting.
namespace runtime {

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
};

template <class Key>
class work_queue
{
public:
    explicit work_queue(support::backoff backoff, support::random_engine& random)
        : backoff_(backoff), random_(random)
    {}

    // Asks for `key` at `due`. Of two requests the earlier wins; a key in work is taken up again once it
    // ends.
    void add(const Key& key, support::time_point due)
    {
        const auto [found, is_new] = due_.try_emplace(key, due, ++sequence_);
        if (!is_new)
        {
            if (found->second.first <= due)
            {
                return;
            }
            ready_.erase({found->second.first, found->second.second, key});
            found->second.first = due;
        }
        if (!in_work_.contains(key))
        {
            ready_.insert({due, found->second.second, key});
        }
    }

    // The key that is due longest and not in work, now marked as in work.
    std::optional<Key> take(support::time_point now)
    {
        if (ready_.empty() || std::get<0>(*ready_.begin()) > now)
        {
            return std::nullopt;
        }
        Key key = std::get<2>(*ready_.begin());
        ready_.erase(ready_.begin());
        due_.erase(key);
        in_work_.insert(key);
        return key;
    }

    // Ends the work on `key`.
    void finish(const Key& key, outcome how, support::time_point now)
    {
        in_work_.erase(key);
        if (const auto waiting = due_.find(key); waiting != due_.end())
        {
            ready_.insert({waiting->second.first, waiting->second.second, key});
        }
        switch (how.how)
        {
            case outcome::kind::done:
                failures_.erase(key);
                break;
            case outcome::kind::later:
                failures_.erase(key);
                add(key, now + how.pause);
                break;
            case outcome::kind::retry:
                add(key, now + std::max(how.pause, backoff_.wait(++failures_[key], random_)));
                break;
        }
    }

    // When take() can next succeed; empty if nothing waits.
    std::optional<support::time_point> next_due() const
    {
        return ready_.empty() ? std::nullopt : std::optional(std::get<0>(*ready_.begin()));
    }

    std::size_t in_work() const { return in_work_.size(); }

private:
    support::backoff backoff_;
    support::random_engine& random_;
    std::uint64_t sequence_ = 0;
    std::map<Key, std::pair<support::time_point, std::uint64_t>> due_;     // of all that wait, in work or not
    std::set<std::tuple<support::time_point, std::uint64_t, Key>> ready_;  // of those not in work
    std::set<Key> in_work_;
    std::map<Key, int> failures_;
};

}  // namespace runtime
