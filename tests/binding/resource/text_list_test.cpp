#include "binding/resource/text_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using binding::text_list;

namespace {

std::vector<std::string> texts_of(const text_list& list)
{
    std::vector<std::string> texts;
    list.each([&](std::string_view text) { texts.emplace_back(text); });
    return texts;
}

TEST(text_list, gives_the_texts_in_their_order)
{
    text_list list{"example.com/a", "example.com/b"};
    list.add("c");
    list.add("");
    EXPECT_EQ(texts_of(list), (std::vector<std::string>{"example.com/a", "example.com/b", "c", ""}));
    EXPECT_EQ(list.size(), 4U);
    list.clear();
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.size(), 0U);
    EXPECT_EQ(texts_of(list), std::vector<std::string>());
}

TEST(text_list, contains_whole_texts_alone)
{
    const text_list list{"example.com/a", "b"};
    EXPECT_TRUE(list.contains("example.com/a"));
    EXPECT_TRUE(list.contains("b"));
    for (const auto& other : {"example.com", "a", "example.com/a\nb", ""})
    {
        EXPECT_FALSE(list.contains(other)) << other;
    }
}

TEST(text_list, equal_lists_share_four_bytes)
{
    EXPECT_EQ(text_list({"a", "b"}), text_list({"a", "b"}));
    EXPECT_FALSE(text_list({"a", "b"}) == text_list({"b", "a"}));
    EXPECT_EQ(sizeof(text_list), 4U);
}

TEST(text_list, of_many_texts_keeps_one)
{
    const std::vector<std::string_view> texts(100'000, "x/y");
    const auto before = support::interned::kept();
    const text_list list(texts);
    EXPECT_EQ(list.size(), texts.size());
    EXPECT_EQ(support::interned::kept(), before + 1);
}

}  // namespace
