#include "support/loop_lag.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto between = support::between_samples_of_lag;

class loop_lag : public test::loop
{
protected:
    void SetUp() override
    {
        cancel =
            spawn(support::watch_loop_lag(clock(), [this](support::duration late) { seen.push_back(late); }));
        step();
    }

    void TearDown() override
    {
        cancel();
        loop::TearDown();
    }

    // The thread is busy: the clock goes on, and nothing runs meanwhile.
    void block(support::duration span)
    {
        clock().set(clock().now() + span);
        step();
    }

    std::vector<support::duration> seen;
    std::function<void()> cancel;
};

TEST_F(loop_lag, is_none_where_everything_runs_at_its_time)
{
    advance(3 * between);
    EXPECT_THAT(seen, ElementsAre(0ms, 0ms, 0ms));
}

TEST_F(loop_lag, is_how_late_a_sample_runs)
{
    block(between + 40ms);
    EXPECT_THAT(seen, ElementsAre(40ms));
}

TEST_F(loop_lag, of_one_long_handler_is_seen_once)
{
    block(10 * between);
    advance(between);
    EXPECT_THAT(seen, ElementsAre(9 * between, 0ms)) << "the missed samples do not pile up";
}

}  // namespace
