#include "runtime/work_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using runtime::outcome;
using runtime::urgency;
using kind = runtime::outcome::kind;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr support::time_point t0{1h};

class work_queue : public testing::Test
{
protected:
    support::random_engine random{1};
    // "shop/web" is a key of the group "shop".
    runtime::work_queue<std::string> queue{
        {.first = 1s, .cap = 60s, .jitter = 0},
        random,
        8,
        [](const std::string& key) { return key.substr(0, key.find('/')); }
    };

    void add(const std::string& group, int keys, urgency how = urgency::urgent)
    {
        for (int i = 0; i < keys; ++i)
        {
            queue.add(group + "/" + std::to_string(i), t0, how);
        }
    }

    std::vector<std::string> take_all()
    {
        std::vector<std::string> taken;
        while (const auto key = queue.take(t0))
        {
            taken.push_back(*key);
        }
        return taken;
    }
};

TEST_F(work_queue, an_empty_one_gives_nothing)
{
    EXPECT_EQ(queue.take(t0), std::nullopt);
    EXPECT_EQ(queue.next_due(), std::nullopt);
    EXPECT_EQ(queue.in_work(), 0U);
}

TEST_F(work_queue, a_key_is_given_when_it_is_due)
{
    queue.add("a", t0 + 1s);
    EXPECT_EQ(queue.take(t0), std::nullopt);
    EXPECT_EQ(queue.next_due(), t0 + 1s);
    EXPECT_EQ(queue.take(t0 + 1s), "a");
    EXPECT_EQ(queue.next_due(), std::nullopt);
    EXPECT_EQ(queue.in_work(), 1U);
}

TEST_F(work_queue, its_depth_is_what_waits_to_be_taken)
{
    queue.add("a", t0);
    queue.add("b", t0);
    queue.add("c", t0 + 1s);
    EXPECT_EQ(queue.depth(t0), 2U);
    ASSERT_EQ(queue.take(t0), "a");
    queue.add("a", t0);  // to be worked on again afterwards
    EXPECT_EQ(queue.depth(t0), 1U);
    EXPECT_EQ(queue.depth(t0 + 1s), 2U);
    queue.finish("a", {outcome::kind::done, {}}, t0);
    EXPECT_EQ(queue.depth(t0), 2U);
}

TEST_F(work_queue, a_key_counts_once_in_its_depth_however_often_it_was_asked_for)
{
    queue.add("a", t0 + 1h, urgency::routine);
    EXPECT_EQ(queue.depth(t0), 0U);
    queue.add("a", t0);
    queue.add("a", t0);
    queue.add("a", t0 + 1h);
    EXPECT_EQ(queue.depth(t0), 1U);
    EXPECT_EQ(queue.depth(t0 + 1h), 1U);
    ASSERT_EQ(queue.take(t0), "a");
    EXPECT_EQ(queue.depth(t0 + 1h), 0U);
    queue.finish("a", {}, t0);
    EXPECT_EQ(queue.take(t0 + 1h), std::nullopt);
}

TEST_F(work_queue, the_longest_due_comes_first_and_ties_in_the_order_of_the_calls)
{
    queue.add("late", t0 + 2s);
    queue.add("z", t0 + 1s);
    queue.add("a", t0 + 1s);
    queue.add("early", t0);
    for (const char* const expected : {"early", "z", "a", "late"})
    {
        EXPECT_EQ(queue.take(t0 + 2s), expected);
    }
}

TEST_F(work_queue, what_is_urgent_comes_before_what_is_due_longer)
{
    queue.add("resync", t0, urgency::routine);
    queue.add("change", t0 + 1s, urgency::urgent);
    EXPECT_EQ(queue.take(t0 + 1s), "change");
    EXPECT_EQ(queue.take(t0 + 1s), "resync");
}

TEST_F(work_queue, what_is_urgent_later_does_not_hold_up_what_is_due)
{
    queue.add("change", t0 + 1s, urgency::urgent);
    queue.add("resync", t0, urgency::routine);
    EXPECT_EQ(queue.next_due(), t0);
    EXPECT_EQ(queue.take(t0), "resync");
    EXPECT_EQ(queue.take(t0), std::nullopt);
}

TEST_F(work_queue, of_two_requests_the_urgent_one_wins)
{
    for (const bool urgent_first : {true, false})
    {
        queue.add("other", t0, urgency::routine);
        queue.add("a", t0 + 2s, urgent_first ? urgency::urgent : urgency::routine);
        queue.add("a", t0 + 1s, urgent_first ? urgency::routine : urgency::urgent);
        EXPECT_EQ(queue.take(t0 + 1s), "a") << urgent_first;
        EXPECT_EQ(queue.take(t0 + 1s), "other") << urgent_first;
        EXPECT_EQ(queue.take(t0 + 1h), std::nullopt);
        queue.finish("a", {}, t0);
        queue.finish("other", {}, t0);
    }
}

