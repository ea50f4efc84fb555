#include "cloud/openstack/keystone.hpp"

#include "cloud/openstack/fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::openstack::service;
using cloud::openstack::session_ptr;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class keystone : public test::openstack
{
protected:
    // The current token, or the message of the failure.
    std::string token()
    {
        const auto session = run(test::openstack::keystone.current());
        return session ? (*session)->issued.token.reveal() : session.error().message;
    }

    support::task<> collect(std::vector<std::string>& tokens)
    {
        const auto session = co_await test::openstack::keystone.current();
        tokens.push_back(session ? (*session)->issued.token.reveal() : session.error().message);
    }

    support::task<> collect_after_refusal(std::uint64_t number, std::vector<std::string>& tokens)
    {
        const auto session = co_await test::openstack::keystone.after_refusal(service::octavia, number);
        tokens.push_back(session ? (*session)->issued.token.reveal() : session.error().message);
    }

    cloud::answer<session_ptr> refused(std::uint64_t number)
    {
        return run(test::openstack::keystone.after_refusal(service::octavia, number));
    }
};

json body_for(const cloud::openstack::cloud_entry& entry, test::loop& loop)
{
    test::fake_http http(loop.clock());
    support::random_engine random;
    http.on("POST http://127.0.0.1:15000/v3/auth/tokens", {captured::token("t")});
    cloud::openstack::keystone keystone(http, loop.clock(), entry, random);
    EXPECT_TRUE(loop.run(keystone.current()));
    const auto& request = http.requests().at(0);
    EXPECT_TRUE(request.sensitive);
    EXPECT_TRUE(request.fresh_connection);
    EXPECT_EQ(net::find_header(request.headers, "Content-Type"), "application/json");
    return json::parse(request.body);
}

TEST_F(keystone, asks_with_a_password)
{
    EXPECT_EQ(
        body_for(entry, *this),
        json::parse(R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"alice",
            "domain":{"name":"Default"},"password":"password-canary"}}},
            "scope":{"project":{"name":"shop","domain":{"id":"default"}}}}})")
    );
    entry.user = {.id = "u1"};
    entry.project = {.id = "p1"};
    EXPECT_EQ(
        body_for(entry, *this),
        json::parse(R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1",
            "password":"password-canary"}}},"scope":{"project":{"id":"p1"}}}})")
    );
}

TEST_F(keystone, asks_with_an_application_credential)
{
    entry.how = cloud::openstack::cloud_entry::login::application_credential;
    entry.application_credential_id = "8f5f";
    EXPECT_EQ(
        body_for(entry, *this), json::parse(R"({"auth":{"identity":{"methods":["application_credential"],
            "application_credential":{"id":"8f5f","secret":"password-canary"}}}})")
    );
    entry.application_credential_id.clear();
    entry.application_credential_name = "certs";
    EXPECT_EQ(
        body_for(entry, *this), json::parse(R"({"auth":{"identity":{"methods":["application_credential"],
            "application_credential":{"name":"certs","secret":"password-canary",
            "user":{"name":"alice","domain":{"name":"Default"}}}}}})")
    );
}

TEST_F(keystone, a_token_is_kept_until_nine_tenths_of_its_life_are_over)
{
    EXPECT_EQ(token(), "token-1");
    advance(54min - 1s);
    EXPECT_EQ(token(), "token-1");
    EXPECT_EQ(http.count(ask_token), 1U);
    advance(1s);
    EXPECT_EQ(token(), "token-2");
    EXPECT_EQ(http.count(ask_token), 2U);
}

TEST_F(keystone, all_who_wait_share_one_authentication)
{
    http.take(1s);
    std::vector<std::string> tokens;
    for (int i = 0; i < 100; ++i)
    {
        spawn(collect(tokens));
    }
    advance(1s);
    EXPECT_EQ(tokens, std::vector<std::string>(100, "token-1"));
    EXPECT_EQ(http.count(ask_token), 1U);
}

