#include "runtime/worker_pool.hpp"

#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using runtime::outcome;
using kind = runtime::outcome::kind;
using support::task;

namespace {

class worker_pool : public test::loop
{
protected:
    // Works one second on a key, or as long as `takes` says, and ends as `ends` says.
    task<outcome> work(std::string key)
    {
        begun.push_back(key);
        most_at_once = std::max(most_at_once, queue.in_work());
        co_await clock().sleep_for(takes.contains(key) ? takes[key] : 1s);
        if (throws)
        {
            throw std::logic_error("a bug");
        }
        ended.push_back(key);
        co_return ends.contains(key) ? ends[key] : outcome{};
    }

    task<> run_pool()
    {
        co_await pool.run();
        returned = true;
    }

    void stop()
    {
        pool.stop();
        ASSERT_TRUE(run_until([this] { return returned; }));
    }

    static constexpr std::size_t limit = 2;
    support::random_engine random{1};
    runtime::work_queue<std::string> queue{
        {.first = 10s, .cap = 60s, .jitter = 0}, random, limit, [](const std::string& key) { return key; }
    };
    runtime::worker_pool<std::string> pool{executor(), clock(), queue, [this](std::string key) {
                                               return work(std::move(key));
                                           }};
    std::map<std::string, support::duration> takes;
    std::map<std::string, outcome> ends;
    bool throws = false;
    std::vector<std::string> begun;
    std::vector<std::string> ended;
    std::size_t most_at_once = 0;
    bool returned = false;
};

using keys = std::vector<std::string>;

TEST_F(worker_pool, works_on_what_was_added_before_and_after_it_runs)
{
    pool.add("before");
    spawn(run_pool());
    step();
    EXPECT_EQ(begun, keys{"before"});
    advance(1h);
    pool.add("after");
    step();
    EXPECT_EQ(begun, (keys{"before", "after"}));
    stop();
}

TEST_F(worker_pool, a_key_that_is_due_later_waits_for_its_time)
{
    spawn(run_pool());
    step();
    pool.add("a", runtime::urgency::urgent, 10s);
    advance(9s);
    EXPECT_TRUE(begun.empty());
    advance(1s);
    EXPECT_EQ(begun, keys{"a"});
    stop();
}

TEST_F(worker_pool, one_that_becomes_due_earlier_is_not_kept_waiting)
{
    spawn(run_pool());
    step();
    pool.add("a", runtime::urgency::urgent, 10s);
    step();
    pool.add("b", runtime::urgency::urgent, 5s);
    advance(5s);
    EXPECT_EQ(begun, keys{"b"});
    pool.add("a");
    step();
    EXPECT_EQ(begun, (keys{"b", "a"}));
    stop();
}

TEST_F(worker_pool, never_more_than_the_limit_and_a_free_worker_takes_the_next)
{
    takes = {{"a", 3s}, {"b", 1s}};
    for (const char* const key : {"a", "b", "c", "d"})
    {
        pool.add(key);
    }
    spawn(run_pool());
    step();
    EXPECT_EQ(begun, (keys{"a", "b"}));
    advance(1s);
    EXPECT_EQ(begun, (keys{"a", "b", "c"}));
    advance(1s);
    EXPECT_EQ(begun, (keys{"a", "b", "c", "d"}));
    stop();
    EXPECT_EQ(most_at_once, limit);
    EXPECT_EQ(ended, (keys{"b", "c", "a", "d"}));
}

TEST_F(worker_pool, one_key_is_never_in_work_twice)
{
    pool.add("a");
    spawn(run_pool());
    step();
    pool.add("a");
    advance(999ms);
    EXPECT_EQ(begun, keys{"a"});
    advance(1ms);
    EXPECT_EQ(begun, (keys{"a", "a"}));
    stop();
}

TEST_F(worker_pool, outcomes_decide_when_the_key_comes_again)
{
    ends = {{"later", {.how = kind::later, .pause = 5s}}, {"retry", {.how = kind::retry}}};
    pool.add("later");
    pool.add("retry");
    spawn(run_pool());
    advance(1s);
    EXPECT_EQ(begun, (keys{"later", "retry"}));
    advance(5s);
    EXPECT_EQ(begun, (keys{"later", "retry", "later"}));
    ends.erase("later");
    advance(5s);
    EXPECT_EQ(begun, (keys{"later", "retry", "later", "retry"}));
    advance(20s);
    EXPECT_EQ(begun.size(), 4U);
    stop();
}

TEST_F(worker_pool, an_exception_is_reported_and_the_key_tried_again)
{
    support::log_capture log;
    throws = true;
    pool.add("a");
    spawn(run_pool());
    advance(1s);
    EXPECT_TRUE(ended.empty());
    EXPECT_THAT(log.text(), testing::HasSubstr("a bug"));
    EXPECT_EQ(pool.panics(), 1U);
    throws = false;
    advance(11s);
    EXPECT_EQ(begun, (keys{"a", "a"}));
    EXPECT_EQ(ended, keys{"a"});
    stop();
}

TEST_F(worker_pool, stop_takes_no_more_and_lets_the_work_end)
{
    for (const char* const key : {"a", "b", "c"})
    {
        pool.add(key);
    }
    spawn(run_pool());
    step();
    pool.stop();
    step();
    EXPECT_FALSE(returned);
    advance(1s);
    EXPECT_TRUE(returned);
    EXPECT_EQ(ended, (keys{"a", "b"}));
    EXPECT_EQ(begun, (keys{"a", "b"}));
}

TEST_F(worker_pool, after_its_stop_it_takes_nothing_whenever_that_was_added)
{
    ends = {{"a", {.how = kind::later, .pause = 1s}}, {"b", {.how = kind::retry}}};
    pool.add("a");
    pool.add("b");
    spawn(run_pool());
    step();
    pool.add("a");  // again, while it is in work
    pool.stop();
    pool.add("after the stop");
    advance(1s);
    EXPECT_TRUE(returned);
    advance(1h);
    EXPECT_EQ(begun, (keys{"a", "b"}));
}

TEST_F(worker_pool, a_stop_ends_its_wait_for_a_key_that_is_due_later)
{
    pool.add("a", runtime::urgency::urgent, 1h);
    spawn(run_pool());
    step();
    EXPECT_FALSE(returned);
    pool.stop();
    step();
    EXPECT_TRUE(returned);
    EXPECT_TRUE(begun.empty());
}

TEST_F(worker_pool, stopped_before_it_runs_it_takes_nothing)
{
    pool.add("a");
    pool.stop();
    spawn(run_pool());
    step();
    EXPECT_TRUE(returned);
    EXPECT_TRUE(begun.empty());
}

TEST_F(worker_pool, cancel_ends_the_work)
{
    takes = {{"a", 1000h}};
    pool.add("a");
    spawn(run_pool());
    step();
    pool.stop();
    pool.cancel();
    step();
    EXPECT_TRUE(returned);
    EXPECT_TRUE(ended.empty());
    EXPECT_EQ(queue.in_work(), 0U);
}

TEST_F(worker_pool, thousands_of_keys_that_take_no_time)
{
    takes = {{"0", 0s}};
    for (int i = 0; i < 5000; ++i)
    {
        const auto key = std::to_string(i);
        takes[key] = 0s;
        pool.add(key);
    }
    spawn(run_pool());
    step();
    EXPECT_EQ(ended.size(), 5000U);
    stop();
}

}  // namespace