TEST_F(work_queue, a_key_that_becomes_urgent_keeps_its_place_in_time)
{
    queue.add("a", t0, urgency::routine);
    queue.add("b", t0);
    queue.add("a", t0);
    EXPECT_THAT(take_all(), ElementsAre("a", "b"));
}

TEST_F(work_queue, a_change_that_failed_comes_before_checks_and_what_goes_on_is_what_it_says)
{
    queue.add("check", t0, urgency::routine);
    queue.add("change", t0);
    queue.add("goes on", t0);
    take_all();
    queue.finish("check", {.how = kind::retry}, t0);
    queue.finish("change", {.how = kind::retry, .pause = 2s}, t0);
    queue.finish("goes on", {kind::later, 3s, urgency::routine}, t0);
    EXPECT_EQ(queue.take(t0 + 1min), "change");
    EXPECT_EQ(queue.take(t0 + 1min), "check");
    EXPECT_EQ(queue.take(t0 + 1min), "goes on");
}

TEST_F(work_queue, a_change_that_failed_comes_before_all_checks)
{
    for (int i = 0; i < 1000; ++i)
    {
        queue.add("check " + std::to_string(i), t0, urgency::routine);
    }
    queue.add("change", t0);
    ASSERT_EQ(queue.take(t0), "change");
    queue.finish("change", {.how = kind::retry}, t0);
    EXPECT_EQ(queue.take(t0 + 1s), "change");
}

TEST_F(work_queue, a_fresh_change_comes_before_all_that_failed)
{
    for (int i = 0; i < 7; ++i)
    {
        queue.add("broken " + std::to_string(i), t0);
    }
    for (const auto& key : take_all())
    {
        queue.finish(key, {.how = kind::retry}, t0);
    }
    queue.add("fresh", t0 + 1min);
    EXPECT_EQ(queue.take(t0 + 1min), "fresh");
    EXPECT_EQ(queue.take(t0 + 1min), "broken 0");
    queue.add("broken 5", t0 + 1min);
    EXPECT_EQ(queue.take(t0 + 1min), "broken 5") << "it was changed, so it is fresh again";
}

TEST_F(work_queue, a_key_that_is_done_is_urgent_no_longer)
{
    queue.add("a", t0);
    queue.take(t0);
    queue.finish("a", {}, t0);
    queue.add("a", t0, urgency::routine);
    queue.add("change", t0);
    EXPECT_THAT(take_all(), ElementsAre("change", "a"));
}

TEST_F(work_queue, however_much_is_urgent_one_of_eight_is_routine)
{
    add("a", 2, urgency::routine);
    std::vector<std::string> taken;
    for (int i = 0; i < 17; ++i)
    {
        queue.add("urgent", t0);
        taken.push_back(queue.take(t0).value());
        queue.finish(taken.back(), {}, t0);
    }
    EXPECT_EQ(taken.at(7), "a/0");
    EXPECT_EQ(taken.at(15), "a/1");
    EXPECT_EQ(std::ranges::count(taken, "urgent"), 15);
}

// ---- fairness ----

TEST_F(work_queue, a_group_holds_no_more_than_it_leaves_to_others)
{
    add("hangs", 20);
    EXPECT_THAT(take_all(), ElementsAre("hangs/0", "hangs/1", "hangs/2", "hangs/3"));
    EXPECT_EQ(queue.next_due(), std::nullopt) << "it waits for the end of another, not for the time";
    add("hangs too", 20);
    EXPECT_THAT(take_all(), ElementsAre("hangs too/0", "hangs too/1"));
    add("good", 20);
    EXPECT_THAT(take_all(), ElementsAre("good/0"));
    queue.finish("good/0", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("good/1"));
    queue.finish("hangs/0", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("good/2")) << "who holds fewest takes first what is free";
    queue.finish("good/1", {}, t0);
    queue.finish("good/2", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("hangs too/2", "good/3")) << "of those that may the longest due";
    EXPECT_EQ(queue.depth(t0), 16U + 17U + 16U);
}

