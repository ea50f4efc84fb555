#include "cloud/openstack/service_client.hpp"

#include "cloud/openstack/fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::openstack::question;
using cloud::openstack::service;
using cloud::openstack::service_request;
using testing::HasSubstr;

class service_client : public test::openstack
{
protected:
    static question about(bool write)
    {
        return {service::octavia, "Listener " + captured::listener_id, write};
    }

    cloud::answer<net::http_response> get(const std::string& region = "sao1")
    {
        return run(services.send(about(false), region, {.path = "/lbaas/listeners/" + captured::listener_id})
        );
    }

    cloud::answer<net::http_response> put(support::duration within = 30s)
    {
        service_request request{
            .method = "PUT",
            .path = "/lbaas/listeners/" + captured::listener_id,
            .body = "{}",
            .deadline = clock().now() + within
        };
        return run(services.send(about(true), "sao1", std::move(request)));
    }

    support::task<> collect(std::vector<int>& statuses)
    {
        service_request request{.path = "/lbaas/listeners/" + captured::listener_id};
        const auto answered = co_await services.send(about(false), "sao1", std::move(request));
        statuses.push_back(answered ? answered->status : 0);
    }

    // Octavia answers 200 to `token` and 401 to every other token.
    void accept_only(const std::string& request, const std::string& token)
    {
        http.on(request, [token](const net::http_request& asked) -> test::fake_http::reply {
            return net::find_header(asked.headers, "X-Auth-Token") == token
                       ? captured::load_balancer("ACTIVE")
                       : captured::unauthorized();
        });
    }
};

TEST_F(service_client, a_read_goes_to_the_endpoint_of_the_region_with_the_token)
{
    http.on(get_listener, {captured::load_balancer("ACTIVE")});
    ASSERT_TRUE(get());
    const auto& request = http.requests().at(1);
    EXPECT_EQ(net::find_header(request.headers, "X-Auth-Token"), "token-1");
    EXPECT_EQ(net::find_header(request.headers, "Accept"), "application/json");
    EXPECT_EQ(request.deadline, clock().now() + 30s);
    EXPECT_TRUE(request.sensitive) << "it holds the token";
    EXPECT_FALSE(request.fresh_connection);
}

TEST_F(service_client, a_write_goes_on_a_connection_of_its_own_until_its_deadline)
{
    http.on(put_listener, {captured::load_balancer("ACTIVE")});
    ASSERT_TRUE(put(47s));
    const auto& request = http.requests().at(1);
    EXPECT_TRUE(request.fresh_connection);
    EXPECT_EQ(request.deadline, clock().now() + 47s);
    EXPECT_EQ(request.send_by, clock().now() + cloud::sent_within);
    EXPECT_EQ(net::find_header(request.headers, "Content-Type"), "application/json");
    EXPECT_EQ(request.body, "{}");
}

TEST_F(service_client, a_refused_token_is_renewed_once_and_the_request_sent_again)
{
    accept_only(get_listener, "token-2");
    EXPECT_TRUE(get());
    EXPECT_EQ(http.count(ask_token), 2U);
    EXPECT_EQ(http.count(get_listener), 2U);
}

TEST_F(service_client, a_write_whose_token_was_refused_is_sent_again_too)
{
    accept_only(put_listener, "token-2");
    EXPECT_TRUE(put());
    EXPECT_EQ(http.count(put_listener), 2U);
}

TEST_F(service_client, a_fresh_token_that_is_refused_too_means_invalid_credentials)
{
    http.on(put_listener, {captured::unauthorized()});
    const auto refused = put();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::credentials_invalid);
    EXPECT_EQ(http.count(ask_token), 2U);
    EXPECT_EQ(http.count(put_listener), 2U);
    ASSERT_FALSE(put());
    EXPECT_EQ(http.count(ask_token), 2U) << "and no more of it at the next request";
    EXPECT_EQ(http.count(put_listener), 3U);
}

