// When a change of a load balancer is looked at, by how long the latest ones took.
#include "binding/observed/change_times.hpp"

#include "binding/gates/gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using binding::change_times;
using support::duration;
using seconds = std::chrono::duration<double>;

// One change as it was followed.
struct followed
{
    duration seen{};  // since Octavia's answer
    int looks = 0;
};

followed follow(change_times& times, duration takes)
{
    followed change;
    duration last{};
    for (;;)
    {
        const duration look = times.next_look(last);
        ++change.looks;
        if (look >= takes)
        {
            times.record(last, look);
            change.seen = look;
            return change;
        }
        last = look;
    }
}

// The requests until the end of the change is seen and the listener was read after it. A look costs a read of
// the load balancer.
int requests_of(change_times times, duration takes)
{
    return follow(times, takes).looks + 1;
}

// The same if load balancer and listener are read at the pace of poll_wait().
int requests_of_polls(duration takes)
{
    int polls = 1;
    for (duration at{}; at < takes; at += binding::poll_wait(polls++))
    {
    }
    return 2 * polls + 1;
}

double late(const followed& change, duration takes)
{
    return seconds(change.seen - takes) / seconds(takes);
}

const std::vector<duration> usual_times{50ms, 200ms, 780ms, 1200ms, 3s, 12s, 60s};

TEST(change_times, a_load_balancer_that_is_not_known_is_looked_at_in_steps_of_a_quarter)
{
    for (const duration takes : {600ms, 780ms, 3000ms, 9000ms})
    {
        change_times times;
        EXPECT_LE(late(follow(times, takes), takes), 0.25) << takes;
    }
    change_times times;
    EXPECT_EQ(times.next_look({}), 2ms);
    EXPECT_EQ(times.next_look(2ms), 10ms);
    EXPECT_EQ(times.next_look(10ms), 110ms);
    EXPECT_EQ(times.next_look(1min), 62s) << "no step is longer than two seconds";
}

TEST(change_times, a_change_that_takes_as_long_as_usual_is_seen_within_a_twentieth_of_that_time)
{
    for (const duration takes : usual_times)
    {
        change_times times;
        for (int i = 0; i < 4; ++i)
        {
            follow(times, takes);
        }
        for (int i = 0; i < 20; ++i)
        {
            const auto change = follow(times, takes);
            EXPECT_LE(change.seen - takes, std::max<duration>(takes / 20, 75ms)) << takes;
            EXPECT_LE(change.looks, 7) << takes;
        }
    }
}

TEST(change_times, changes_that_take_a_fifth_more_or_less_are_seen_early_in_a_few_looks)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> any(0.8, 1.2);
    for (const duration usual : {780ms, 3000ms})
    {
        change_times times;
        double late_in_all = 0;
        int looks = 0;
        constexpr int changes = 200;
        for (int i = 0; i < changes; ++i)
        {
            const auto takes = std::chrono::duration_cast<duration>(usual * any(random));
            const auto change = follow(times, takes);
            late_in_all += late(change, takes);
            looks += change.looks;
        }
        EXPECT_LE(late_in_all / changes, 0.07) << usual;
        EXPECT_LE(looks / changes, 6) << usual;
    }
}

TEST(change_times, two_usual_times_are_both_known)
{
    change_times times;
    for (int i = 0; i < 40; ++i)
    {
        const duration takes = i % 2 == 0 ? 200ms : 1200ms;
        const auto change = follow(times, takes);
        EXPECT_TRUE(i < 6 || change.seen - takes <= 250ms) << i;
    }
}

TEST(change_times, a_load_that_changes_is_followed)
{
    change_times times;
    for (int i = 0; i < 6; ++i)
    {
        follow(times, 3s);
    }
    EXPECT_LE(follow(times, 200ms).seen, 350ms) << "faster at once: looked at on the way";
    for (int i = 0; i < 3; ++i)
    {
        follow(times, 200ms);
    }
    EXPECT_LE(follow(times, 200ms).seen, 250ms);
    EXPECT_LE(follow(times, 3s).seen, 4500ms) << "slower at once: steps grow with the time in addition";
    follow(times, 3s);
    follow(times, 3s);
    EXPECT_LE(follow(times, 3s).seen, 3400ms);
}

TEST(change_times, only_the_latest_four_count)
{
    change_times times;
    follow(times, 60s);
    for (int i = 0; i < 6; ++i)
    {
        follow(times, 200ms);
    }
    EXPECT_LT(times.next_look(1s), 2s) << "the minute is forgotten";
}

TEST(change_times, costs_one_request_more_than_polls_at_most_however_long_the_change_takes)
{
    for (const duration usual : usual_times)
    {
        change_times unknown;
        change_times known;
        change_times of_two;
        for (int i = 0; i < 4; ++i)
        {
            follow(known, usual);
            follow(of_two, i % 2 == 0 ? usual : usual / 4);
        }
        for (duration takes = 50ms; takes < 10min; takes += takes / 20)
        {
            const int most = requests_of_polls(takes) + 1;
            EXPECT_LE(requests_of(unknown, takes), most) << takes;
            EXPECT_LE(requests_of(known, takes), most) << takes << " instead of " << usual;
            EXPECT_LE(requests_of(of_two, takes), most) << takes << " instead of " << usual;
        }
    }
}

TEST(change_times, one_very_long_change_does_not_hide_the_ends_of_those_after_it)
{
    binding::change_times times;
    times.record(599s, 600s);
    support::duration look{};
    while (look < 3s)
    {
        const auto next = times.next_look(look);
        EXPECT_LE(next, std::max<support::duration>(4 * look, look + 2s));
        look = next;
    }
    EXPECT_LE(look, 8s) << "the next change of 3 s is seen";
}

}  // namespace
