// Secrets that are deleted while their bindings are there, through the whole controller.
#include "component/credentials_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using test::credentials;
using testing::HasSubstr;

TEST_F(credentials, whose_secret_goes_leave_what_is_attached)
{
    attach();
    const auto puts = sim.puts();
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(30min);
    EXPECT_EQ(sim.puts(), puts);
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
    give(credential);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s));
    EXPECT_EQ(sim.puts(), puts);
}

TEST_F(credentials, a_secret_deleted_together_with_its_bindings_still_detaches)
{
    attach();
    kube.set_secret("cloud", {});
    kube.may_get_secrets = false;  // the RoleBinding was deleted with the namespace as well
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, a_secret_deleted_long_before_its_bindings_still_detaches)
{
    attach();
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(1h);
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, after_a_restart_a_deletion_without_its_secret_waits_and_names_the_ways_out)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_THAT(kube.message("web"), HasSubstr("Secret shop/cloud does not exist; create it"));
    EXPECT_THAT(kube.message("web"), HasSubstr("spec.deletionPolicy to Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon=\"true\""));
    advance(2h);
    EXPECT_TRUE(kube.exists("web"));
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(credentials, after_a_restart_the_secret_put_back_lets_a_deletion_end)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    give(other);
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 1min)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, after_a_restart_the_annotation_lets_a_deletion_go)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    kube.update("web", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 1min)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
}

}  // namespace