TEST_F(service_client, a_request_is_sent_twice_at_most_however_slow_the_refusals)
{
    http.on(put_listener, {captured::unauthorized()});
    http.take(900ms);
    EXPECT_EQ(put(1h).error().kind, failure::credentials_invalid);
    EXPECT_EQ(http.count(put_listener), 2U);
}

TEST_F(service_client, a_service_that_limits_us_is_left_alone_for_as_long_as_it_says)
{
    const net::http_response slow_down{429, {{"Retry-After", "7"}}, R"({"error": "slow down"})"};
    http.on(get_listener, {slow_down, captured::load_balancer("ACTIVE")});
    EXPECT_EQ(get().error().kind, failure::rate_limited);
    advance(3s);
    const auto still = get();
    ASSERT_FALSE(still);
    EXPECT_EQ(still.error().kind, failure::rate_limited);
    EXPECT_EQ(still.error().retry_after, 4s);
    EXPECT_FALSE(put()) << "a write too";
    EXPECT_EQ(http.count(get_listener) + http.count(put_listener), 1U);
    advance(4s);
    EXPECT_TRUE(get());
}

TEST_F(service_client, a_write_is_not_sent_where_the_way_to_it_took_too_long)
{
    http.on(put_listener, {captured::load_balancer("ACTIVE")});
    http.take(cloud::sent_within);
    EXPECT_EQ(put(1h).error().kind, failure::too_late);
    EXPECT_EQ(http.count(put_listener), 0U);
    EXPECT_TRUE(put(1h)) << "there is a token now";
    EXPECT_EQ(http.requests().back().send_by, clock().now());
}

TEST_F(service_client, a_hundred_refused_requests_share_one_authentication)
{
    http.on(get_listener, {captured::load_balancer("ACTIVE")});
    ASSERT_TRUE(get());
    accept_only(get_listener, "token-2");
    http.take(100ms);
    std::vector<int> statuses;
    for (int i = 0; i < 100; ++i)
    {
        spawn(collect(statuses));
    }
    advance(1s);
    EXPECT_EQ(statuses, std::vector<int>(100, 200));
    EXPECT_EQ(http.count(ask_token), 2U);
}

TEST_F(service_client, each_token_may_be_refused_once)
{
    for (int revoked = 1; revoked <= 5; ++revoked)
    {
        accept_only(get_listener, "token-" + std::to_string(revoked));
        EXPECT_TRUE(get()) << revoked;
    }
    EXPECT_EQ(http.count(ask_token), 5U);
}

TEST_F(service_client, refused_credentials_say_so)
{
    http.on(ask_token, {captured::token("token-1"), captured::unauthorized()});
    http.on(get_listener, {captured::unauthorized()});
    const auto refused = get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::credentials_invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("Keystone answers 401"));
}

TEST_F(service_client, a_write_that_never_left_is_transient)
{
    http.on(put_listener, {support::fail(support::errc::unreachable, "connection refused")});
    EXPECT_EQ(put().error().kind, failure::transient);

    http.take(5s);
    advance(1h);
    const auto late = put(3s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, failure::too_late) << "the time went by while Keystone was asked";
    EXPECT_EQ(http.count(put_listener), 1U);
}

TEST_F(service_client, a_write_whose_connection_took_too_long_says_so)
{
    http.on(put_listener, {support::fail(support::errc::too_late, "connecting took so long")});
    EXPECT_EQ(put().error().kind, failure::too_late);
    EXPECT_EQ(http.count(put_listener), 1U);
}

TEST_F(service_client, a_write_without_an_answer_is_ambiguous)
{
    for (const auto code : {support::errc::interrupted, support::errc::bad_answer})
    {
        http.on(put_listener, {support::fail(code, "cut")});
        EXPECT_EQ(put().error().kind, failure::ambiguous);
    }
    EXPECT_EQ(http.count(put_listener), 2U) << "none is sent twice";
}

