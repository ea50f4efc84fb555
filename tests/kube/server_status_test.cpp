#include "kube/server_status.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using support::errc;

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

}  // namespace
