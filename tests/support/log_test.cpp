#include "support/log.hpp"

#include "support/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

using support::log_format;
using support::log_level;
using testing::HasSubstr;
using testing::MatchesRegex;

namespace {

class log : public testing::Test
{
protected:
    ~log() override { support::set_log(log_level::info, log_format::text); }

    // The only line of the log, as JSON.
    nlohmann::json entry() const
    {
        const auto line = capture.text();
        EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
        return nlohmann::json::parse(line, nullptr, false);
    }

    support::log_capture capture;
};

constexpr std::string_view hostile =
    "one\r\n2026-11-24T11:51:31.000Z error forged \x1b[31mred\x07 \xff\xe2\x80\xa8 end";

TEST_F(log, a_text_line_is_time_level_message_fields)
{
    support::log(log_level::info, "certificate attached", {{"binding", "shop/web"}, {"sni", "true"}});
    EXPECT_THAT(
        capture.text(),
        MatchesRegex(
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z info certificate attached "
            "binding=shop/web sni=true\n"
        )
    );
}

TEST_F(log, text_values_are_quoted_where_they_are_not_one_plain_word)
{
    support::log(
        log_level::info,
        "m",
        {{"a", "two words"}, {"b", ""}, {"c", "say \"no\""}, {"d", "x=y"}, {"e", "plain"}}
    );
    EXPECT_THAT(capture.text(), HasSubstr(R"(m a="two words" b="" c="say \"no\"" d="x=y" e=plain)"));
}

TEST_F(log, a_json_line_is_one_object)
{
    support::set_log(log_level::info, log_format::json);
    support::log(log_level::warn, "say \"no\"", {{"binding", "shop/web"}, {"back\\slash", "\\"}});
    const auto json = entry();
    ASSERT_TRUE(json.is_object()) << capture.text();
    EXPECT_EQ(json.at("level"), "warning");
    EXPECT_EQ(json.at("message"), "say \"no\"");
    EXPECT_EQ(json.at("binding"), "shop/web");
    EXPECT_EQ(json.at("back\\slash"), "\\");
    EXPECT_THAT(
        json.at("time").get<std::string>(),
        MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z")
    );
}

TEST_F(log, nobody_can_write_a_second_line_into_a_text_log)
{
    support::log(log_level::info, hostile, {{"error", std::string(hostile)}});
    const auto line = capture.text();
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_EQ(line.find_first_of("\r\x1b\x07\xff"), std::string::npos);
    EXPECT_EQ(line.find("\xe2\x80\xa8"), std::string::npos) << "a line separator of Unicode";
}

TEST_F(log, nobody_can_write_a_second_line_into_a_json_log)
{
    support::set_log(log_level::info, log_format::json);
    support::log(log_level::info, hostile, {{"error", std::string(hostile)}});
    const auto json = entry();
    ASSERT_TRUE(json.is_object()) << capture.text();
    EXPECT_EQ(json.at("message"), support::clean(hostile));
    EXPECT_EQ(json.at("error"), support::clean(hostile));
}

TEST_F(log, patterns_in_texts_are_only_texts)
{
    support::log(log_level::info, "100%v {} {0} %", {{"field", "%v{}"}});
    EXPECT_THAT(capture.text(), HasSubstr("100%v {} {0} % field=%v{}\n"));
}

TEST_F(log, values_and_messages_are_cut)
{
    support::log(log_level::info, std::string(100'000, 'm'), {{"field", std::string(100'000, 'v')}});
    EXPECT_LT(capture.text().size(), 2200U);
    EXPECT_THAT(capture.text(), HasSubstr("mmm... field=vvv"));
}

TEST_F(log, entries_below_the_level_are_not_written)
{
    const log_level levels[] = {log_level::debug, log_level::info, log_level::warn, log_level::error};
    for (const log_level least : levels)
    {
        support::set_log(least, log_format::text);
        for (const log_level level : levels)
        {
            const auto before = capture.text().size();
            support::log(level, "entry");
            EXPECT_EQ(capture.text().size() > before, level >= least);
            EXPECT_EQ(support::log_enabled(level), level >= least);
        }
    }
}

TEST_F(log, names_of_levels_and_formats)
{
    EXPECT_EQ(support::parse_log_level("debug"), log_level::debug);
    EXPECT_EQ(support::parse_log_level("info"), log_level::info);
    EXPECT_EQ(support::parse_log_level("warn"), log_level::warn);
    EXPECT_EQ(support::parse_log_level("error"), log_level::error);
    EXPECT_EQ(
        support::parse_log_level("INFO").error().message,
        "log level \"INFO\" is not known; use debug, info, warn or error"
    );
    EXPECT_EQ(support::parse_log_format("json"), log_format::json);
    EXPECT_EQ(support::parse_log_format("text"), log_format::text);
    EXPECT_EQ(
        support::parse_log_format("xml").error().message, "log format \"xml\" is not known; use json or text"
    );
}

}  // namespace
