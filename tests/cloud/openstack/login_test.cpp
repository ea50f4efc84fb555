#include "cloud/openstack/login.hpp"

#include "cloud/openstack/fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using cloud::failure;
using cloud::openstack::cloud_entry;
using cloud::openstack::federation;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class login : public test::openstack
{
protected:
    static inline const std::string ask_document = "GET https://idp.example/document";
    static inline const std::string ask_provider = "POST https://idp.example/token";
    static inline const std::string ask_federation =
        "POST https://ks.example/v3/OS-FEDERATION/identity_providers/my%20idp/protocols/openid/auth";
    static inline const std::string ask_keystone = "POST https://ks.example/v3/auth/tokens";

    login()
    {
        entry.keystone = net::parse_url("https://ks.example/v3").value();
        entry.how = cloud_entry::login::federated;
        entry.federated.emplace();
        entry.federated->identity_provider = "my idp";
        entry.federated->protocol = "openid";
        entry.federated->discovery_endpoint = net::parse_url("https://idp.example/document").value();
        entry.federated->client_id = "certs";
        entry.federated->client_secret = support::secret("client-canary");
        entry.federated->username = "alice";
        document = R"({"token_endpoint": "https://idp.example/token"})";
        http.on(ask_document, [this](const net::http_request&) -> test::fake_http::reply {
            return net::http_response{200, {}, document};
        });
        http.on(ask_provider, {net::http_response{200, {}, R"({"access_token": "provider-canary"})"}});
        http.on(ask_federation, {net::http_response{201, {{"X-Subject-Token", "unscoped-canary"}}, "{}"}});
        http.on(ask_keystone, {captured::token("scoped")});
    }

    // What was asked, in order.
    std::vector<std::string> asked() const
    {
        std::vector<std::string> lines;
        for (const auto& request : http.requests())
        {
            lines.push_back(test::line_of(request));
        }
        return lines;
    }

    // The failure of the login; its message holds no secret.
    cloud::error refused()
    {
        const auto session = run(keystone.current());
        EXPECT_FALSE(session);
        const auto why = session ? cloud::error{} : session.error();
        EXPECT_THAT(why.message, AllOf(Not(HasSubstr("canary")), Not(HasSubstr("\n"))));
        return why;
    }

    std::string document;
};

TEST_F(login, goes_from_the_provider_to_keystone_and_to_the_project)
{
    ASSERT_TRUE(run(keystone.current()));
    EXPECT_THAT(asked(), ElementsAre(ask_document, ask_provider, ask_federation, ask_keystone));
    const auto& requests = http.requests();
    EXPECT_EQ(
        requests[1].body, "username=alice&password=password-canary&scope=openid+profile&grant_type=password"
    );
    EXPECT_EQ(net::find_header(requests[1].headers, "Authorization"), "Basic Y2VydHM6Y2xpZW50LWNhbmFyeQ==");
    EXPECT_EQ(net::find_header(requests[2].headers, "Authorization"), "Bearer provider-canary");
    EXPECT_EQ(token_of(3), "unscoped-canary");
    EXPECT_EQ(
        json::parse(requests[3].body),
        json::parse(R"({"auth":{"identity":{"methods":["token"],
            "token":{"id":"unscoped-canary"}},"scope":{"project":{"name":"shop","domain":{"id":"default"}}}}})"
        )
    );
    for (const auto& request : requests)
    {
        EXPECT_TRUE(request.sensitive);
    }
}

TEST_F(login, with_an_access_token_asks_no_provider)
{
    entry.federated->by = federation::grant::access_token;
    ASSERT_TRUE(run(keystone.current()));
    EXPECT_THAT(asked(), ElementsAre(ask_federation, ask_keystone));
    EXPECT_EQ(net::find_header(http.requests()[0].headers, "Authorization"), "Bearer password-canary");
}

TEST_F(login, with_a_token_carries_it_twice)
{
    entry.how = cloud_entry::login::token;
    ASSERT_TRUE(run(keystone.current()));
    EXPECT_THAT(asked(), ElementsAre(ask_keystone));
    EXPECT_EQ(token_of(0), "password-canary");
    EXPECT_EQ(json::parse(http.requests()[0].body)["auth"]["identity"]["token"]["id"], "password-canary");
}