TEST_F(work_queue, routine_work_of_a_group_leaves_room_for_what_is_urgent_in_it)
{
    add("a", 20, urgency::routine);
    EXPECT_THAT(take_all(), ElementsAre("a/0", "a/1", "a/2"));
    queue.add("a/change", t0);
    EXPECT_THAT(take_all(), ElementsAre("a/change"));
    queue.finish("a/change", {}, t0);
    EXPECT_THAT(take_all(), IsEmpty());
    queue.finish("a/1", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("a/3"));
}

TEST_F(work_queue, routine_work_of_many_leaves_a_worker_for_what_is_urgent)
{
    for (int i = 0; i < 20; ++i)
    {
        queue.add(std::to_string(i), t0, urgency::routine);
    }
    EXPECT_EQ(take_all().size(), 7U);
    queue.add("change", t0);
    EXPECT_THAT(take_all(), ElementsAre("change"));
    queue.add("another", t0);
    EXPECT_THAT(take_all(), IsEmpty());
    EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST_F(work_queue, a_group_that_is_full_does_not_hold_up_what_is_due_after_it)
{
    add("hangs", 20);
    take_all();
    queue.add("good", t0 + 1s, urgency::routine);
    EXPECT_EQ(queue.next_due(), t0 + 1s);
    EXPECT_EQ(queue.take(t0 + 1s), "good");
}

TEST_F(work_queue, what_waits_for_its_group_is_asked_for_again_like_the_rest)
{
    add("a", 6, urgency::routine);
    take_all();
    queue.add("a/5", t0 + 1s, urgency::urgent);
    EXPECT_EQ(queue.depth(t0), 3U);
    EXPECT_THAT(take_all(), ElementsAre("a/5"));
    queue.finish("a/5", {}, t0);
    queue.finish("a/0", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("a/3"));
    queue.finish("a/1", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("a/4"));
    queue.finish("a/2", {}, t0);
    EXPECT_THAT(take_all(), IsEmpty()) << "a/5 was taken once";
}

TEST_F(work_queue, a_group_takes_turns_by_urgency_and_time_when_its_share_is_free_again)
{
    add("a", 4);
    take_all();
    queue.add("a/resync", t0 - 2s, urgency::routine);
    queue.add("a/late", t0 - 1s);
    EXPECT_THAT(take_all(), IsEmpty());
    queue.add("a/early", t0 - 2s);
    for (const std::string ended : {"a/0", "a/1", "a/2"})
    {
        queue.finish(ended, {}, t0);
    }
    EXPECT_THAT(take_all(), ElementsAre("a/early", "a/late"));
    queue.finish("a/3", {}, t0);
    EXPECT_THAT(take_all(), ElementsAre("a/resync"));
}

TEST_F(work_queue, a_key_asked_for_twice_is_given_once)
{
    queue.add("a", t0);
    queue.add("a", t0);
    EXPECT_EQ(queue.take(t0), "a");
    queue.finish("a", {}, t0);
    EXPECT_EQ(queue.take(t0 + 1h), std::nullopt);
}

TEST_F(work_queue, of_two_requests_the_earlier_wins)
{
    queue.add("a", t0 + 2s);
    queue.add("a", t0 + 1s);
    queue.add("a", t0 + 3s);
    EXPECT_EQ(queue.next_due(), t0 + 1s);
    EXPECT_EQ(queue.take(t0 + 1s), "a");
    queue.finish("a", {}, t0 + 1s);
    EXPECT_EQ(queue.take(t0 + 3s), std::nullopt);
}

TEST_F(work_queue, a_key_in_work_is_not_given_again_until_it_ends)
{
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.add("a", t0);
    EXPECT_EQ(queue.take(t0), std::nullopt);
    EXPECT_EQ(queue.next_due(), std::nullopt) << "nothing to wait for until it ends";
    queue.finish("a", {}, t0);
    EXPECT_EQ(queue.take(t0), "a");
}

TEST_F(work_queue, of_requests_during_the_work_the_earliest_wins)
{
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.add("a", t0 + 9s);
    queue.add("a", t0 + 3s);
    queue.add("a", t0 + 5s);
    queue.finish("a", {.how = kind::later, .pause = 4s}, t0);
    EXPECT_EQ(queue.next_due(), t0 + 3s);
    ASSERT_EQ(queue.take(t0 + 3s), "a");
    queue.add("a", t0 + 9s);
    queue.finish("a", {.how = kind::later, .pause = 1s}, t0 + 3s);
    EXPECT_EQ(queue.next_due(), t0 + 4s);
    ASSERT_EQ(queue.take(t0 + 4s), "a");
    queue.finish("a", {}, t0 + 4s);
    EXPECT_EQ(queue.take(t0 + 1h), std::nullopt);
}

TEST_F(work_queue, done_is_done)
{
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.finish("a", {.how = kind::done}, t0);
    EXPECT_EQ(queue.next_due(), std::nullopt);
    EXPECT_EQ(queue.in_work(), 0U);
}

TEST(work_queue_of_pointers, a_key_that_is_done_is_kept_nowhere)
{
    using pointer = std::shared_ptr<int>;
    support::random_engine random{1};
    runtime::work_queue<pointer> queue{
        {.first = 1s, .cap = 60s, .jitter = 0}, random, 2, [](const pointer& key) { return key; }
    };
    const auto key = std::make_shared<int>();
    const auto other = std::make_shared<int>();
    queue.add(key, t0);
    queue.add(other, t0);
    ASSERT_EQ(queue.take(t0), key);
    queue.add(key, t0 + 1s);  // waits for its work to end
    queue.finish(key, {.how = kind::retry}, t0);
    ASSERT_EQ(queue.take(t0 + 1s), other);
    ASSERT_EQ(queue.take(t0 + 1s), key);
    queue.finish(other, {}, t0 + 1s);
    queue.finish(key, {}, t0 + 1s);
    EXPECT_EQ(key.use_count(), 1);
    EXPECT_EQ(other.use_count(), 1);
}

TEST_F(work_queue, later_comes_again_after_its_pause)
{
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.finish("a", {.how = kind::later, .pause = 10s}, t0 + 5s);
    EXPECT_EQ(queue.next_due(), t0 + 15s);
}

TEST_F(work_queue, backoff_doubles_for_each_failure_of_the_key)
{
    queue.add("a", t0);
    auto now = t0;
    for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s})
    {
        ASSERT_EQ(queue.take(now), "a");
        queue.finish("a", {.how = kind::retry}, now);
        EXPECT_EQ(queue.next_due(), now + wait);
        now += wait;
    }
}

