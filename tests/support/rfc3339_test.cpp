#include "support/rfc3339.hpp"

#include <gtest/gtest.h>

#include <string_view>

using namespace std::chrono_literals;
using support::format_rfc3339;
using support::parse_rfc3339;
using support::wall_time;

namespace {

constexpr wall_time noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h;

TEST(rfc3339, reads_every_form_of_a_time)
{
    const struct
    {
        std::string_view text;
        wall_time time;
    } rows[] = {
        {"2026-11-24T12:00:00Z", noon},
        {"2026-11-24t12:00:00z", noon},
        {"2026-11-24 12:00:00Z", noon},
        {"2026-11-24T12:00:00.999999Z", noon},
        {"2026-11-24T12:00:00.1Z", noon},
        {"2026-11-24T14:00:00+02:00", noon},
        {"2026-11-24T06:30:00-05:30", noon},
        {"2026-11-25T01:00:00+13:00", noon},
        {"2026-11-24T12:00:00+00:00", noon},
        {"2026-11-24T12:00:00-00:00", noon},
        {"2026-11-24T12:00:00", noon},         // the form of OpenStack
        {"2026-11-24T12:00:00.123456", noon},  // the form of OpenStack
        {"2026-11-24T11:59:60Z", noon},        // a leap second
        {"2028-02-29T00:00:00Z", std::chrono::sys_days(std::chrono::year(2028) / 2 / 29)},
        {"1969-12-31T23:59:59Z", wall_time(-1s)},
        {"0001-01-01T00:00:00Z", std::chrono::sys_days(std::chrono::year(1) / 1 / 1)},
        {"9999-12-31T23:59:59Z", std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - 1s},
    };
    for (const auto& row : rows)
    {
        const auto time = parse_rfc3339(row.text);
        ASSERT_TRUE(time.has_value()) << row.text;
        EXPECT_EQ(*time, row.time) << row.text;
    }
}

TEST(rfc3339, anything_else_is_no_time)
{
    for (const std::string_view text :
         {"",
          "2026",
          "2026-11-24",
          "2026-11-24T12:00Z",
          "2026-11-24T12:00:0Z",
          "2026-11-24T12:00:00.Z",
          "2026-11-24T12:00:00ZZ",
          "2026-11-24T12:00:00Z ",
          " 2026-11-24T12:00:00Z",
          "2026-11-24X12:00:00Z",
          "2026/11/24T12:00:00Z",
          "2026-11-24T12-00-00Z",
          "2026-00-24T12:00:00Z",
          "2026-13-24T12:00:00Z",
          "2026-11-00T12:00:00Z",
          "2026-11-31T12:00:00Z",
          "2027-02-29T12:00:00Z",
          "2026-11-24T24:00:00Z",
          "2026-11-24T12:60:00Z",
          "2026-11-24T12:00:61Z",
          "2026-11-24T12:00:00+0200",
          "2026-11-24T12:00:00+2:00",
          "2026-11-24T12:00:00+24:00",
          "2026-11-24T12:00:00+00:60",
          "2026-11-24T12:00:00+",
          "2026-11-24T12:00:00 UTC",
          "+026-11-24T12:00:00Z",
          "2026-1\xd9\xa1-24T12:00:00Z"})
    {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
}

TEST(rfc3339, is_written_in_utc_and_whole_seconds)
{
    EXPECT_EQ(format_rfc3339(noon), "2026-11-24T12:00:00Z");
    EXPECT_EQ(format_rfc3339(noon + 9h + 8min + 7s), "2026-11-24T21:08:07Z");
    EXPECT_EQ(format_rfc3339(wall_time(-1s)), "1969-12-31T23:59:59Z");
    EXPECT_EQ(format_rfc3339(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)), "0001-01-01T00:00:00Z");
}

TEST(rfc3339, what_is_written_is_read_as_the_same)
{
    for (const auto time : {noon, noon - 40000h, noon + 400000h, wall_time(0s), wall_time(-1s)})
    {
        EXPECT_EQ(parse_rfc3339(format_rfc3339(time)), time);
    }
}

}  // namespace
