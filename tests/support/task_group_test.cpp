#include "support/task_group.hpp"

#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using support::task;
using testing::HasSubstr;

namespace {

class task_group : public test::loop
{
protected:
    task<> job(std::string name, support::duration time)
    {
        events.push_back(name + " begins");
        try
        {
            co_await clock().sleep_for(time);
        }
        catch (const boost::system::system_error&)
        {
            events.push_back(name + " is cancelled");
            throw;
        }
        events.push_back(name + " ends");
    }

    task<> join(std::string name)
    {
        co_await group.join();
        events.push_back(name);
    }

    support::log_capture log;
    support::task_group group{executor()};
    std::vector<std::string> events;
};

TEST_F(task_group, join_waits_for_all)
{
    group.spawn(job("a", 1s));
    group.spawn(job("b", 3s));
    spawn(join("joined"));
    advance(2s);
    EXPECT_EQ(group.running(), 1U);
    advance(1s);
    EXPECT_EQ(group.running(), 0U);
    EXPECT_EQ(events, (std::vector<std::string>{"a begins", "b begins", "a ends", "b ends", "joined"}));
}

TEST_F(task_group, one_may_be_cancelled_alone_and_only_once)
{
    const auto a = group.spawn(job("a", 1s));
    const auto b = group.spawn(job("b", 1s));
    step();
    a.cancel();
    step();
    a.cancel();
    advance(1s);
    b.cancel();
    EXPECT_EQ(group.running(), 0U);
    EXPECT_EQ(events, (std::vector<std::string>{"a begins", "b begins", "a is cancelled", "b ends"}));
    EXPECT_EQ(log.text(), "");
}

TEST_F(task_group, join_of_none_returns_at_once)
{
    spawn(join("joined"));
    step();
    EXPECT_EQ(events, std::vector<std::string>{"joined"});
}

TEST_F(task_group, join_waits_for_those_too_that_were_spawned_meanwhile)
{
    group.spawn(job("a", 1s));
    spawn(join("joined"));
    step();
    group.spawn(job("b", 2s));
    advance(1s);
    EXPECT_EQ(events.back(), "a ends");
    advance(1s);
    EXPECT_EQ(events.back(), "joined");
}

TEST_F(task_group, several_may_join)
{
    group.spawn(job("a", 1s));
    spawn(join("first"));
    spawn(join("second"));
    advance(1s);
    EXPECT_EQ(events, (std::vector<std::string>{"a begins", "a ends", "first", "second"}));
}

TEST_F(task_group, cancelling_a_join_leaves_the_jobs_alone)
{
    group.spawn(job("a", 2s));
    const auto cancel = spawn(join("joined"));
    advance(1s);
    cancel();
    advance(1s);
    EXPECT_EQ(events, (std::vector<std::string>{"a begins", "a ends"}));
}

TEST_F(task_group, cancel_ends_all_and_the_group_can_be_used_again)
{
    group.spawn(job("a", 1h));
    group.spawn(job("b", 1h));
    step();
    group.cancel();
    run(group.join());
    EXPECT_EQ(events, (std::vector<std::string>{"a begins", "b begins", "a is cancelled", "b is cancelled"}));
    group.spawn(job("c", 1s));
    run(group.join());
    EXPECT_EQ(events.back(), "c ends");
    EXPECT_EQ(log.text(), "") << "a cancellation is nothing to report";
}

TEST_F(task_group, a_job_may_spawn_and_cancel)
{
    const auto nested = [this]() -> task<> {
        group.spawn(job("inner", 1h));
        co_await clock().sleep_for(1s);
        group.cancel();
        co_await clock().sleep_for(1h);
    };
    group.spawn(nested());
    run(group.join());
    EXPECT_EQ(events, (std::vector<std::string>{"inner begins", "inner is cancelled"}));
    EXPECT_EQ(clock().now().time_since_epoch(), 1h + 1s);
}

TEST_F(task_group, an_exception_ends_its_job_alone_and_is_reported)
{
    const auto failing = [](bool standard) -> task<> {
        if (standard)
        {
            throw std::logic_error("the ledger is empty");
        }
        throw 42;
        co_return;
    };
    group.spawn(failing(true));
    group.spawn(failing(false));
    group.spawn(job("a", 1s));
    run(group.join());
    EXPECT_EQ(events.back(), "a ends");
    EXPECT_THAT(
        log.text(),
        HasSubstr("error a task ended with an exception, which is a bug of the controller error=\"the ledger "
                  "is empty\"\n")
    );
    EXPECT_THAT(
        log.text(),
        HasSubstr("error a task ended with an exception, which is a bug of the controller error=unknown\n")
    );
}

TEST_F(task_group, may_go_before_the_loop_runs_again)
{
    {
        support::task_group brief(executor());
        brief.spawn(job("a", 1s));
    }
    advance(1s);
    EXPECT_EQ(events.back(), "a ends");
}

}  // namespace