TEST_F(keystone, all_who_wait_share_one_failure)
{
    http.on(ask_token, {captured::unauthorized()});
    http.take(1s);
    std::vector<std::string> tokens;
    for (int i = 0; i < 100; ++i)
    {
        spawn(collect(tokens));
    }
    advance(1s);
    EXPECT_EQ(tokens.size(), 100U);
    EXPECT_EQ(http.count(ask_token), 1U);
}

TEST_F(keystone, when_who_authenticates_is_cancelled_the_next_one_does)
{
    http.take(1s);
    std::vector<std::string> tokens;
    const auto cancel = spawn(collect(tokens));
    spawn(collect(tokens));
    const auto cancel_waiting = spawn(collect(tokens));
    spawn(collect(tokens));
    step();
    cancel_waiting();
    step();
    cancel();
    step();
    EXPECT_EQ(http.count(ask_token), 2U);
    advance(1s);
    EXPECT_EQ(tokens, (std::vector<std::string>{"token-2", "token-2"}));
    EXPECT_EQ(http.count(ask_token), 2U);
}

TEST_F(keystone, nobody_waits_for_a_renewal_while_the_token_lives)
{
    EXPECT_EQ(token(), "token-1");
    advance(55min);
    http.take(1s);
    std::vector<std::string> tokens;
    spawn(collect(tokens));
    spawn(collect(tokens));
    step();
    EXPECT_EQ(tokens, std::vector<std::string>{"token-1"}) << "the second goes on with the old one";
    advance(1s);
    EXPECT_EQ(tokens, (std::vector<std::string>{"token-1", "token-2"}));
}

TEST_F(keystone, a_token_that_cannot_be_renewed_is_used_to_its_end)
{
    EXPECT_EQ(token(), "token-1");
    http.on(ask_token, {captured::html(503)});
    advance(55min);
    EXPECT_EQ(token(), "token-1");
    EXPECT_EQ(http.count(ask_token), 2U);
    EXPECT_EQ(token(), "token-1");
    EXPECT_EQ(http.count(ask_token), 2U) << "not at every request";
    advance(5min - 1s);
    EXPECT_EQ(token(), "token-1");
    advance(1s);
    EXPECT_THAT(token(), HasSubstr("Keystone answers 503"));
}

TEST_F(keystone, a_hundred_refusals_of_one_token_are_one_authentication)
{
    EXPECT_EQ(token(), "token-1");
    http.take(1s);
    std::vector<std::string> tokens;
    for (int i = 0; i < 100; ++i)
    {
        spawn(collect_after_refusal(1, tokens));
    }
    advance(1s);
    EXPECT_EQ(tokens, std::vector<std::string>(100, "token-2"));
    EXPECT_EQ(http.count(ask_token), 2U);

    spawn(collect_after_refusal(1, tokens));
    step();
    EXPECT_EQ(tokens.back(), "token-2") << "one that comes late finds the new one";
    EXPECT_EQ(http.count(ask_token), 2U);
}

TEST_F(keystone, a_service_that_refuses_fresh_tokens_does_not_make_us_authenticate_for_ever)
{
    EXPECT_EQ(token(), "token-1");
    EXPECT_TRUE(refused(1));
    const auto again = refused(2);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, failure::credentials_invalid);
    EXPECT_EQ(again.error().message, "Octavia refuses a new token of cloud \"prod\"");
    EXPECT_EQ(http.count(ask_token), 2U);

    for (int i = 0; i < 3600; ++i)
    {
        advance(1s);
        (void)refused(static_cast<std::uint64_t>(tokens_issued));
    }
    EXPECT_LE(http.count(ask_token), 2U + 20U) << "in an hour";

    test::openstack::keystone.accepted(service::octavia);
    EXPECT_TRUE(refused(static_cast<std::uint64_t>(tokens_issued)));
}

