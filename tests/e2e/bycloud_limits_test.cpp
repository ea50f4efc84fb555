// ByCloud with a bearer token, and its rate limits.
#include "e2e/world.hpp"
#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class bycloud_limits : public world
{
protected:
    bycloud_limits()
        : endpoint(sim->call("GET", "endpoints")["bycloud"]),
          key(sim->bycloud().add_credential({.tier = "standard"})),
          at(sim->bycloud().add_listener().id)
    {}

    // The token is that of the controller's own cloud.
    void start_with_token()
    {
        const json entry{{"auth_type", "bycloud"}, {"endpoint", endpoint}, {"token", key.token}};
        const auto file = folder / "bycloud.yaml";
        testbed::write_file(file, json{{"clouds", {{"prod", entry}}}}.dump());
        testbed::world::start_controller(file);
    }

    // Bindings b0, b1, … with a certificate of each its own.
    void bind(int count) const
    {
        std::vector<testbed::wanted> bindings;
        for (int i = 0; i < count; ++i)
        {
            const auto certificate = sim->bycloud().add_certificate({});
            bindings.push_back(
                {.name = "b" + std::to_string(i), .certificate = certificate, .listener = at, .sni = true}
            );
        }
        apply(bindings);
    }

    cloudsim::bycloud_control::usage usage() const { return sim->bycloud().counts().credentials[key.id]; }

    std::string endpoint;
    cloudsim::bycloud_control::credential key;
    std::string at;
};

TEST_F(bycloud_limits, bearer_token_is_enough_to_attach_and_detach)
{
    start_with_token();
    bind(1);
    ASSERT_TRUE(is_active("b0"));
    EXPECT_THAT(sim->bycloud().bindings(at), SizeIs(1));
    remove("b0");
    ASSERT_TRUE(is_gone("b0"));
    EXPECT_THAT(sim->bycloud().bindings(at), SizeIs(0));
    EXPECT_GT(usage().admitted, 3U);
    EXPECT_THAT(controller_log(), Not(HasSubstr(key.token)));
}

// Another client of the credential has used up most of the minute. The headers of the first answer say so.
TEST_F(bycloud_limits, what_another_client_has_used_of_a_standard_credential_is_left_out_of_the_budget)
{
    constexpr int used = 52;
    constexpr int bindings = 8;
    const testbed::bindings_api_client other{endpoint, key.token};
    for (int i = 0; i < used; ++i)
    {
        ASSERT_EQ(other.ask("GET", "/v1/certificates").status, 400) << "counts, though X-Region is missing";
    }
    start_with_token();
    bind(bindings);
    for (int i = 0; i < bindings; ++i)
    {
        EXPECT_TRUE(is_active("b" + std::to_string(i)));
    }
    EXPECT_THAT(sim->bycloud().bindings(at), SizeIs(bindings));
    EXPECT_EQ(usage().limited, 0U) << "no request that could have been known to be too much";
}

TEST_F(bycloud_limits, a_429_is_repeated_after_the_time_that_it_names)
{
    using namespace std::chrono_literals;
    const json error{{"error", {{"code", 429}, {"message", "Rate limit exceeded"}}}};
    sim->fail(
        {.service = "bycloud", .method = "POST"},
        {.status = 429,
         .body = error.dump(),
         .content_type = "application/json",
         .headers = {{"Retry-After", "3"}}}
    );
    start_with_token();
    bind(1);
    ASSERT_TRUE(is_active("b0"));
    const auto posts = sim->log({.service = "bycloud", .method = "POST"});
    ASSERT_THAT(posts, SizeIs(2));
    EXPECT_GE(posts[1].at - posts[0].at, 3s);
    for (const auto& request : sim->log({.service = "bycloud"}))
    {
        EXPECT_FALSE(request.at > posts[0].at && request.at < posts[0].at + 3s) << request.method;
    }
    EXPECT_THAT(sim->bycloud().bindings(at), SizeIs(1));
}

}  // namespace
}  // namespace e2e