TEST_F(work_queue, failures_of_one_key_are_not_anothers)
{
    for (const char* const key : {"a", "b"})
    {
        queue.add(key, t0);
        ASSERT_EQ(queue.take(t0), key);
        queue.finish(key, {.how = kind::retry}, t0);
        ASSERT_EQ(queue.next_due(), t0 + 1s) << key;
        ASSERT_EQ(queue.take(t0 + 1s), key);
    }
}

TEST_F(work_queue, a_failure_waits_for_its_pause_where_that_is_longer_than_the_backoff)
{
    for (const auto pause : {0s, 10s})
    {
        queue.add("a", t0);
        ASSERT_EQ(queue.take(t0), "a");
        queue.finish("a", {.how = kind::retry, .pause = pause}, t0);
        EXPECT_EQ(queue.next_due(), t0 + std::max(pause, 1s));
        queue.add("a", t0);
        ASSERT_EQ(queue.take(t0), "a");
        queue.finish("a", {.how = kind::done}, t0);
    }
}

TEST_F(work_queue, success_forgets_failures)
{
    for (const auto& success : {outcome{.how = kind::done}, outcome{.how = kind::later, .pause = 1h}})
    {
        for (int i = 0; i < 3; ++i)
        {
            queue.add("a", t0);
            ASSERT_EQ(queue.take(t0), "a");
            queue.finish("a", {.how = kind::retry}, t0);
        }
        queue.add("a", t0);
        ASSERT_EQ(queue.take(t0), "a");
        queue.finish("a", success, t0);
        queue.add("a", t0);
        ASSERT_EQ(queue.take(t0), "a");
        queue.finish("a", {.how = kind::retry}, t0);
        EXPECT_EQ(queue.next_due(), t0 + 1s);
        queue.add("a", t0);
        ASSERT_EQ(queue.take(t0), "a");
        queue.finish("a", {.how = kind::done}, t0);
    }
}

TEST_F(work_queue, a_request_ends_the_backoff_but_forgets_no_failure)
{
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.finish("a", {.how = kind::retry}, t0);
    queue.add("a", t0);
    ASSERT_EQ(queue.take(t0), "a");
    queue.finish("a", {.how = kind::retry}, t0);
    EXPECT_EQ(queue.next_due(), t0 + 2s);
}

TEST_F(work_queue, no_key_starves_another_one)
{
    queue.add("waiting", t0);
    for (int i = 0; i < 10; ++i)
    {
        queue.add("noisy", t0 + i * 1s);
    }
    EXPECT_EQ(queue.take(t0 + 10s), "waiting");
    EXPECT_EQ(queue.take(t0 + 10s), "noisy");
}

// ---- for operators ----

using runtime::waits_for;

