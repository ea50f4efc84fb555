#include "app/lag_warning.hpp"

#include "support/log.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(lag_warning, is_written_once_a_minute_where_the_limit_is_reached)
{
    boost::asio::io_context context;
    test::manual_clock clock{context.get_executor()};
    const support::log_capture log;
    app::lag_warning lag(clock, 500ms);
    lag.was_late(499ms);
    EXPECT_THAT(log.text(), IsEmpty());
    lag.was_late(500ms);
    lag.was_late(2s);
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
    EXPECT_THAT(log.text(), HasSubstr("milliseconds=500 left_out=0\n"));
    clock.set(clock.now() + 1min);
    lag.was_late(700ms);
    EXPECT_THAT(log.text(), HasSubstr("milliseconds=700 left_out=1\n"));
}

}  // namespace