TEST_F(keystone, what_one_service_refuses_is_not_held_against_another)
{
    EXPECT_EQ(token(), "token-1");
    EXPECT_TRUE(refused(1));
    test::openstack::keystone.accepted(service::barbican);
    EXPECT_FALSE(refused(2));
    EXPECT_TRUE(run(test::openstack::keystone.after_refusal(service::barbican, 2)));
}

TEST_F(keystone, refused_credentials_are_not_hammered)
{
    http.on(ask_token, {captured::unauthorized()});
    for (int i = 0; i < 3600; ++i)
    {
        EXPECT_THAT(token(), HasSubstr("Keystone answers 401"));
        advance(1s);
    }
    EXPECT_GE(http.count(ask_token), 10U) << "an hour";
    EXPECT_LE(http.count(ask_token), 22U) << "an hour";
}

TEST_F(keystone, a_keystone_that_is_away_is_asked_again_soon)
{
    http.on(ask_token, {support::fail(support::errc::unreachable, "connection refused")});
    for (int i = 0; i < 120; ++i)
    {
        EXPECT_THAT(token(), HasSubstr("connection refused"));
        advance(1s);
    }
    EXPECT_LE(http.count(ask_token), 20U);
    http.on(ask_token, {captured::token("back")});
    advance(18s);
    EXPECT_EQ(token(), "back");
}

TEST_F(keystone, what_is_wrong_is_logged_once_and_so_is_that_it_works_again)
{
    const support::log_capture log;
    const auto log_lines = [&] {
        // Without the times.
        std::vector<std::string> lines;
        std::istringstream text(log.text());
        for (std::string time, line; text >> time && std::getline(text, line);)
        {
            lines.push_back(line);
        }
        return lines;
    };
    http.on(ask_token, {support::fail(support::errc::unreachable, "connection refused")});
    for (int i = 0; i < 60; ++i)
    {
        token();
        advance(1s);
    }
    EXPECT_THAT(log_lines(), ElementsAre(StartsWith(" warning authentication failed; trying again error=")));
    http.on(ask_token, {captured::html(503)});
    advance(18s);
    token();
    http.on(ask_token, {captured::token("back")});
    advance(18s);
    token();
    EXPECT_THAT(
        log_lines(),
        ElementsAre(
            HasSubstr("connection refused"),
            HasSubstr("Keystone answers 503"),
            " info authenticated again cloud=" + entry.cloud
        )
    );
}

TEST_F(keystone, the_wish_of_keystone_to_wait_is_granted)
{
    auto answer = captured::html(429);
    answer.headers.push_back({"Retry-After", "30"});
    http.on(ask_token, {answer, captured::token("later")});
    const auto limited = run(test::openstack::keystone.current());
    ASSERT_FALSE(limited);
    EXPECT_EQ(limited.error().kind, failure::rate_limited);
    EXPECT_EQ(limited.error().retry_after, 30s);
    advance(29s);
    EXPECT_THAT(token(), HasSubstr("Keystone answers 429"));
    advance(1s);
    EXPECT_EQ(token(), "later");
}

TEST_F(keystone, failures_have_their_class)
{
    struct row
    {
        test::fake_http::reply reply;
        failure kind;
        const char* says;
    };
    const row table[] = {
        {captured::unauthorized(), failure::credentials_invalid, "; check its auth in clouds.yaml"},
        {captured::unknown_application_credential(),
         failure::credentials_invalid,
         "Could not find Application Credential"},
        {captured::html(404), failure::transient, "; check its auth_url"},
        {captured::html(301), failure::transient, "a redirect, which is not followed"},
        {captured::html(503), failure::transient, "Keystone answers 503"},
        {captured::json(201, "{}"), failure::transient, "the header X-Subject-Token is missing"},
        {support::fail(support::errc::interrupted, "no answer in 10 s"),
         failure::transient,
         "no answer in 10 s"},
    };
    for (const auto& [reply, kind, says] : table)
    {
        http.on(ask_token, {reply});
        const auto session = run(test::openstack::keystone.current());
        ASSERT_FALSE(session);
        EXPECT_EQ(session.error().kind, kind) << says;
        EXPECT_THAT(session.error().message, HasSubstr(says));
        EXPECT_THAT(session.error().message, HasSubstr("cloud \"prod\" at http://127.0.0.1:15000/v3"));
        EXPECT_GT(session.error().retry_after, 0s);
        advance(10min);
    }
}

