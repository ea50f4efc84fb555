#include "support/base64.hpp"

#include <gtest/gtest.h>

namespace {

using support::decode_base64;

// RFC 4648 section 10.
TEST(base64, is_decoded)
{
    EXPECT_EQ(decode_base64(""), "");
    EXPECT_EQ(decode_base64("Zg=="), "f");
    EXPECT_EQ(decode_base64("Zm8="), "fo");
    EXPECT_EQ(decode_base64("Zm9v"), "foo");
    EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
    EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
    EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
    EXPECT_EQ(decode_base64("AP+/+w=="), std::string("\x00\xff\xbf\xfb", 4));
}

TEST(base64, is_encoded)
{
    EXPECT_EQ(support::encode_base64(""), "");
    EXPECT_EQ(support::encode_base64("f"), "Zg==");
    EXPECT_EQ(support::encode_base64("fo"), "Zm8=");
    EXPECT_EQ(support::encode_base64("foo"), "Zm9v");
    EXPECT_EQ(support::encode_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(support::encode_base64(std::string("\x00\xff\xbf\xfb", 4)), "AP+/+w==");
}

TEST(base64, that_is_none_is_refused)
{
    for (const char* text : {"Zg", "Zg=", "Z===", "Zm9v\n", "Zm 9", "Zm9=Zm9v", "Zm9_", "===="})
    {
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
    }
}

}  // namespace