TEST_F(work_queue, counts_how_often_a_key_was_due_and_failed)
{
    queue.add("a", t0);
    queue.add("b", t0 + 10s);
    EXPECT_EQ(queue.additions(t0), 1U);
    ASSERT_EQ(queue.take(t0), "a");
    EXPECT_EQ(queue.additions(t0), 1U);
    queue.finish("a", {.how = kind::retry}, t0);  // due again after 1 s
    EXPECT_EQ(queue.retries(), 1U);
    EXPECT_EQ(queue.additions(t0), 1U);
    EXPECT_EQ(queue.additions(t0 + 1s), 2U);
    EXPECT_EQ(queue.additions(t0 + 10s), 3U);
}

TEST_F(work_queue, tells_how_long_a_key_was_due_and_was_worked_on)
{
    std::vector<support::duration> waited;
    std::vector<support::duration> worked;
    queue.waited = [&](auto time) { waited.push_back(time); };
    queue.worked = [&](auto time) { worked.push_back(time); };
    queue.add("a", t0 + 1s);
    ASSERT_EQ(queue.take(t0 + 3s), "a");
    ASSERT_EQ(std::ranges::distance(queue.work_since()), 1);
    EXPECT_EQ(*queue.work_since().begin(), t0 + 3s);
    queue.finish("a", {}, t0 + 10s);
    EXPECT_THAT(waited, ElementsAre(2s));
    EXPECT_THAT(worked, ElementsAre(7s));
    EXPECT_EQ(std::ranges::distance(queue.work_since()), 0);
}

TEST_F(work_queue, counts_its_keys_by_what_they_wait_for)
{
    queue.add("shop/a", t0, urgency::urgent, {waits_for::worker, t0});
    queue.add("shop/b", t0, urgency::urgent, {waits_for::worker, t0});
    EXPECT_EQ(queue.waiting(waits_for::worker), 2U);
    ASSERT_EQ(queue.take(t0), "shop/a");
    EXPECT_EQ(queue.waiting(waits_for::worker), 1U);
    queue.add("shop/a", t0, urgency::urgent);  // not counted while it is in work
    EXPECT_EQ(queue.waiting(waits_for::worker), 1U);
    ASSERT_EQ(queue.take(t0), "shop/b");
    queue.finish("shop/b", {kind::later, 1h, urgency::routine, waits_for::person}, t0);
    queue.finish("shop/a", {kind::later, 1h, urgency::routine, waits_for::check}, t0);
    EXPECT_EQ(queue.waiting(waits_for::worker), 1U) << "it came while shop/a was in work, and is due sooner";
    EXPECT_EQ(queue.waiting(waits_for::person), 1U);
    EXPECT_EQ(queue.waiting(waits_for::check), 0U);
    queue.add("shop/b", t0 + 2h);  // later than it is looked at anyway
    EXPECT_EQ(queue.waiting(waits_for::person), 1U);
}

TEST_F(work_queue, shows_its_keys_in_their_order_with_what_they_wait_for_and_since_when)
{
    queue.add("a", t0, urgency::urgent, {waits_for::worker, t0 - 5s});
    queue.add("b", t0 + 3s, urgency::routine, {waits_for::check, t0 - 1s});
    queue.add("c", t0);
    ASSERT_EQ(queue.take(t0), "a");
    ASSERT_EQ(queue.take(t0), "c");
    queue.finish("c", {.how = kind::retry}, t0 + 1s);
    queue.add("a", t0 + 7s);
    std::vector<std::string> seen;
    queue.visit_from("a", [&](const std::string& key, const auto& sight) {
        seen.push_back(key);
        if (key == "a")
        {
            EXPECT_EQ(sight.in_work_since, t0);
            EXPECT_EQ(sight.due, t0 + 7s);
        }
        else if (key == "b")
        {
            EXPECT_EQ(sight.in_work_since, std::nullopt);
            EXPECT_EQ(sight.due, t0 + 3s);
            EXPECT_EQ(sight.note.why, waits_for::check);
            EXPECT_EQ(sight.note.since, t0 - 1s);
        }
        else
        {
            EXPECT_EQ(sight.note.why, waits_for::retry);
            EXPECT_EQ(sight.note.since, t0 + 1s);
            EXPECT_EQ(sight.failures, 1);
        }
        return true;
    });
    EXPECT_THAT(seen, ElementsAre("a", "b", "c"));
    seen.clear();
    queue.visit_from("b", [&](const std::string& key, const auto&) {
        seen.push_back(key);
        return false;
    });
    EXPECT_THAT(seen, ElementsAre("b"));
}

}  // namespace
