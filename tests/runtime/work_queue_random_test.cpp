#include "runtime/work_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <vector>

// Many calls in any order, answered by the queue as by a plain list that is searched from its begin to its
// end.

namespace {

using namespace std::chrono_literals;
using runtime::outcome;
using runtime::urgency;

constexpr std::size_t workers = 6;
constexpr int groups = 4;

int group_of(int key)
{
    return key % groups;
}

class plain_queue
{
public:
    void add(int key, support::time_point due, urgency how)
    {
        const auto it = std::ranges::find(waiting_, key, &request::key);
        if (it == waiting_.end())
        {
            waiting_.push_back({key, due, ++number_, how});
            return;
        }
        it->due = std::min(it->due, due);
        it->how = std::min(it->how, how);
    }

    // The key that is next, which then is in work.
    std::optional<int> take(support::time_point now)
    {
        std::array order{urgency::urgent, urgency::failed, urgency::routine};
        if (without_routine_ >= 7)
        {
            order = {urgency::routine, urgency::urgent, urgency::failed};
        }
        for (const urgency how : order)
        {
            const request* next = nullptr;
            for (const request& one : waiting_)
            {
                const bool before = next == nullptr || one.due < next->due ||
                                    (one.due == next->due && one.number < next->number);
                next = one.how == how && may_take(one, now) && before ? &one : next;
            }
            if (next != nullptr)
            {
                const int key = next->key;
                without_routine_ = how == urgency::routine ? 0 : without_routine_ + 1;
                in_work_[key] = how;
                std::erase_if(waiting_, [&](const request& one) { return one.key == key; });
                return key;
            }
        }
        return std::nullopt;
    }

    void finish(int key, const outcome& how, support::time_point now)
    {
        const urgency was = in_work_.extract(key).mapped();
        if (how.how == outcome::kind::retry)
        {
            const auto backoff = std::min<support::duration>(1s * (1 << std::min(failures_[key]++, 6)), 60s);
            add(key, now + std::max(how.pause, backoff), std::max(was, urgency::failed));
            return;
        }
        failures_.erase(key);
        if (how.how == outcome::kind::later)
        {
            add(key, now + how.pause, how.urgency);
        }
    }

    std::size_t depth(support::time_point now) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(waiting_, [&](const request& one) {
            return one.due <= now && !in_work_.contains(one.key);
        }));
    }

    const std::map<int, urgency>& in_work() const { return in_work_; }

    std::size_t held_by(int group) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(in_work_, [&](const auto& work) {
            return group_of(work.first) == group;
        }));
    }

private:
    struct request
    {
        int key;
        support::time_point due;
        int number;
        urgency how;
    };

    bool may_take(const request& one, support::time_point now) const
    {
        const std::size_t free = workers - in_work_.size();
        const std::size_t most = one.how == urgency::urgent ? free : free / 2;
        return one.due <= now && !in_work_.contains(one.key) && held_by(group_of(one.key)) < most;
    }

    std::vector<request> waiting_;
    std::map<int, urgency> in_work_;
    std::map<int, int> failures_;
    int number_ = 0;
    int without_routine_ = 0;
};

TEST(work_queue_at_random, answers_as_a_plain_list_does)
{
    std::mt19937 dice(7);
    const auto below = [&](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(dice); };
    const auto some_time = [&] { return std::chrono::milliseconds(below(4) * below(5000)); };
    support::random_engine random{1};
    runtime::work_queue<int> queue{{.first = 1s, .cap = 60s, .jitter = 0}, random, workers, group_of};
    plain_queue plain;
    support::time_point now{1h};
    std::size_t taken = 0;
    std::size_t refused = 0;  // though something was due
    for (int call = 0; call < 30'000; ++call)
    {
        switch (below(5))
        {
            case 0:
            case 1: {
                const int key = below(24);
                const auto due = now + some_time();
                const auto how = static_cast<urgency>(below(3));
                queue.add(key, due, how);
                plain.add(key, due, how);
                break;
            }
            case 2: {
                const auto next = plain.take(now);
                ASSERT_EQ(queue.take(now), next) << call;
                taken += next ? 1 : 0;
                refused += !next && plain.depth(now) > 0 ? 1 : 0;
                break;
            }
            case 3:
                if (!plain.in_work().empty())
                {
                    const auto ended =
                        std::next(plain.in_work().begin(), below(static_cast<int>(plain.in_work().size())));
                    const int key = ended->first;
                    const outcome how{
                        static_cast<outcome::kind>(below(3)), some_time(), static_cast<urgency>(below(3))
                    };
                    queue.finish(key, how, now);
                    plain.finish(key, how, now);
                }
                break;
            default:
                now += some_time() / 4;
        }
        ASSERT_EQ(queue.depth(now), plain.depth(now)) << call;
        ASSERT_EQ(queue.in_work(), plain.in_work().size()) << call;
    }
    EXPECT_GT(taken, 3'000U);
    EXPECT_GT(refused, 300U) << "groups that held their share were there";
}

}  // namespace
