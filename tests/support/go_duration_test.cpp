#include "support/go_duration.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace std::chrono_literals;
using support::duration;
using support::format_go_duration;
using support::parse_go_duration;

namespace {

TEST(go_duration, reads_what_go_writes)
{
    const struct
    {
        std::string_view text;
        duration value;
    } rows[] = {
        {"0", 0s},
        {"0s", 0s},
        {"30s", 30s},
        {"10m", 10min},
        {"1h30m", 90min},
        {"1h30m0s", 90min},
        {"1.5s", 1500ms},
        {".5s", 500ms},
        {"5.s", 5s},
        {"1.5h", 90min},
        {"250ms", 250ms},
        {"100us", 100us},
        {"100µs", 100us},       // U+00B5, which Go writes
        {"100\u03BCs", 100us},  // U+03BC, which Go also reads
        {"17ns", 17ns},
        {"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
        {"2500000h", 2500000h},
    };
    for (const auto& row : rows)
    {
        const auto read = parse_go_duration(row.text);
        ASSERT_TRUE(read.has_value()) << row.text;
        EXPECT_EQ(*read, row.value) << row.text;
    }
}

TEST(go_duration, refuses_anything_else)
{
    for (const std::string_view text :
         {"",      "10",        "s",    ".s",       "-5s",
          "1h-5m", "--5s",      "5 s",  " 5s",      "5s ",
          "5S",    "5d",        "1e3s", "0x5s",     "nans",
          "infs",  "infinitym", "1h30", "2600000h", "99999999999999999999999999h",
          "5s\n"})
    {
        const auto read = parse_go_duration(text);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().code, support::errc::invalid);
    }
}

TEST(go_duration, says_what_was_wrong_and_how_to_write_it)
{
    EXPECT_EQ(
        parse_go_duration("10").error().message, "\"10\" is not a duration; write it as in 30s, 10m or 1h30m"
    );
}

TEST(go_duration, is_written_without_units_that_are_zero)
{
    const struct
    {
        duration value;
        std::string_view text;
    } rows[] = {
        {0s, "0s"},
        {30s, "30s"},
        {10min, "10m"},
        {90min, "1h30m"},
        {24h, "24h"},
        {1h + 1s, "1h1s"},
        {1500ms, "1s500ms"},
        {-90s, "-1m30s"},
        {17ns, "17ns"},
    };
    for (const auto& row : rows)
    {
        EXPECT_EQ(format_go_duration(row.value), row.text);
    }
}

TEST(go_duration, what_is_written_is_read_as_the_same)
{
    for (const duration value :
         {duration(0s), duration(1ns), duration(90min), duration(1h + 2min + 3s + 4ms + 5us + 6ns)})
    {
        EXPECT_EQ(parse_go_duration(format_go_duration(value)), value);
    }
}

}  // namespace