// It does not pass by itself, unlike a redirect to a page that says sorry.
TEST_F(keystone, a_redirect_to_https_is_a_wrong_auth_url)
{
    struct row
    {
        const char* location;
        failure kind;
    };
    for (const auto& [location, kind] :
         {row{"https://ks.example/v3/auth/tokens?next=x", failure::credentials_invalid},
          row{"http://sorry.example/", failure::transient},
          row{"/v3/elsewhere", failure::transient}})
    {
        auto answer = captured::html(301);
        answer.headers.push_back({"Location", location});
        http.on(ask_token, {answer});
        const auto session = run(test::openstack::keystone.current());
        ASSERT_FALSE(session);
        EXPECT_EQ(session.error().kind, kind) << location;
        EXPECT_THAT(
            session.error().message,
            HasSubstr(
                "a redirect to " + std::string(location).substr(0, std::string(location).find('?')) +
                ", which is not followed; correct its auth_url in clouds.yaml"
            )
        );
        advance(10min);
    }
    entry.keystone.origin.tls = true;
    auto answer = captured::html(302);
    answer.headers.push_back({"Location", "https://login.example/"});
    http.on("POST https://127.0.0.1:15000/v3/auth/tokens", {answer});
    EXPECT_EQ(run(test::openstack::keystone.current()).error().kind, failure::transient);
}

// An LDAP behind it may be large.
TEST_F(keystone, a_slow_one_is_waited_for_and_asked_once)
{
    http.take(20s);
    std::vector<std::string> tokens;
    for (int i = 0; i < 10; ++i)
    {
        spawn(collect(tokens));
    }
    advance(20s);
    EXPECT_EQ(tokens, std::vector<std::string>(10, "token-1"));
    EXPECT_EQ(http.count(ask_token), 1U);
    EXPECT_EQ(http.requests().at(0).deadline, clock().now() + 40s);
}

TEST_F(keystone, a_missing_endpoint_is_looked_for_again_once_the_catalog_is_old)
{
    EXPECT_EQ(token(), "token-1");
    EXPECT_FALSE(test::openstack::keystone.doubt_catalog(1));
    EXPECT_EQ(token(), "token-1");
    advance(1min);
    EXPECT_TRUE(test::openstack::keystone.doubt_catalog(1));
    EXPECT_EQ(token(), "token-2");
    EXPECT_FALSE(test::openstack::keystone.doubt_catalog(1)) << "of an old session";
    EXPECT_EQ(token(), "token-2");
}

TEST_F(keystone, neither_password_nor_token_reaches_a_log_or_an_error)
{
    support::set_log(support::log_level::debug, support::log_format::text);
    std::string errors;
    for (const auto& reply : std::initializer_list<test::fake_http::reply>{
             captured::unauthorized(),
             captured::json(
                 400, R"({"error":{"code":400,"message":"bad password-canary here","title":"Bad Request"}})"
             ),
             captured::json(500, R"({"error":{"code":500,"message":"password-canary","title":"x"}})"),
             captured::json(201, R"({"token":"password-canary"})"),
             captured::token("token-canary"),
         })
    {
        http.on(ask_token, {reply});
        errors += token() == "token-canary" ? "" : token() + "\n";
        advance(10min);
    }
    EXPECT_THAT(errors, Not(HasSubstr("canary")));
    EXPECT_THAT(errors, HasSubstr("bad *** here"));
    EXPECT_THAT(log.text(), Not(HasSubstr("canary")));
    EXPECT_THAT(log.text(), HasSubstr("authentication failed"));
    support::set_log(support::log_level::info, support::log_format::text);
}

}  // namespace
