#include "api/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto listener = "550e8400-e29b-41d4-a716-446655440002";

api::result<api::new_binding> read(const std::string& body, const std::string& type = "application/json")
{
    net::server_request request;
    request.headers = {{"Content-Type", type}};
    request.body = body;
    return api::read_body(request);
}

std::string with(const std::string& more)
{
    return R"({"resource_type": "octavia:listener", "resource_id": ")" + std::string(listener) + "\"" + more +
           "}";
}

std::string refused(const std::string& body, const std::string& type = "application/json")
{
    const auto wanted = read(body, type);
    if (wanted)
    {
        return "taken";
    }
    EXPECT_EQ(wanted.error().status, 400);
    EXPECT_NE(wanted.error().details, "");
    return wanted.error().message;
}

TEST(body, has_a_listener_and_options)
{
    const auto plain = read(with(""));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->resource_id.str(), listener);
    EXPECT_FALSE(plain->sni);
    EXPECT_FALSE(read(with(R"(, "options": {})"))->sni);
    EXPECT_FALSE(read(with(R"(, "options": {"sni": false})"))->sni);
    EXPECT_TRUE(read(with(R"(, "options": {"sni": true})"))->sni);
}

TEST(body, is_json_by_its_type)
{
    EXPECT_TRUE(read(with(""), "application/json; charset=UTF-8"));
    EXPECT_TRUE(read(with(""), "Application/JSON"));
    for (const char* type :
         {"",
          "text/plain",
          "application/x-www-form-urlencoded",
          "application/jsonx",
          "application/json; charset=latin1"})
    {
        EXPECT_THAT(refused(with(""), type), StartsWith("Content-Type: "));
    }
}

TEST(body, has_one_type)
{
    net::server_request request;
    request.body = with("");
    request.headers = {{"Content-Type", "application/json"}, {"content-type", "text/plain"}};
    const auto twice = api::read_body(request);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().status, 400);
    EXPECT_EQ(twice.error().message, "Content-Type: the header is given twice");
    request.headers.clear();
    EXPECT_EQ(api::read_body(request).error().message, "Content-Type: the header is missing");
}

TEST(body, that_is_malformed_is_refused)
{
    for (const char* body : {"", "{", "{}}", "{'a': 1}", R"({"resource_type": NaN})", "\x01", "{\"a\": 1,}"})
    {
        EXPECT_THAT(refused(body), StartsWith("body: it is not JSON at byte ")) << body;
    }
    EXPECT_THAT(refused("{\"resource_type\": \"\xff\"}"), StartsWith("body: it is not UTF-8 at byte "));
    EXPECT_THAT(refused("[]"), HasSubstr("body: it must be an object, not a JSON array"));
    EXPECT_THAT(refused("null"), HasSubstr("not null"));
    EXPECT_THAT(refused(R"({"resource_id": 1e999})"), HasSubstr("too large"));
    EXPECT_THAT(refused(std::string(15000, '[')), StartsWith("body: "));
}

TEST(body, names_the_field_that_is_wrong)
{
    EXPECT_THAT(refused("{}"), StartsWith("resource_type: "));
    EXPECT_THAT(
        refused(R"({"resource_type": 1})"), AllOf(StartsWith("resource_type: "), HasSubstr("a JSON number"))
    );
    EXPECT_THAT(
        refused(R"({"resource_type": "x"})"), StartsWith("resource_type: \"x\" is not octavia:listener")
    );
    EXPECT_THAT(refused(R"({"resource_type": "octavia:listener"})"), StartsWith("resource_id: "));
    EXPECT_THAT(
        refused(R"({"resource_type": "octavia:listener", "resource_id": "x"})"),
        StartsWith("resource_id: \"x\" is not a UUID")
    );
    EXPECT_THAT(refused(with(R"(, "options": null)")), StartsWith("options: "));
    EXPECT_THAT(refused(with(R"(, "options": {"sni": "false"})")), StartsWith("options.sni: "));
    EXPECT_THAT(refused(with(R"(, "options": {"sni": null})")), StartsWith("options.sni: "));
}

TEST(body, with_an_unknown_or_doubled_field_is_refused)
{
    EXPECT_THAT(refused(with(R"(, "sni": true)")), StartsWith("sni: there is no such field"));
    EXPECT_THAT(refused(with(R"(, "options": {"SNI": true})")), StartsWith("options.SNI: "));
    EXPECT_THAT(
        refused(with(R"(, "resource_id": "x")")), StartsWith("resource_id: the field is given twice")
    );
    EXPECT_THAT(
        refused(with(R"(, "options": {"sni": true, "sni": false})")),
        StartsWith("options.sni: the field is given twice")
    );
    EXPECT_TRUE(read(with(R"(, "options": {"sni": true})"))) << "the same key in another object";
}

}  // namespace
