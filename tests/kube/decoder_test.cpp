#include "kube/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace {

using support::errc;
using testing::ElementsAre;
using testing::IsEmpty;

// ---- lists ----

const std::string list_text =
    R"({"apiVersion":"certificates.bycloud.io/v1alpha1","items":[{"metadata":{"name":"a","resourceVersion":"223"}},)"
    R"({"metadata":{"name":"b [}\"]"},"spec":{"list":[1,[2,{"x":null}]]}}],"kind":"CertificateBindingList",)"
    R"("metadata":{"continue":"eyJ2Ijoi","remainingItemCount":2,"resourceVersion":"226"}})"
    "\n";

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

// ---- errors ----

struct status_case
{
    const char* name;
    int http_status;
    std::string body;
    std::string message;
};

class decode_status : public testing::TestWithParam<status_case>
{};

TEST_P(decode_status, says_what_the_server_said)
{
    const auto error = kube::decode_status(GetParam().http_status, GetParam().body);
    EXPECT_EQ(error.code, errc::status);
    EXPECT_EQ(error.http_status, GetParam().http_status);
    EXPECT_EQ(error.message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    all,
    decode_status,
    testing::Values(
        status_case{
            "conflict",
            409,
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the object has been modified","reason":"Conflict","details":{"name":"a"},"code":409})",
            "409 Conflict: the object has been modified"
        },
        status_case{"without_reason", 500, R"({"kind":"Status","message":"m"})", "500: m"},
        status_case{
            "without_message",
            503,
            R"({"kind":"Status","reason":"ServiceUnavailable"})",
            "503 ServiceUnavailable"
        },
        status_case{"plain_text", 404, "404 page not found\n", "404"},
        status_case{"html", 502, "<html>Bad Gateway</html>", "502"},
        status_case{"empty", 500, "", "500"},
        status_case{"another_kind", 500, R"({"kind":"Pod","message":"m"})", "500"},
        status_case{"cut", 500, R"({"kind":"Status","message":"m)", "500"},
        status_case{"wrong_types", 500, R"({"kind":"Status","message":7,"reason":[]})", "500"},
        status_case{
            "dirty",
            400,
            R"({"kind":"Status","reason":"Bad\nRequest","message":"line one\r\nline\u0000two\u001b[31m"})",
            "400 Bad Request: line one line two [31m"
        },
        status_case{
            "long",
            400,
            R"({"kind":"Status","message":")" + std::string(5000, 'x') + R"("})",
            "400: " + std::string(253, 'x') + "..."
        },
        status_case{"deep", 500, std::string(100000, '['), "500"}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

// ---- watches ----

const std::string watch_text =
    R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"227"},"spec":{"x":"}\n{"}}})"
    "\n"
    R"({"object":{"metadata":{"resourceVersion":"228"}},"type":"MODIFIED"})"
    "\r\n"
    "\n"
    R"({"type":"DELETED","object":{"metadata":{"resourceVersion":"229"}},"other":[1,2]})"
    "\n"
    R"({"type":"BOOKMARK","object":{"kind":"CertificateBinding","metadata":{"resourceVersion":"243"}}})"
    "\n"
    R"X({"type":"ERROR","object":{"kind":"Status","message":"too old resource version: 1 (222)","code":410}})X"
    "\n";

// All events of the decoder, each as "type version error object"; "bad" at the end if the decoder fails.
std::vector<std::string> drain(kube::watch_decoder& decoder)
{
    std::vector<std::string> events;
    for (;;)
    {
        const auto event = decoder.next();
        if (!event)
        {
            EXPECT_EQ(event.error().code, errc::bad_answer);
            events.emplace_back("bad");
            return events;
        }
        if (!*event)
        {
            return events;
        }
        const auto& got = **event;
        events.push_back(
            std::to_string(static_cast<int>(got.type)) + " " + std::string(got.resource_version) + " " +
            std::to_string(got.error_code) + got.error_message + " " + std::string(got.object)
        );
    }
}

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

// The decoders read and write no memory out of bounds, whatever the server sends (run with the address
// sanitizer), and an accepted list keeps its promises. The test is no proof.
TEST(decoders, survive_whatever_a_server_sends)
{
    std::mt19937 random(20261124);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    constexpr std::string_view alphabet =
        "{}[]\",:\\\n\r \0\x80\xff"
        "019-ent\"u";
    const auto mutate = [&](std::string text) {
        for (std::size_t changes = 1 + below(4); changes > 0; --changes)
        {
            const auto at = below(text.size());
            switch (below(4))
            {
                case 0:
                    text[at] = alphabet[below(alphabet.size())];
                    break;
                case 1:
                    text.erase(at, 1 + below(8));
                    break;
                case 2:
                    text.insert(at, text.substr(below(text.size()), below(40)));
                    break;
                default:
                    text.insert(at, 1, alphabet[below(alphabet.size())]);
            }
            text += text.empty() ? " " : "";
        }
        return text;
    };
    std::size_t accepted = 0;
    for (int trial = 0; trial < 20000; ++trial)
    {
        const auto page = kube::decode_list(mutate(list_text));
        if (page)
        {
            ++accepted;
            EXPECT_FALSE((*page)->resource_version().empty());
            for (const auto item : (*page)->items())
            {
                EXPECT_TRUE(item.starts_with('{') && item.ends_with('}')) << item;
                kube::identify(item);
            }
        }
        kube::watch_decoder decoder;
        const std::string text = mutate(watch_text);
        const auto half = below(text.size());
        decoder.feed(std::string_view(text).substr(0, half));
        drain(decoder);
        decoder.feed(std::string_view(text).substr(half));
        drain(decoder);
        kube::decode_status(500, mutate(R"({"kind":"Status","message":"m","reason":"r","code":500})"));
    }
    EXPECT_GT(accepted, 1000U) << "the changes are too rough to test anything";
}

}  // namespace
