#include "runtime/watch_liveness.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

constexpr support::time_point t0{1h};

class watch_liveness : public testing::Test
{
protected:
    watch_liveness()
    {
        watch.listed("100");
        watch.opened(t0);
    }

    runtime::watch_liveness watch;
};

TEST_F(watch_liveness, a_server_without_bookmarks_may_be_silent_for_ever)
{
    watch.event_read("101", false, t0 + 1s);
    EXPECT_EQ(watch.dead_at(), std::nullopt);
}

TEST_F(watch_liveness, silence_is_death_once_a_bookmark_was_seen)
{
    watch.event_read("101", true, t0 + 60s);
    EXPECT_EQ(watch.dead_at(), t0 + 210s);
    watch.event_read("102", false, t0 + 100s);
    EXPECT_EQ(watch.dead_at(), t0 + 250s);
    watch.opened(t0 + 300s);
    EXPECT_EQ(watch.dead_at(), t0 + 450s) << "a new watch of the same server sends bookmarks too";
}

TEST_F(watch_liveness, a_write_of_ours_is_seen_within_30_seconds)
{
    watch.wrote(105, t0 + 1s);
    EXPECT_EQ(watch.dead_at(), t0 + 31s);
    watch.event_read("104", false, t0 + 2s);
    EXPECT_EQ(watch.dead_at(), t0 + 31s);
    watch.event_read("105", false, t0 + 3s);
    EXPECT_EQ(watch.dead_at(), std::nullopt);
}

TEST_F(watch_liveness, a_write_that_the_watch_has_passed_is_seen)
{
    watch.event_read("110", false, t0);
    watch.wrote(105, t0);
    EXPECT_EQ(watch.dead_at(), std::nullopt);
}

TEST_F(watch_liveness, of_many_writes_the_oldest_counts_and_then_the_newest)
{
    watch.wrote(105, t0);
    watch.wrote(106, t0 + 10s);
    watch.wrote(107, t0 + 20s);
    EXPECT_EQ(watch.dead_at(), t0 + 30s);
    watch.event_read("105", false, t0 + 21s);
    EXPECT_EQ(watch.dead_at(), t0 + 50s);
    watch.event_read("107", false, t0 + 22s);
    EXPECT_EQ(watch.dead_at(), std::nullopt);
}

TEST_F(watch_liveness, a_second_watch_that_lacks_the_same_write_tells_a_lost_event)
{
    watch.wrote(105, t0);
    EXPECT_FALSE(watch.event_lost());
    watch.opened(t0 + 31s);
    EXPECT_EQ(watch.dead_at(), t0 + 61s);
    EXPECT_TRUE(watch.event_lost());
    watch.listed("105");
    EXPECT_FALSE(watch.event_lost());
    EXPECT_EQ(watch.dead_at(), std::nullopt);
}

TEST_F(watch_liveness, a_watch_that_shows_the_write_late_has_lost_nothing)
{
    watch.wrote(105, t0);
    watch.opened(t0 + 31s);
    watch.event_read("105", false, t0 + 32s);
    EXPECT_FALSE(watch.event_lost());
    watch.wrote(106, t0 + 40s);
    EXPECT_FALSE(watch.event_lost());
}

TEST_F(watch_liveness, names_what_is_missing)
{
    watch.event_read("101", true, t0);
    EXPECT_EQ(watch.reason(), "the server has sent nothing for 150 s, not even a bookmark");
    watch.wrote(105, t0 + 1s);
    EXPECT_EQ(watch.reason(), "the server has not sent a change of ours within 30 s");
    watch.wrote(106, t0 + 140s);
    watch.event_read("105", false, t0 + 2s);
    EXPECT_EQ(watch.dead_at(), t0 + 152s);
    EXPECT_EQ(watch.reason(), "the server has sent nothing for 150 s, not even a bookmark");
}

}  // namespace
