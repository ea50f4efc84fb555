#include "support/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using support::clean;

namespace {

TEST(text, what_is_clean_stays_as_it_is)
{
    for (const std::string_view text :
         {""sv,
          "a"sv,
          "Could not retrieve certificate: ['http://10.0.0.1/v1/containers/x']"sv,
          "ação – 証明書 – 🔒"sv,
          "\"quoted\" 'too' <b>"sv})
    {
        EXPECT_EQ(clean(text), text);
    }
}

TEST(text, controls_and_line_ends_become_one_space)
{
    const struct
    {
        std::string_view text;
        std::string_view cleaned;
    } rows[] = {
        {"a\nb"sv, "a b"},
        {"a\r\nb"sv, "a b"},
        {"a\tb"sv, "a b"},
        {"a \t \n b"sv, "a b"},
        {"  a  b  "sv, "a b"},
        {"\n\n"sv, ""},
        {"a\0b"sv, "a b"},
        {"a\x1b[31mb"sv, "a [31mb"},
        {"a\x7f"
         "b"sv,
         "a b"},
        {"a\xc2\x85"
         "b"sv,
         "a b"},  // U+0085, next line
        {"a\xc2\x9b"
         "b"sv,
         "a b"},                                        // U+009B, begins terminal sequences
        {"a\u2028b"sv, "a b"},                          // line separator
        {"a\u2029b"sv, "a b"},                          // paragraph separator
        {"a\u202e\u202d\u202a\u202b\u202cb"sv, "a b"},  // characters that change the direction of text
        {"a\u2066\u2067\u2068\u2069b"sv, "a b"},
        {"a\u2027b\u202fc\u2065d\u206ae"sv, "a\u2027b\u202fc\u2065d\u206ae"
        },                       // characters next to those ranges
        {"\u00a0"sv, "\u00a0"},  // the first after the C1 controls
    };
    for (const auto& row : rows)
    {
        EXPECT_EQ(clean(row.text), row.cleaned);
    }
}

TEST(text, each_byte_that_is_no_utf_8_becomes_a_question_mark)
{
    const struct
    {
        std::string_view text;
        std::string_view cleaned;
    } rows[] = {
        {"\x80", "?"},  // a continuation without a beginning
        {"\xbf", "?"},
        {"\xc2", "?"},  // cut
        {"\xe2\x82", "??"},
        {"\xf0\x9f\x94", "???"},
        {"\xc2"
         "a",
         "?a"},  // a beginning without a continuation
        {"\xe2\x82"
         "a",
         "??a"},
        {"\xc0\xaf", "??"},  // overlong
        {"\xc1\xbf", "??"},
        {"\xe0\x9f\xbf", "???"},
        {"\xf0\x8f\xbf\xbf", "????"},
        {"\xed\xa0\x80", "???"},  // half of a surrogate pair
        {"\xed\xbf\xbf", "???"},
        {"\xf4\x90\x80\x80", "????"},  // beyond U+10FFFF
        {"\xf5\x80\x80\x80", "????"},
        {"\xff\xfe", "??"},
        {"\xc2\x80", ""},          // the first of two bytes, a control
        {"\xdf\xbf", "\xdf\xbf"},  // the last of two bytes
        {"\xe0\xa0\x80", "\xe0\xa0\x80"},
        {"\xed\x9f\xbf", "\xed\x9f\xbf"},
        {"\xee\x80\x80", "\xee\x80\x80"},
        {"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    };
    for (const auto& row : rows)
    {
        EXPECT_EQ(clean(row.text), row.cleaned);
    }
}

TEST(text, is_cut_at_the_limit)
{
    const struct
    {
        std::string_view text;
        std::string_view cleaned;
    } rows[] = {
        {"1234567890", "1234567890"},
        {"12345678901", "1234567..."},
        {"1234567890 ", "1234567890"},  // a trailing space that is removed does not count
        {"1234567890 \n ", "1234567890"},
        {"1234567890 1", "1234567..."},
        {"  1234567890", "1234567890"},
        {"123456 8901", "123456..."},
        {"12345\u8a3c901", "12345..."},  // never inside a character
        {"1234\u8a3c8901", "1234\u8a3c..."},
        {"1234567\u8a3c", "1234567\u8a3c"},
    };
    for (const auto& row : rows)
    {
        EXPECT_EQ(clean(row.text, 10), row.cleaned) << row.text;
    }
}

TEST(text, without_a_limit_it_is_cut_at_256)
{
    EXPECT_EQ(clean(std::string(256, 'a')), std::string(256, 'a'));
    EXPECT_EQ(clean(std::string(257, 'a')), std::string(253, 'a') + "...");
}

TEST(text, cleaning_twice_is_cleaning_once)
{
    for (int seed = 0; seed < 256; ++seed)
    {
        std::string text;
        for (int i = 0; i < 64; ++i)
        {
            text += static_cast<char>((seed * 31 + i * i * 7) & 0xFF);
        }
        EXPECT_EQ(clean(clean(text, 40), 40), clean(text, 40));
        EXPECT_LE(clean(text, 40).size(), 40U);
    }
}

TEST(text, parts_are_joined_by_commas)
{
    EXPECT_EQ(support::joined({}), "");
    EXPECT_EQ(support::joined({"a"}), "a");
    EXPECT_EQ(support::joined({"a", "b", "c"}), "a, b, c");
}

TEST(text, is_utf8_or_is_not)
{
    for (const std::string_view text : {""sv, "a"sv, "can\u00e9ry"sv, "\u2027\U0001f512"sv, "a\0b"sv})
    {
        EXPECT_TRUE(support::is_utf8(text)) << text;
    }
    for (const std::string_view text :
         {"can\xe9ry"sv, "\xe9"sv, "a\x80"sv, "\xc0\xaf"sv, "\xed\xa0\x80"sv, "\xf5\x80\x80\x80"sv})
    {
        EXPECT_FALSE(support::is_utf8(text)) << text;
    }
}

}  // namespace
