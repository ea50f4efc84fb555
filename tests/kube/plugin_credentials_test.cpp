#include "kube/plugin_credentials.hpp"

#include "fakes/certificates/certificates.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;
using testing::Not;

// A plugin that prints what `answer` holds, after `takes`.
class plugin_credentials : public test::loop
{
protected:
    plugin_credentials()
    {
        plugin.api_version = "client.authentication.k8s.io/v1";
        plugin.command = "login";
        give_token("canary-1");
    }

    void give(const nlohmann::json& status)
    {
        answer = nlohmann::json{
            {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"status", status}
        }.dump();
    }

    void give_token(const std::string& token) { give({{"token", token}}); }

    void give_token_for(const std::string& token, std::chrono::seconds life)
    {
        give({{"token", token}, {"expirationTimestamp", support::format_rfc3339(clock().wall() + life)}});
    }

    kube::plugin_credentials make()
    {
        return {
            plugin,
            [this](const kube::exec_plugin&, std::string) -> support::task<support::result<std::string>> {
                return answer_once();
            },
            clock()
        };
    }

    support::task<support::result<std::string>> answer_once()
    {
        ++runs;
        co_await clock().sleep_for(takes);
        co_return answer;
    }

    auto get(kube::plugin_credentials& from) { return run(from.get({"https://h", {}, {}, {}})); }

    std::string token(kube::plugin_credentials& from)
    {
        const auto given = get(from);
        return given ? (*given)->token.reveal() : given.error().message;
    }

    support::task<> store(kube::plugin_credentials& from, std::string& into)
    {
        const auto given = co_await from.get({"https://h", {}, {}, {}});
        into = given ? (*given)->token.reveal() : given.error().message;
    }

    void wait(support::duration span) { clock().set(clock().now() + span); }

    kube::exec_plugin plugin;
    support::result<std::string> answer;
    support::duration takes{};
    int runs = 0;
    support::log_capture log;
};

TEST_F(plugin_credentials, without_an_end_are_kept)
{
    auto all = make();
    EXPECT_EQ(token(all), "canary-1");
    wait(24h);
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(runs, 1);
}

TEST_F(plugin_credentials, are_renewed_shortly_before_they_end)
{
    auto all = make();
    give_token_for("canary-1", 60s);
    EXPECT_EQ(token(all), "canary-1");
    give_token("canary-2");
    wait(44s);
    EXPECT_EQ(token(all), "canary-1");
    wait(1s);
    EXPECT_EQ(token(all), "canary-2");
    EXPECT_EQ(runs, 2);
}

TEST_F(plugin_credentials, that_end_at_once_do_not_run_the_plugin_for_every_request)
{
    auto all = make();
    give_token_for("canary-1", 1s);
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(runs, 1);
    wait(5s);
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(runs, 2);
}

TEST_F(plugin_credentials, that_end_in_the_far_future_are_kept)
{
    auto all = make();
    give({{"token", "canary-1"}, {"expirationTimestamp", "9999-12-31T23:59:59Z"}});
    EXPECT_EQ(token(all), "canary-1");
    wait(24h);
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(runs, 1);
}

TEST_F(plugin_credentials, that_the_server_refuses_are_asked_for_again_but_not_at_once)
{
    auto all = make();
    const auto first = get(all).value();
    give_token("canary-2");
    wait(9s);
    all.refused(first);
    EXPECT_EQ(token(all), "canary-1") << "the plugin was asked only seconds ago";
    wait(1s);
    all.refused(first);
    EXPECT_EQ(token(all), "canary-2");
    wait(10s);
    all.refused(first);
    EXPECT_EQ(token(all), "canary-2") << "it is another one meanwhile, which was not refused";
    EXPECT_EQ(runs, 2);
}

TEST_F(plugin_credentials, requests_at_the_same_time_share_one_run)
{
    auto all = make();
    takes = 2s;
    std::string a;
    std::string b;
    const auto cancel = spawn(store(all, a));
    spawn(store(all, b));
    advance(1s);
    EXPECT_EQ(runs, 1);
    advance(1s);
    EXPECT_EQ(a, "canary-1");
    EXPECT_EQ(b, "canary-1");
    EXPECT_EQ(runs, 1);
}

TEST_F(plugin_credentials, a_request_that_is_given_up_does_not_take_the_others_with_it)
{
    auto all = make();
    takes = 2s;
    std::string a;
    std::string b;
    const auto cancel = spawn(store(all, a));
    spawn(store(all, b));
    advance(1s);
    cancel();
    advance(2s);
    EXPECT_EQ(a, "");
    EXPECT_EQ(b, "canary-1");
}

TEST_F(plugin_credentials, stay_in_use_while_the_plugin_fails_until_they_end)
{
    auto all = make();
    give_token_for("canary-1", 60s);
    EXPECT_EQ(token(all), "canary-1");
    answer = support::fail(errc::unreachable, "login is ill");
    wait(50s);
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(token(all), "canary-1");
    EXPECT_EQ(runs, 2) << "a plugin that fails is not asked for every request";
    wait(10s);
    EXPECT_EQ(token(all), "login is ill");
    EXPECT_EQ(token(all), "login is ill");
    EXPECT_EQ(runs, 3);
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1) << "told once: " << log.text();
    give_token("canary-2");
    wait(10s);
    EXPECT_EQ(token(all), "canary-2");
}

TEST_F(plugin_credentials, that_were_refused_are_not_used_while_the_plugin_fails)
{
    auto all = make();
    const auto first = get(all).value();
    answer = support::fail(errc::unreachable, "login is ill");
    wait(10s);
    all.refused(first);
    EXPECT_EQ(token(all), "login is ill");
}

TEST_F(plugin_credentials, that_cannot_be_used_are_refused_with_the_name_of_the_plugin)
{
    const auto why = [this] {
        auto all = make();
        const auto given = get(all);
        EXPECT_FALSE(given);
        EXPECT_EQ(given.error().code, errc::unreachable);
        EXPECT_THAT(given.error().message, Not(HasSubstr("canary")));
        EXPECT_THAT(given.error().message, HasSubstr("the credential plugin login printed "));
        return given ? "" : given.error().message;
    };
    answer = "canary";
    EXPECT_THAT(why(), HasSubstr("no ExecCredential"));
    give_token("canary\r\nX-Evil: canary");
    EXPECT_THAT(why(), HasSubstr("a token with characters that a token cannot have"));
    const auto me = test::make_certificate({.subject = "me"});
    const auto other = test::make_certificate({.subject = "other"});
    give({{"clientCertificateData", "canary"}, {"clientKeyData", me.key_pem}});
    EXPECT_THAT(why(), HasSubstr("clientCertificateData: "));
    give({{"clientCertificateData", me.pem}, {"clientKeyData", "canary"}});
    EXPECT_THAT(why(), HasSubstr("clientKeyData: "));
    give({{"clientCertificateData", me.pem}, {"clientKeyData", other.key_pem}});
    EXPECT_THAT(why(), HasSubstr("the private key does not belong to the certificate"));
    give({{"clientCertificateData", me.pem}, {"clientKeyData", me.key_pem}});
    auto all = make();
    EXPECT_EQ(get(all).value()->certificate_pem, me.pem);
}

}  // namespace
