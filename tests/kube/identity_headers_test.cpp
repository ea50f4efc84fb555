#include "kube/identity_headers.hpp"

#include "kube/rest_client_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::rest_client;

TEST_F(rest_client, a_token_that_was_renewed_is_shown_at_once)
{
    create("a");
    api.token = token = "canary-2";
    EXPECT_TRUE(get("a"));
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Authorization"), "Bearer canary-2");
    api.token = token = "canary-3";
    EXPECT_TRUE(watch("200"));
    api.token = token = "canary-4";
    EXPECT_TRUE(patch("a", "{}"));
    EXPECT_EQ(api.writes(), 2U);
}

TEST_F(rest_client, who_is_refused_twice_hears_of_it)
{
    api.token = "another";
    const auto refused = get("a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().http_status, 401);
    EXPECT_EQ(refused.error().message, "401 Unauthorized");
    EXPECT_EQ(http.sent.size(), 2U);
    EXPECT_EQ(watch("1").error().http_status, 401);
    EXPECT_EQ(http.sent.size(), 4U);
}

TEST_F(rest_client, acts_as_whom_the_configuration_names)
{
    auto acting = config();
    acting.as = {"jane", "7", {"a", "b"}, {{"example.com/scope%", {"x", "z"}}}};
    kube::credentials as_jane(
        acting, [this](const std::string&) -> support::result<std::string> { return token; }, clock()
    );
    const auto janes = kube::create_rest_client(http, clock(), as_jane);
    run(janes->get(resource, "shop", "a"));
    std::string impersonated;
    for (const auto& [name, value] : http.sent.back().headers)
    {
        impersonated += name.starts_with("Impersonate-") ? name + "=" + value + " " : "";
    }
    EXPECT_EQ(
        impersonated,
        "Impersonate-User=jane Impersonate-Uid=7 Impersonate-Group=a Impersonate-Group=b "
        "Impersonate-Extra-example.com%2Fscope%25=x Impersonate-Extra-example.com%2Fscope%25=z "
    );
}

TEST_F(rest_client, sends_username_and_password_if_there_is_no_token)
{
    auto login = config();
    login.token = {};
    login.username = "me";
    login.password = support::secret("canary");
    kube::credentials of_me(
        login, [this](const std::string&) -> support::result<std::string> { return token; }, clock()
    );
    const auto mine = kube::create_rest_client(http, clock(), of_me);
    run(mine->get(resource, "shop", "a"));
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Authorization"), "Basic bWU6Y2FuYXJ5");
}

support::task<support::result<std::string>> answer_of_plugin(support::result<std::string> answer)
{
    co_return answer;
}

TEST_F(rest_client, after_a_refusal_the_plugin_is_asked_again_and_nothing_is_sent_without_a_credential)
{
    auto plugged = config();
    plugged.token = {};
    plugged.exec.emplace();
    plugged.exec->api_version = "client.authentication.k8s.io/v1";
    plugged.exec->command = "login";
    bool ill = false;
    kube::credentials given(
        plugged,
        [this](const std::string&) -> support::result<std::string> { return token; },
        clock(),
        [&](const kube::exec_plugin&, std::string) {
            return answer_of_plugin(
                ill ? support::fail(errc::unreachable, "login is ill")
                    : support::result<std::string>(
                          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":")" +
                          token + "\"}}"
                      )
            );
        }
    );
    const auto plugged_in = kube::create_rest_client(http, clock(), given);
    create("a");
    ASSERT_TRUE(run(plugged_in->get(resource, "shop", "a")));
    token = "canary-2";
    api.token = token;
    advance(10s);
    ASSERT_TRUE(run(plugged_in->get(resource, "shop", "a")));
    EXPECT_EQ(http.sent.size(), 3U);
    ill = true;
    api.token = "canary-3";
    advance(10s);
    EXPECT_EQ(run(plugged_in->get(resource, "shop", "a")).error().message, "login is ill");
    EXPECT_EQ(http.sent.size(), 4U);
}

}  // namespace
