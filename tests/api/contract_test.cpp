// openapi.yaml against what is served.
#include "api/codes.hpp"
#include "api/files.hpp"
#include "api/routes.hpp"
#include "kube/yaml_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>
#include <set>

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json contract()
{
    return kube::yaml_to_json(std::string(api::openapi_yaml)).value();
}

std::string upper(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

TEST(contract, has_each_route_and_no_other)
{
    std::set<api::operation> served;
    for (const auto& [path, item] : contract()["paths"].items())
    {
        const auto asked = std::regex_replace(path, std::regex(R"(\{\w+\})"), "x");
        for (const auto& [method, operation] : item.items())
        {
            if (method == "parameters")
            {
                continue;
            }
            const auto route = api::find_route(upper(method), asked);
            ASSERT_TRUE(route) << method << " " << path;
            EXPECT_EQ(operation.contains("security"), api::is_public(route->operation)) << path;
            served.insert(route->operation);
        }
        EXPECT_EQ(api::find_route("PATCH", asked).error().status, 405) << path;
    }
    EXPECT_EQ(served.size(), static_cast<std::size_t>(api::operation::read_documentation) + 1);
}

TEST(contract, has_the_status_of_each_reason)
{
    const json post = contract()["paths"]["/v1/certificates/{certificate_id}/bindings"]["post"];
    for (std::size_t i = 0; i < binding::reason_count; ++i)
    {
        const int status = api::http_status_of(static_cast<binding::reason>(i));
        const bool of_deletion = status == 202;
        EXPECT_EQ(post["responses"].contains(std::to_string(status)), !of_deletion) << status;
    }
}

TEST(contract, says_what_each_call_can_answer)
{
    for (const auto& [path, item] : contract()["paths"].items())
    {
        for (const auto& [method, operation] : item.items())
        {
            if (method == "parameters" || operation.contains("security"))
            {
                continue;
            }
            for (const char* status : {"400", "401", "403", "404", "429", "500", "503"})
            {
                EXPECT_TRUE(operation["responses"].contains(status))
                    << method << " " << path << " " << status;
            }
        }
    }
}

TEST(contract, says_what_the_server_refuses_anywhere)
{
    for (const auto& [path, item] : contract()["paths"].items())
    {
        for (const auto& [method, operation] : item.items())
        {
            if (method == "parameters")
            {
                continue;
            }
            for (const char* status : {"400", "405", "408", "413", "417", "431", "501", "503"})
            {
                EXPECT_TRUE(operation["responses"].contains(status))
                    << method << " " << path << " " << status;
            }
        }
    }
}

TEST(documentation, needs_nothing_from_elsewhere)
{
    const std::string page(api::docs_html);
    EXPECT_THAT(page, HasSubstr("openapi.json"));
    EXPECT_THAT(page, Not(HasSubstr("http://")));
    EXPECT_THAT(page, Not(HasSubstr("https://")));
    EXPECT_THAT(page, Not(HasSubstr("src=")));
    EXPECT_THAT(page, Not(HasSubstr("innerHTML")));
}

}  // namespace