TEST_F(service_client, a_redirect_is_not_followed_but_named)
{
    auto answer = captured::html(302);
    answer.headers.push_back({"Location", "http://evil.example/at/token-1?token=token-1"});
    http.on(get_listener, {answer});
    const auto refused = get();
    EXPECT_EQ(refused.error().kind, failure::transient);
    EXPECT_THAT(
        refused.error().message,
        testing::EndsWith(": a redirect to http://evil.example/at/***, which is not followed")
    );
    EXPECT_EQ(http.requests().size(), 2U);
}

// The time of the token is not taken from the read.
TEST_F(service_client, a_read_has_its_time_from_when_there_is_a_token)
{
    http.on(get_listener, {captured::load_balancer("ACTIVE")});
    http.take(20s);
    EXPECT_TRUE(get());
    EXPECT_EQ(http.requests().at(1).deadline, clock().now() + 10s);
}

TEST_F(service_client, time_is_an_option)
{
    http.on(get_listener, {captured::load_balancer("ACTIVE")});
    cloud::openstack::service_client quick(http, clock(), entry, keystone, 7s);
    const auto path = "/lbaas/listeners/" + captured::listener_id;
    ASSERT_TRUE(run(quick.send(about(false), "sao1", {.path = path})));
    EXPECT_EQ(http.requests().at(1).deadline, clock().now() + 7s);
}

TEST_F(service_client, a_token_that_a_server_repeats_is_not_passed_on)
{
    http.on(get_listener, {captured::octavia_fault(500, "token-1 is odd")});
    EXPECT_THAT(get().error().message, HasSubstr("*** is odd"));
}

TEST_F(service_client, the_place_is_told_without_asking_again)
{
    const auto scope = run(services.locate("sao1"));
    ASSERT_TRUE(scope);
    EXPECT_EQ(
        *scope,
        (cloud::project_scope{
            .identity = "http://127.0.0.1:15000/v3",
            .project_id = "4df7978bb2cf4afc91391260ded6416d",
            .region = "sao1",
            .load_balancer_endpoint = "http://127.0.0.1:19876/v2"
        })
    );
    ASSERT_TRUE(run(services.locate("sao1")));
    EXPECT_EQ(http.requests().size(), 1U);
}

TEST_F(service_client, a_region_that_is_new_in_the_catalog_is_found)
{
    ASSERT_TRUE(run(services.locate("sao1")));
    const auto missing = run(services.locate("rio2"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, failure::no_endpoint);
    EXPECT_EQ(http.count(ask_token), 1U) << "the catalog is fresh";
    http.on(ask_token, {captured::token("token-2", "rio2")});
    advance(1min);
    EXPECT_TRUE(run(services.locate("rio2")));
    EXPECT_EQ(http.count(ask_token), 2U);
}

TEST_F(service_client, an_endpoint_that_the_catalog_lacks_is_looked_for_once_a_minute)
{
    for (int i = 0; i < 10 * 60; ++i)
    {
        EXPECT_FALSE(run(services.locate("rio2")));
        advance(1s);
    }
    EXPECT_EQ(http.count(ask_token), 10U);
    ASSERT_TRUE(run(services.locate("sao1")));
    advance(10min);
    ASSERT_TRUE(run(services.locate("sao1")));
    EXPECT_EQ(http.count(ask_token), 10U) << "nobody misses anything";
}

TEST_F(service_client, an_endpoint_that_has_moved_is_found)
{
    http.on(get_listener, {support::fail(support::errc::unreachable, "connection refused")});
    EXPECT_FALSE(get());
    EXPECT_FALSE(get());
    EXPECT_EQ(http.count(ask_token), 1U);
    advance(1min);
    EXPECT_FALSE(get());
    EXPECT_FALSE(get());
    EXPECT_EQ(http.count(ask_token), 2U) << "once, then the catalog is fresh";
}

}  // namespace
