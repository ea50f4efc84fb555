#include "support/percent.hpp"

#include <gtest/gtest.h>

namespace {

using support::percent_decode;

TEST(percent, is_decoded_to_bytes)
{
    EXPECT_EQ(percent_decode("a%2Fb%2fc%00%FF"), std::string("a/b/c\0\xff", 7));
    EXPECT_EQ(percent_decode("%25%41"), "%A");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode(""), "");
}

TEST(percent, that_begins_no_byte_is_refused)
{
    for (const char* text : {"%", "a%", "%4", "%zz", "%4z", "%-1", "%%41", "%41%"})
    {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
}

}  // namespace
