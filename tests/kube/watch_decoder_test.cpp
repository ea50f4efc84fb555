#include "kube/watch_decoder.hpp"

#include "kube/server_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using test::drain;
using test::watch_text;
using testing::ElementsAre;

std::vector<std::string> whole_watch()
{
    kube::watch_decoder decoder;
    decoder.feed(watch_text);
    return drain(decoder);
}

TEST(watch_decoder, gives_each_event_with_its_object_as_it_stands)
{
    EXPECT_THAT(
        whole_watch(),
        ElementsAre(
            R"(0 227 0 {"metadata":{"name":"a","resourceVersion":"227"},"spec":{"x":"}\n{"}})",
            R"(1 228 0 {"metadata":{"resourceVersion":"228"}})",
            R"(2 229 0 {"metadata":{"resourceVersion":"229"}})",
            R"(3 243 0 {"kind":"CertificateBinding","metadata":{"resourceVersion":"243"}})",
            R"X(4  410too old resource version: 1 (222) {"kind":"Status","message":"too old resource version: 1 (222)","code":410})X"
        )
    );
}

TEST(watch_decoder, gives_the_same_however_the_bytes_come)
{
    const auto expected = whole_watch();
    for (std::size_t piece = 1; piece < watch_text.size(); ++piece)
    {
        kube::watch_decoder decoder;
        std::vector<std::string> events;
        for (std::size_t at = 0; at < watch_text.size(); at += piece)
        {
            decoder.feed(std::string_view(watch_text).substr(at, piece));
            std::ranges::copy(drain(decoder), std::back_inserter(events));
        }
        ASSERT_EQ(events, expected) << piece;
        EXPECT_TRUE(decoder.at_boundary());
    }
}

TEST(watch_decoder, knows_of_every_cut_whether_it_is_between_two_events)
{
    bool between = true;
    for (std::size_t length = 0; length <= watch_text.size(); ++length)
    {
        kube::watch_decoder decoder;
        decoder.feed(std::string_view(watch_text).substr(0, length));
        drain(decoder);
        if (length > 0)
        {
            const char last = watch_text[length - 1];
            between = last == '\n' || (between && last == '\r');
        }
        EXPECT_EQ(decoder.at_boundary(), between) << length;
    }
}

TEST(watch_decoder, a_line_that_is_too_long_is_refused_with_and_without_its_end)
{
    const std::string line = R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})";
    const std::string longer = R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"12"}}})";
    kube::watch_decoder decoder(line.size());
    decoder.feed(line + "\n" + line + "\n");
    EXPECT_EQ(drain(decoder).size(), 2U);
    decoder.feed(longer + "\n");
    EXPECT_THAT(drain(decoder), ElementsAre("bad"));

    kube::watch_decoder endless(line.size());
    endless.feed(longer);
    EXPECT_THAT(drain(endless), ElementsAre("bad"));
}

TEST(watch_decoder, long_streams_need_no_more_memory_than_their_longest_event)
{
    kube::watch_decoder decoder(200);
    const std::string line = R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}})"
                             "\n";
    for (int i = 0; i < 10000; ++i)
    {
        decoder.feed(line);
        ASSERT_EQ(drain(decoder).size(), 1U) << i;
    }
}

class malformed_event : public testing::TestWithParam<std::pair<const char*, std::string>>
{};

TEST_P(malformed_event, is_a_bad_answer)
{
    kube::watch_decoder decoder;
    decoder.feed(GetParam().second + "\n");
    EXPECT_THAT(drain(decoder), ElementsAre("bad"));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    malformed_event,
    testing::Values(
        std::pair("html", "<html>"),
        std::pair("array", "[]"),
        std::pair("empty_object", "{}"),
        std::pair("cut", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}})"),
        std::pair(
            "two_in_a_line",
            R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})"
        ),
        std::pair("garbage_behind", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}} x)"),
        std::pair("no_type", R"({"object":{"metadata":{"resourceVersion":"1"}}})"),
        std::pair("unknown_type", R"({"type":"MOVED","object":{"metadata":{"resourceVersion":"1"}}})"),
        std::pair("lower_case_type", R"({"type":"added","object":{"metadata":{"resourceVersion":"1"}}})"),
        std::pair("number_as_type", R"({"type":1,"object":{"metadata":{"resourceVersion":"1"}}})"),
        std::pair("no_object", R"({"type":"ADDED"})"),
        std::pair("null_object", R"({"type":"ADDED","object":null})"),
        std::pair("text_as_object", R"({"type":"ADDED","object":"{}"})"),
        std::pair("closed_as_list", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}]})"),
        std::pair("no_metadata", R"({"type":"ADDED","object":{"spec":{}}})"),
        std::pair("metadata_array", R"({"type":"ADDED","object":{"metadata":[]}})"),
        std::pair("no_version", R"({"type":"BOOKMARK","object":{"metadata":{}}})"),
        std::pair("empty_version", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":""}}})"),
        std::pair("number_as_version", R"({"type":"ADDED","object":{"metadata":{"resourceVersion":7}}})"),
        std::pair(
            "not_utf8", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"\xc3\x28\"}}}"
        ),
        std::pair("nul", std::string("{\"type\":\"ADDED\",\"object\":{\0}}", 29)),
        std::pair("deep", R"({"type":"ADDED","object":)" + std::string(1000000, '{')),
        std::pair("deep_metadata", R"({"type":"ADDED","object":{"metadata":)" + std::string(100000, '[')),
        std::pair(
            "many_keys",
            "{" +
                [] {
                    std::string text;
                    for (int i = 0; i < 100000; ++i)
                    {
                        text += "\"k" + std::to_string(i) + "\":0,";
                    }
                    return text + "\"k\":0}";
                }()
        )
    ),
    [](const auto& info) { return std::string(info.param.first); }
);

TEST(watch_decoder, an_error_without_a_code_that_makes_sense_has_none)
{
    for (const char* code : {"\"410\"", "-410", "4100000000000000000000", "null", "410.5"})
    {
        kube::watch_decoder decoder;
        decoder.feed(std::string(R"({"type":"ERROR","object":{"message":"m","code":)") + code + "}}\n");
        const auto event = decoder.next();
        ASSERT_TRUE(event && *event) << code;
        EXPECT_EQ((*event)->error_code, 0) << code;
        EXPECT_EQ((*event)->error_message, "m");
    }
}

}  // namespace
