#include "kube/decoder.hpp"

#include "kube/server_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace {

using support::errc;
using test::list_text;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(decode_list, gives_the_items_as_they_stand_and_the_metadata)
{
    const auto page = kube::decode_list(list_text);
    ASSERT_TRUE(page);
    EXPECT_THAT(
        (*page)->items(),
        ElementsAre(
            R"({"metadata":{"name":"a","resourceVersion":"223"}})",
            R"({"metadata":{"name":"b [}\"]"},"spec":{"list":[1,[2,{"x":null}]]}})"
        )
    );
    EXPECT_EQ((*page)->resource_version(), "226");
    EXPECT_EQ((*page)->continue_token(), "eyJ2Ijoi");
}

TEST(decode_list, the_last_page_has_no_continue_token)
{
    for (const char* text :
         {R"({"metadata":{"continue":"","resourceVersion":"226"},"items":[]})",
          R"({"metadata":{"resourceVersion":"226"},"items":null})"})
    {
        const auto page = kube::decode_list(text);
        ASSERT_TRUE(page) << text;
        EXPECT_THAT((*page)->items(), IsEmpty());
        EXPECT_EQ((*page)->continue_token(), "");
    }
}

TEST(decode_list, escapes_in_metadata_are_read)
{
    const auto page =
        kube::decode_list(R"({"metadata":{"continue":"a\u003db","resource\u0056ersion":"7"},"items":[]})");
    ASSERT_TRUE(page);
    EXPECT_EQ((*page)->continue_token(), "a=b");
    EXPECT_EQ((*page)->resource_version(), "7");
}

TEST(decode_list, a_list_that_is_cut_anywhere_is_no_list)
{
    const auto whole = list_text.size() - 1;  // without the line end
    for (std::size_t length = 0; length < whole; ++length)
    {
        const auto page = kube::decode_list(list_text.substr(0, length));
        ASSERT_FALSE(page) << length;
        EXPECT_EQ(page.error().code, errc::bad_answer);
    }
}

class malformed_list : public testing::TestWithParam<std::pair<const char*, std::string>>
{};

TEST_P(malformed_list, is_a_bad_answer)
{
    const auto page = kube::decode_list(GetParam().second);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, errc::bad_answer);
    EXPECT_EQ(page.error().message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    all,
    malformed_list,
    testing::Values(
        std::pair("empty", ""),
        std::pair("blank", "  \n"),
        std::pair("html", "<html><body>502 Bad Gateway</body></html>"),
        std::pair("array", "[]"),
        std::pair("text", R"("items")"),
        std::pair("no_metadata", R"({"items":[]})"),
        std::pair("no_items", R"({"metadata":{"resourceVersion":"1"}})"),
        std::pair("no_version", R"({"metadata":{},"items":[]})"),
        std::pair("empty_version", R"({"metadata":{"resourceVersion":""},"items":[]})"),
        std::pair("number_as_version", R"({"metadata":{"resourceVersion":1},"items":[]})"),
        std::pair("number_as_continue", R"({"metadata":{"resourceVersion":"1","continue":5},"items":[]})"),
        std::pair("metadata_array", R"({"metadata":["resourceVersion","1"],"items":[]})"),
        std::pair("items_object", R"({"metadata":{"resourceVersion":"1"},"items":{}})"),
        std::pair("item_number", R"({"metadata":{"resourceVersion":"1"},"items":[{},7]})"),
        std::pair("item_closed_as_list", R"({"metadata":{"resourceVersion":"1"},"items":[{"a":1]]})"),
        std::pair("item_null", R"({"metadata":{"resourceVersion":"1"},"items":[null]})"),
        std::pair("something_behind", R"({"metadata":{"resourceVersion":"1"},"items":[]}{})"),
        std::pair("two_lists", list_text + list_text),
        std::pair("not_utf8", "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"a\":\"\xff\"}]}"),
        std::pair("nul", std::string("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[\0]}", 47)),
        std::pair("deep_metadata", R"({"metadata":)" + std::string(100000, '[')),
        std::pair(
            "deep_items", R"({"metadata":{"resourceVersion":"1"},"items":)" + std::string(1000000, '[')
        ),
        std::pair(
            "deep_objects",
            R"({"metadata":{"resourceVersion":"1"},"items":[)" +
                [] {
                    std::string text;
                    for (int i = 0; i < 100000; ++i)
                    {
                        text += R"({"a":)";
                    }
                    return text;
                }()
        )
    ),
    [](const auto& info) { return std::string(info.param.first); }
);

TEST(decode_object, gives_the_object_and_refuses_all_else)
{
    const auto answer = kube::decode_object("{\"kind\":\"X\"}\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->object(), "{\"kind\":\"X\"}\n");
    for (const char* text :
         {"", "[]", "null", "7", "{", R"({"a":1)", "{}{}", "{} x", "<html>", R"({"a":"b})"})
    {
        const auto bad = kube::decode_object(text);
        ASSERT_FALSE(bad) << text;
        EXPECT_EQ(bad.error().code, errc::bad_answer);
    }
}

TEST(identify, finds_what_can_be_found)
{
    const auto identity_of = [](std::string text) {
        text.reserve(text.size() + 64);
        return kube::identify(text);
    };
    const auto whole =
        identity_of(R"({"spec":7,"metadata":{"name":"a","namespace":"shop","resourceVersion":"7","uid":"u"}})"
        );
    EXPECT_EQ(whole.uid, "u");
    EXPECT_EQ(whole.name_space, "shop");
    EXPECT_EQ(whole.name, "a");
    EXPECT_EQ(whole.resource_version, "7");
    EXPECT_EQ(identity_of(R"({"metadata":{"uid":"u"},"spec":[}})").uid, "u");
    for (const char* text : {"", "{}", "[]", R"({"metadata":[]})", R"({"metadata":{"uid":7}})"})
    {
        EXPECT_EQ(identity_of(text).uid, "") << text;
    }
}

}  // namespace
