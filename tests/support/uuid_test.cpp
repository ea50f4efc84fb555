#include "support/uuid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

using support::uuid;

namespace {

TEST(uuid, is_read_in_either_case_and_written_in_lower_case)
{
    EXPECT_EQ(
        uuid::parse("550e8400-e29b-41d4-a716-446655440001")->str(), "550e8400-e29b-41d4-a716-446655440001"
    );
    EXPECT_EQ(
        uuid::parse("550E8400-E29B-41D4-A716-44665544ABCF")->str(), "550e8400-e29b-41d4-a716-44665544abcf"
    );
    EXPECT_EQ(
        uuid::parse("ffffffff-ffff-ffff-ffff-ffffffffffff")->str(), "ffffffff-ffff-ffff-ffff-ffffffffffff"
    );
}

TEST(uuid, anything_else_is_none)
{
    for (const std::string_view text :
         {"",
          "550e8400-e29b-41d4-a716-44665544000",
          "550e8400-e29b-41d4-a716-4466554400011",
          "550e8400e29b41d4a716446655440001",
          "550e8400e29b41d4a716446655440001----",
          "550e8400-e29b-41d4-a716_446655440001",
          "550e840-0e29b-41d4-a716-446655440001",
          "{50e8400-e29b-41d4-a716-44665544000}",
          "550e8400-e29b-41d4-a716-44665544000g",
          "550e8400-e29b-41d4-a716-44665544000 ",
          "550e8400-e29b-41d4-a716-4466554400\xc3\xa9",
          "55-e8400-e29b-41d4-a716-446655440001"})
    {
        EXPECT_EQ(uuid::parse(text), std::nullopt) << text;
    }
}

TEST(uuid, the_default_is_nil)
{
    EXPECT_TRUE(uuid().is_nil());
    EXPECT_EQ(uuid().str(), "00000000-0000-0000-0000-000000000000");
    EXPECT_EQ(uuid::parse("00000000-0000-0000-0000-000000000000"), uuid());
    EXPECT_FALSE(uuid::parse("00000000-0000-0000-0000-000000000001")->is_nil());
}

TEST(uuid, orders_as_its_text)
{
    std::vector<std::string> texts = {
        "ff0e8400-e29b-41d4-a716-446655440001",
        "00000000-0000-0000-0000-000000000000",
        "550e8400-e29b-41d4-a716-446655440002",
        "550e8400-e29b-41d4-a716-446655440001",
        "7f0e8400-e29b-41d4-a716-446655440001",
        "800e8400-e29b-41d4-a716-446655440001",
    };
    std::vector<uuid> ids;
    for (const auto& text : texts)
    {
        ids.push_back(uuid::parse(text).value());
    }
    std::ranges::sort(ids);
    std::ranges::sort(texts);
    for (std::size_t i = 0; i < ids.size(); ++i)
    {
        EXPECT_EQ(ids[i].str(), texts[i]);
    }
}

TEST(uuid, ids_that_differ_in_one_digit_hash_apart)
{
    std::unordered_set<std::size_t> hashes;
    std::string text = "550e8400-e29b-41d4-a716-446655440001";
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '-')
        {
            std::string other = text;
            other[i] = other[i] == '7' ? '6' : '7';
            hashes.insert(uuid::parse(other)->hash());
        }
    }
    EXPECT_EQ(hashes.size(), 32U);
    EXPECT_EQ(uuid::parse(text)->hash(), uuid::parse(text)->hash());
}

static_assert(sizeof(uuid) == 16);

}  // namespace
