#include "support/parallel.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using support::task;

namespace {

class parallel : public test::loop
{
protected:
    using jobs = std::vector<std::function<task<>()>>;

    // A job that takes `time` and records its start and its end.
    std::function<task<>()> job(int name, support::duration time)
    {
        return [this, name, time]() -> task<> {
            began.push_back(name);
            running += 1;
            most_running = std::max(most_running, running);
            co_await clock().sleep_for(time);
            running -= 1;
            ended.push_back(name);
        };
    }

    // Runs the jobs and records how run_all ended.
    task<> run_and_note(jobs all, std::size_t limit)
    {
        co_await support::run_all(std::move(all), limit);
        returned = true;
    }

    std::vector<int> began;
    std::vector<int> ended;
    int running = 0;
    int most_running = 0;
    bool returned = false;
};

TEST_F(parallel, jobs_run_side_by_side)
{
    const auto start = clock().now();
    run(support::run_all({job(1, 3s), job(2, 1s), job(3, 2s)}, 16));
    EXPECT_EQ(clock().now() - start, 3s);
    EXPECT_EQ(began, (std::vector{1, 2, 3}));
    EXPECT_EQ(ended, (std::vector{2, 3, 1}));
}

TEST_F(parallel, at_most_limit_at_a_time_and_begun_in_order)
{
    jobs all;
    std::vector<int> names;
    for (int i = 0; i < 100; ++i)
    {
        all.push_back(job(i, i % 3 * 1s));
        names.push_back(i);
    }
    run(support::run_all(std::move(all), 16));
    EXPECT_EQ(most_running, 16);
    EXPECT_EQ(began, names);
    EXPECT_EQ(ended.size(), 100U);
}

TEST_F(parallel, a_limit_of_one_is_one_after_the_other)
{
    const auto start = clock().now();
    run(support::run_all({job(1, 3s), job(2, 1s), job(3, 2s)}, 1));
    EXPECT_EQ(clock().now() - start, 6s);
    EXPECT_EQ(ended, (std::vector{1, 2, 3}));
}

TEST_F(parallel, without_jobs_it_returns_at_once)
{
    spawn(run_and_note({}, 16));
    step();
    EXPECT_TRUE(returned);
}

TEST_F(parallel, thousands_of_jobs_that_never_wait)
{
    int count = 0;
    jobs all(10'000, [&count]() -> task<> {
        ++count;
        co_return;
    });
    run(support::run_all(std::move(all), 16));
    EXPECT_EQ(count, 10'000);
}

TEST_F(parallel, an_exception_does_not_stop_the_others_and_the_first_is_thrown_at_the_end)
{
    const auto failing = [this](const char* message, support::duration time) {
        return [this, message, time]() -> task<> {
            co_await clock().sleep_for(time);
            throw std::runtime_error(message);
        };
    };
    const auto start = clock().now();
    try
    {
        run(support::run_all({failing("second", 2s), failing("first", 1s), job(3, 5s), job(4, 1s)}, 2));
        FAIL() << "nothing was thrown";
    }
    catch (const std::runtime_error& e)
    {
        EXPECT_STREQ(e.what(), "first");
    }
    EXPECT_EQ(ended, (std::vector{4, 3}));
    EXPECT_EQ(clock().now() - start, 6s);
}

TEST_F(parallel, cancelling_ends_the_running_jobs_and_begins_no_other)
{
    const auto cancel = spawn(run_and_note({job(1, 5s), job(2, 5s), job(3, 5s)}, 2));
    advance(1s);
    cancel();
    step();
    EXPECT_FALSE(returned);
    EXPECT_EQ(began, (std::vector{1, 2}));
    EXPECT_TRUE(ended.empty());
}

TEST_F(parallel, cancelled_it_does_not_return_although_the_jobs_swallow_it)
{
    // A job that turns every failure into a value. The value that it should have produced is missing.
    const auto swallowing = [this]() -> task<> {
        try
        {
            co_await clock().sleep_for(5s);
        }
        catch (const boost::system::system_error&)
        {}
    };
    const auto cancel = spawn(run_and_note({swallowing, swallowing, job(3, 5s)}, 2));
    advance(1s);
    cancel();
    step();
    EXPECT_FALSE(returned);
    EXPECT_TRUE(began.empty());
}

TEST_F(parallel, what_a_job_captured_lives_until_it_has_ended)
{
    const auto witness = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = witness;
    std::vector<long> holders;
    jobs all;
    all.push_back([this, &holders, witness]() -> task<> {
        co_await clock().sleep_for(1s);
        holders.push_back(witness.use_count());
    });
    spawn(run_and_note(std::move(all), 1));
    all.clear();
    advance(1s);
    EXPECT_EQ(holders, (std::vector<long>{2}));
    EXPECT_EQ(watched.use_count(), 1);
}

}  // namespace
