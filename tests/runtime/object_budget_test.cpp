#include "runtime/object_budget.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

class watcher final : public runtime::object_budget::holder
{
public:
    explicit watcher(bool waits = false) : waits_(waits) {}

    bool awaited() const override { return waits_; }
    void give_up() override { ++given_up; }

    int given_up = 0;

private:
    bool waits_;
};

TEST(object_budget, gives_as_many_places_as_there_are)
{
    runtime::object_budget budget({.open_watches = 2, .reads_at_once = 1});
    watcher a;
    watcher b;
    watcher c;
    EXPECT_TRUE(budget.take_free(a));
    EXPECT_TRUE(budget.take_free(b));
    EXPECT_FALSE(budget.take_free(c));
    budget.release(c);
    EXPECT_EQ(budget.open_watches(), 2U);
    budget.release(a);
    EXPECT_TRUE(budget.take_free(c));
    EXPECT_EQ(a.given_up + b.given_up, 0);
}

TEST(object_budget, takes_the_place_of_the_object_that_has_been_unchanged_for_longest)
{
    runtime::object_budget budget({.open_watches = 2, .reads_at_once = 1});
    watcher a;
    watcher b;
    watcher c;
    ASSERT_TRUE(budget.take_free(a));
    ASSERT_TRUE(budget.take_free(b));
    budget.changed(a);
    EXPECT_TRUE(budget.take(c));
    EXPECT_EQ(b.given_up, 1);
    EXPECT_EQ(a.given_up, 0);
    EXPECT_EQ(budget.open_watches(), 2U);
    budget.release(b);
    EXPECT_EQ(budget.open_watches(), 2U) << "b had no place any more";
}

TEST(object_budget, leaves_those_for_whose_object_somebody_waits)
{
    runtime::object_budget budget({.open_watches = 2, .reads_at_once = 1});
    watcher a(true);
    watcher b;
    watcher c(true);
    ASSERT_TRUE(budget.take_free(a));
    ASSERT_TRUE(budget.take_free(b));
    EXPECT_TRUE(budget.take(c));
    EXPECT_EQ(b.given_up, 1);
    EXPECT_FALSE(budget.take(b));
    EXPECT_EQ(a.given_up + c.given_up, 0);
}

TEST(object_budget, a_crowd_reads_ten_objects_a_second_at_most)
{
    runtime::object_budget budget;
    budget.joined();
    EXPECT_EQ(budget.pause_of_awaited(10min), 30s);
    for (int i = 1; i < 1000; ++i)
    {
        budget.joined();
    }
    EXPECT_EQ(budget.pause_of_awaited(10min), 100s);
    EXPECT_EQ(budget.pause_of_awaited(1min), 1min);
    for (int i = 1; i < 1000; ++i)
    {
        budget.left();
    }
    EXPECT_EQ(budget.pause_of_awaited(10min), 30s);
}

}  // namespace
