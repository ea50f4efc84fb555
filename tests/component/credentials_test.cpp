// Credentials of namespaces: Secrets that are created and changed, through the whole controller.
#include "component/credentials_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using test::credentials;
using testing::HasSubstr;
using testing::Not;

TEST_F(credentials, of_the_namespace_attach_and_detach)
{
    attach();
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.secret_watches(), 1U);
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(served("any.example.com"), foreign);
    step();
    EXPECT_EQ(kube.secret_watches(), 0U) << "nobody uses the Secret any more";
}

TEST_F(credentials, of_one_content_have_one_token_whatever_secret_holds_it)
{
    kube.set_secret(
        "copy", {{"clouds.yaml", "# a copy\n" + test::controller_process::clouds_yaml(credential)}}
    );
    attach();
    const auto b = certificate("b.example.com");
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true, .secret = "copy"});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; })) << kube.object("b").dump(1);
    EXPECT_EQ(logins(), 1U);
}

TEST_F(credentials, that_are_not_there_are_waited_for)
{
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_EQ(kube.state("web"), "error");
    EXPECT_EQ(kube.message("web"), "Secret shop/cloud does not exist; create it, with the key clouds.yaml");
    EXPECT_EQ(logins(), 0U) << "the controller's own is not asked with";
    give(credential);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
}

TEST_F(credentials, that_may_not_be_read_are_told_with_what_to_grant)
{
    kube.may_get_secrets = false;
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_THAT(
        kube.message("web"), HasSubstr("grant the controller's service account the verbs get and watch")
    );
    kube.may_get_secrets = true;
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 40s)) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_takes_over_without_a_restart)
{
    attach();
    const auto before = kube.writes.size();
    give(other);
    sim.remove_application_credential(credential.id);
    const auto b = certificate("b.example.com");
    kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    ASSERT_TRUE(until([&] {
        return kube.object("web")["status"]["certificate"]["id"] == b.id && kube.state("web") == "active";
    })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
    EXPECT_LE(kube.writes.size(), before + 4);
}

TEST_F(credentials, a_new_one_of_the_controller_takes_over_without_a_restart)
{
    admitted.all = true;
    sim.remove_application_credential(credential.id);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(says("CredentialsInvalid"));
    const auto next = running->registry.share(test::controller_process::entry(other));
    running->controller.use_credential(next);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
    EXPECT_EQ(served("a.example.com"), a.ref);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_alone_writes_nothing)
{
    attach_with(sim.add_application_credential(sim.add_user("first", project), project));
    advance(1min);
    const auto before = kube.writes.size();
    const auto puts = sim.puts();
    give(other);
    advance(1min);
    EXPECT_EQ(kube.writes.size(), before);
    EXPECT_EQ(sim.puts(), puts);
    EXPECT_EQ(logins(), 2U) << "the listener is read with the new one";
}

TEST_F(credentials, a_new_content_wakes_who_failed_for_the_old)
{
    sim.remove_application_credential(credential.id);
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    advance(5min);
    give(other);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_is_read_soon_where_secrets_may_not_be_watched)
{
    kube.may_watch_secrets = false;
    sim.remove_application_credential(credential.id);
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    give(other);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 40s)) << kube.object("web").dump(1);
    advance(1h);
    const auto asked = kube.secret_requests.size();
    advance(1h);
    EXPECT_LE(kube.secret_requests.size() - asked, 16U)
        << "nobody waits for it any more: a read and a watch each time";
}

TEST_F(credentials, a_new_content_is_read_soon_for_a_deletion_where_secrets_may_not_be_watched)
{
    kube.may_watch_secrets = false;
    attach_with(other);
    sim.remove_application_credential(other.id);
    sim.revoke_tokens();
    kube.remove("web");
    ASSERT_TRUE(says("Detaching"));
    advance(1min);
    give(credential);
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 40s)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, of_a_content_that_is_none_are_told_in_one_line)
{
    kube.set_secret(
        "cloud", {{"clouds.yaml", "clouds: {prod: {auth: {auth_url: 'http://canary/v3'}, verify: false}}"}}
    );
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    EXPECT_THAT(kube.message("web"), HasSubstr("Secret shop/cloud: clouds.yaml: cloud \"prod\": "));
    EXPECT_THAT(kube.object("web").dump(), Not(HasSubstr("canary")));
    kube.set_secret("cloud", {{"cloud.yaml", "canary"}});
    ASSERT_TRUE(until([&] {
        return kube.message("web") == "Secret shop/cloud: the key clouds.yaml is missing; add it";
    }));
}

TEST_F(credentials, no_secret_reaches_a_log_or_a_status)
{
    support::log_capture log;
    support::set_log(support::log_level::debug, support::log_format::json);
    attach();
    give(other);
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    sim.remove_application_credential(other.id);
    sim.revoke_tokens();
    give(other);
    ASSERT_TRUE(says("CredentialsInvalid"));
    for (const auto& given : {credential, other})
    {
        EXPECT_THAT(log.text() + kube.object("web").dump(), Not(HasSubstr(given.secret)));
    }
    support::set_log(support::log_level::info, support::log_format::text);
}

}  // namespace
