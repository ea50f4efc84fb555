#include "cloud/bycloud/rate_report.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using cloud::bycloud::rate_report;
using cloud::bycloud::read_rate_report;

constexpr support::wall_time wall = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h;

net::http_response answer(int status, std::vector<net::header> headers)
{
    return {status, std::move(headers), ""};
}

std::string unix_time(support::wall_time at)
{
    return std::to_string(at.time_since_epoch().count());
}

TEST(rate_report, of_the_documented_headers)
{
    const auto read = read_rate_report(
        answer(
            429,
            {{"X-RateLimit-Limit", "60"},
             {"x-ratelimit-remaining", "0"},
             {"X-RateLimit-Reset", unix_time(wall + 30s)},
             {"Retry-After", "30"}}
        ),
        wall
    );
    EXPECT_EQ(read, (rate_report{true, 30s, 60, 0, 30s}));
}

TEST(rate_report, reckons_the_reset_by_the_clock_of_the_cloud)
{
    const auto read = read_rate_report(
        answer(
            200, {{"X-RateLimit-Reset", unix_time(wall + 100s)}, {"Date", "Tue, 24 Nov 2026 12:01:00 GMT"}}
        ),
        wall
    );
    EXPECT_EQ(read.reset_in, 40s);
}

TEST(rate_report, ignores_what_is_missing_or_malformed)
{
    EXPECT_EQ(read_rate_report(answer(200, {}), wall), rate_report{});
    for (const char* bad : {"", "-1", "60 ", "6e1", "99999999999999999999", "sixty"})
    {
        const auto read = read_rate_report(
            answer(
                200,
                {{"X-RateLimit-Limit", bad},
                 {"X-RateLimit-Remaining", bad},
                 {"X-RateLimit-Reset", bad},
                 {"Retry-After", bad}}
            ),
            wall
        );
        EXPECT_EQ(read, rate_report{}) << bad;
    }
}

TEST(rate_report, bounds_what_a_server_may_ask_for)
{
    const auto read = read_rate_report(
        answer(429, {{"Retry-After", "4000000"}, {"X-RateLimit-Reset", unix_time(wall + 24h)}}), wall
    );
    EXPECT_EQ(read.retry_after, 1h);
    EXPECT_EQ(read.reset_in, 2h);
    const auto past = read_rate_report(answer(200, {{"X-RateLimit-Reset", unix_time(wall - 24h)}}), wall);
    EXPECT_EQ(past.reset_in, 0s);
}

}  // namespace
