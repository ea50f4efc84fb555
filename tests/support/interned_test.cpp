#include "support/interned.hpp"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

using support::interned;

namespace {

TEST(interned, equal_texts_are_kept_once)
{
    const auto before = interned::kept();
    const interned one("sao1");
    const interned same(std::string("sa") + "o1");
    const interned other("eu-de.1");
    EXPECT_EQ(one, same);
    EXPECT_EQ(one.view().data(), same.view().data());
    EXPECT_NE(one, other);
    EXPECT_EQ(interned::kept(), before + 2);
    EXPECT_EQ(sizeof(interned), 4U);
}

TEST(interned, goes_with_its_last_holder)
{
    const auto before = interned::kept();
    {
        const interned one("a text that is too long for the inside of a string");
        {
            const interned copy = one;
            EXPECT_EQ(interned::kept(), before + 1);
        }
        EXPECT_EQ(one.view(), "a text that is too long for the inside of a string");
    }
    EXPECT_EQ(interned::kept(), before);
}

TEST(interned, the_empty_text_is_kept_nowhere)
{
    const auto before = interned::kept();
    const interned none;
    const interned empty("");
    EXPECT_EQ(none, empty);
    EXPECT_TRUE(empty.empty());
    EXPECT_EQ(empty.view(), "");
    EXPECT_EQ(empty.str(), "");
    EXPECT_EQ(interned::kept(), before);
}

TEST(interned, copies_moves_and_assignments_count_holders)
{
    const auto before = interned::kept();
    {
        interned a("a");
        interned b("b");
        interned moved = std::move(a);
        EXPECT_TRUE(a.empty());
        EXPECT_EQ(moved.view(), "a");
        b = moved;
        EXPECT_EQ(interned::kept(), before + 1) << "\"b\" has no holder any more";
        EXPECT_EQ(b, moved);
        b = *&b;
        EXPECT_EQ(b.view(), "a");
        moved = interned();
        EXPECT_EQ(b.view(), "a");
        b = std::move(moved);
        EXPECT_EQ(interned::kept(), before);
    }
    EXPECT_EQ(interned::kept(), before);
}

TEST(interned, a_view_of_a_short_text_holds_while_others_come)
{
    const interned one("sao1");
    const std::string_view seen = one.view();
    std::vector<interned> others;
    for (int i = 0; i < 5000; ++i)
    {
        others.emplace_back(std::to_string(i));
    }
    EXPECT_EQ(seen, "sao1");
    EXPECT_EQ(one.view().data(), seen.data());
}

TEST(interned, orders_by_text)
{
    EXPECT_LT(interned("a"), interned("b"));
    EXPECT_LT(interned(), interned("a"));
    EXPECT_GT(interned("ab"), interned("a"));
}

TEST(interned, holders_stay_true_while_thousands_come_and_go)
{
    const auto before = interned::kept();
    std::vector<interned> texts;
    for (int i = 0; i < 5000; ++i)
    {
        texts.emplace_back("text " + std::to_string(i));
    }
    for (std::size_t i = 0; i < texts.size(); i += 2)
    {
        texts[i] = interned("shared");
    }
    EXPECT_EQ(interned::kept(), before + 2501);
    EXPECT_EQ(texts[4999].view(), "text 4999");
    EXPECT_EQ(std::unordered_set<interned>(texts.begin(), texts.end()).size(), 2501U);
    texts.clear();
    EXPECT_EQ(interned::kept(), before);
}

TEST(interned, a_text_with_a_zero_byte_is_a_text_of_its_own)
{
    using namespace std::string_view_literals;
    EXPECT_NE(interned("a\0b"sv), interned("a"));
    EXPECT_EQ(interned("a\0b"sv).view().size(), 3U);
}

}  // namespace