TEST_F(login, a_provider_that_refuses_is_a_refused_credential_and_its_words_are_not_repeated)
{
    http.on(
        ask_provider,
        {net::http_response{401, {}, R"({"error": "invalid_grant", "error_description": "password-canary"})"}}
    );
    const auto why = refused();
    EXPECT_EQ(why.kind, failure::credentials_invalid);
    EXPECT_THAT(
        why.message,
        HasSubstr("the identity provider at https://idp.example/token answers 401: invalid_grant")
    );
    http.on(ask_provider, {net::http_response{400, {}, R"({"error": "password-canary"})"}});
    advance(std::chrono::minutes(10));
    EXPECT_THAT(refused().message, HasSubstr("answers 400; check the auth of cloud"));
}

TEST_F(login, a_provider_in_trouble_is_asked_again)
{
    http.on(ask_provider, {net::http_response{503, {}, ""}});
    EXPECT_EQ(refused().kind, failure::transient);
    http.on(ask_provider, {net::http_response{200, {}, R"({"id_token": "canary"})"}});
    advance(std::chrono::minutes(1));
    EXPECT_THAT(refused().message, HasSubstr("answers without access_token"));
    http.on(ask_provider, {net::http_response{200, {}, R"({"access_token": "canary\r\nX-Forged: yes"})"}});
    advance(std::chrono::minutes(1));
    EXPECT_THAT(refused().message, HasSubstr("answers without access_token"));
}

TEST_F(login, a_provider_that_cannot_be_reached_is_misdirected)
{
    auto unreachable =
        support::fail(support::errc::unreachable, "idp.example refuses the connection").error();
    unreachable.misdirected = true;
    for (const std::string& request : {ask_document, ask_provider, ask_federation})
    {
        http.on(request, {std::unexpected(unreachable)});
        const auto why = refused();
        EXPECT_EQ(why.kind, failure::transient);
        EXPECT_TRUE(why.misdirected) << request;
        EXPECT_THAT(why.message, HasSubstr("idp.example refuses the connection"));
        advance(std::chrono::minutes(10));
        http.on(ask_document, {net::http_response{200, {}, document}});
        http.on(ask_provider, {net::http_response{200, {}, R"({"access_token": "provider-canary"})"}});
    }
    unreachable.misdirected = false;
    http.on(ask_document, {std::unexpected(unreachable)});
    EXPECT_FALSE(refused().misdirected);
}

TEST_F(login, no_password_goes_where_a_document_must_not_lead)
{
    document = R"({"token_endpoint": "http://idp.example/token"})";
    EXPECT_THAT(refused().message, HasSubstr("names an http token_endpoint; no password is sent over http"));
    entry.federated->of_one_host = true;
    document = R"({"token_endpoint": "https://other.example/token"})";
    advance(std::chrono::minutes(10));
    EXPECT_THAT(refused().message, HasSubstr("names a token_endpoint of another host"));
    for (const std::string text : {"", "[]", "{}", R"({"token_endpoint": 7})", R"({"token_endpoint": "x"})"})
    {
        document = text;
        advance(std::chrono::minutes(10));
        EXPECT_THAT(refused().message, HasSubstr("names no usable token_endpoint")) << text;
    }
    EXPECT_EQ(http.count(ask_provider), 0U);
}

TEST_F(login, a_grant_that_is_not_offered_is_said)
{
    document = R"({"token_endpoint": "https://idp.example/token", "grant_types_supported": ["implicit", 7]})";
    EXPECT_THAT(refused().message, HasSubstr("does not offer the grant password"));
}

TEST_F(login, a_federation_that_refuses_or_is_odd_is_said)
{
    http.on(ask_federation, {net::http_response{401, {}, "provider-canary"}});
    const auto why = refused();
    EXPECT_EQ(why.kind, failure::credentials_invalid);
    EXPECT_THAT(why.message, HasSubstr("check identity_provider, protocol and the token of the provider"));
    http.on(ask_federation, {net::http_response{201, {}, "{}"}});
    advance(std::chrono::minutes(10));
    EXPECT_THAT(refused().message, HasSubstr("the header X-Subject-Token is missing"));
    http.on(ask_federation, {net::http_response{201, {{"X-Subject-Token", "canary\xe9"}}, "{}"}});
    advance(std::chrono::minutes(10));
    EXPECT_THAT(refused().message, HasSubstr("the header X-Subject-Token is not one word"));
}

}  // namespace
