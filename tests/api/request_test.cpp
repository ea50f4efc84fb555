#include "api/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto certificate = "550e8400-e29b-41d4-a716-446655440001";
constexpr auto other = "550e8400-e29b-41d4-a716-446655440002";

class request : public testing::Test
{
protected:
    api::result<api::parameters> read(
        const std::string& query = {}, const std::vector<net::header>& headers = {}
    )
    {
        net::server_request asked;
        asked.query = query;
        asked.headers = headers;
        return api::read_parameters({operation, ids}, asked, defaults);
    }

    std::string refused(const std::string& query, const std::vector<net::header>& headers = {})
    {
        const auto parameters = read(query, headers);
        if (parameters)
        {
            return "taken";
        }
        EXPECT_EQ(parameters.error().status, 400);
        EXPECT_NE(parameters.error().details, "");
        return parameters.error().message;
    }

    api::operation operation = api::operation::list_bindings;
    std::vector<std::string> ids{certificate};
    api::defaults defaults{"shop", "sao1"};
};

TEST_F(request, has_defaults)
{
    const auto parameters = read();
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->certificate_id.str(), certificate);
    EXPECT_EQ(parameters->name_space, "shop");
    EXPECT_EQ(parameters->region, "sao1");
    EXPECT_EQ(parameters->limit, 20U);
    EXPECT_FALSE(parameters->marker);
}

TEST_F(request, names_region_and_namespace)
{
    const auto parameters = read({}, {{"x-region", "RegionOne"}, {"X-NAMESPACE", "blog"}});
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->region, "RegionOne");
    EXPECT_EQ(parameters->name_space, "blog");
}

TEST_F(request, without_region_or_namespace_is_refused_if_there_is_no_default)
{
    defaults = {};
    EXPECT_THAT(refused({}, {{"X-Namespace", "shop"}}), HasSubstr("X-Region"));
    EXPECT_THAT(refused({}, {{"X-Region", "sao1"}}), HasSubstr("X-Namespace"));
}

TEST_F(request, with_a_malformed_region_or_namespace_is_refused)
{
    for (const std::string& region : std::vector<std::string>{
             "a b", "-a", "a,spec.certificateId!=b", "a=b", "\xff", std::string(65, 'a')
         })
    {
        EXPECT_THAT(refused({}, {{"X-Region", region}}), HasSubstr("X-Region"));
    }
    for (const std::string& name :
         std::vector<std::string>{"Shop", "a/b", "..", "a.b", "-a", std::string(64, 'a')})
    {
        EXPECT_THAT(refused({}, {{"X-Namespace", name}}), HasSubstr("X-Namespace"));
    }
    EXPECT_THAT(refused({}, {{"X-Region", ""}}), HasSubstr("is not a region")) << "it is there, and empty";
    EXPECT_THAT(refused({}, {{"X-Namespace", ""}}), HasSubstr("is not the name"));
    EXPECT_THAT(refused({}, {{"X-Region", "a"}, {"x-region", "b"}}), HasSubstr("twice"));
}

TEST_F(request, takes_a_uuid_of_either_case_and_nothing_else)
{
    ids = {"550E8400-E29B-41D4-A716-446655440001"};
    EXPECT_EQ(read()->certificate_id.str(), certificate);
    for (const char* id : {"1", "550e8400e29b41d4a716446655440001", "{550e8400-e29b-41d4-a716-446655440001}"})
    {
        ids = {id};
        EXPECT_THAT(refused({}), AllOf(HasSubstr("certificate_id"), HasSubstr("is not a UUID")));
    }
    ids = {certificate, "x"};
    operation = api::operation::read_binding;
    EXPECT_THAT(refused({}), HasSubstr("binding_id"));
    operation = api::operation::list_listener_certificates;
    EXPECT_THAT(refused({}), HasSubstr("listener_id"));
    ids = {"x", certificate};
    EXPECT_THAT(refused({}), HasSubstr("load_balancer_id"));
}

TEST_F(request, has_pages)
{
    const auto parameters = read("limit=1000&marker=" + std::string(other));
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->limit, 1000U);
    EXPECT_EQ(parameters->marker->str(), other);
    for (const char* limit : {"0", "1001", "-1", "1.5", "", "x", "99999999999999999999999", "+1", "1%20"})
    {
        EXPECT_THAT(refused(std::string("limit=") + limit), HasSubstr("limit"));
    }
    EXPECT_THAT(refused("marker=abc"), HasSubstr("marker"));
    EXPECT_THAT(refused("limit=1&limit=2"), HasSubstr("twice"));
    EXPECT_THAT(refused("page=2"), HasSubstr("page"));
    EXPECT_THAT(refused("wait=1"), HasSubstr("wait")) << "of a list";
}

TEST_F(request, says_how_long_it_waits)
{
    operation = api::operation::create_binding;
    EXPECT_FALSE(read()->wait);
    EXPECT_EQ(read("wait=0")->wait, 0s);
    EXPECT_EQ(read("wait=300")->wait, 300s);
    EXPECT_THAT(refused("wait=301"), HasSubstr("0 to 300"));
    EXPECT_THAT(refused("limit=1"), HasSubstr("limit"));
}

TEST(token, is_that_of_the_scheme_bearer)
{
    EXPECT_EQ(api::read_token({{"authorization", "bearer abc.def"}})->reveal(), "abc.def");
    EXPECT_EQ(api::read_token({{"Authorization", "Bearer  abc"}})->reveal(), "abc");
    for (const char* value :
         {"", "Bearer", "Bearer ", "Bearer a b", "Basic abc", "Bearer a\x7f", "Bearer\tabc"})
    {
        const auto token = api::read_token({{"Authorization", value}});
        ASSERT_FALSE(token) << value;
        EXPECT_EQ(token.error().status, 401);
        EXPECT_THAT(token.error().message, testing::Not(HasSubstr("abc")));
    }
    EXPECT_EQ(api::read_token({}).error().status, 401);
    EXPECT_EQ(api::read_token({{"X-Api-Key", "id:secret"}}).error().status, 401);
    EXPECT_FALSE(api::read_token({{"Authorization", "Bearer a"}, {"authorization", "Bearer b"}}));
}

}  // namespace
