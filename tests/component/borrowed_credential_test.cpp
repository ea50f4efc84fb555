// The controller's own credential: which namespaces use it, and what it is borrowed for to detach.
#include "component/credentials_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using test::credentials;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(credentials, of_the_controller_are_for_admitted_namespaces_alone)
{
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_THAT(kube.message("web"), HasSubstr("namespace shop may not use the controller's own credential"));
    EXPECT_EQ(logins(), 0U);
    kube.create(
        {.name = "own", .certificate = a.id, .listener = listener, .name_space = "certificate-binding"}
    );
    ASSERT_TRUE(until([&] { return kube.state("own") == "active"; }));
    EXPECT_EQ(kube.state("web"), "error");
    EXPECT_THAT(kube.secret_requests, IsEmpty());
}

TEST_F(credentials, of_the_controller_are_borrowed_to_detach_what_a_namespace_put_there_before)
{
    admitted = {};
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_EQ(kube.object("web")["status"]["cloud"]["credentialSource"], "Controller");
    crash();
    admitted = {.all = false, .namespaces = {"certificate-binding"}};
    start();
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(1h);
    EXPECT_EQ(served("any.example.com"), a.ref) << "it stays";
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, of_the_controller_are_not_borrowed_for_what_the_namespaces_own_adopted)
{
    const auto there = certificate("there.example.com");
    const auto shared = sim.add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .sni_refs = {there.ref}, .port = 444}
    );
    give(other);
    start();
    kube.create({.name = "web", .certificate = there.id, .listener = shared, .sni = true, .secret = "cloud"});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(kube.object("web")["status"]["cloud"]["credentialSource"], "Secret");
    EXPECT_EQ(sim.puts(), 0U);
    crash();
    kube.update("web", [](auto& object) { object["spec"].erase("cloudCredentialsRef"); });
    start();
    kube.remove("web");
    advance(1h);
    ASSERT_TRUE(kube.exists("web"));
    EXPECT_EQ(kube.ready_reason("web"), "CredentialsMissing");
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{there.ref});
}

TEST_F(credentials, of_the_controller_are_not_borrowed_for_what_another_project_put_there)
{
    attach();
    crash();
    kube.set_secret("cloud", {});
    kube.update("web", [](auto& object) {
        object["spec"].erase("cloudCredentialsRef");
        object["status"]["cloud"]["projectId"] = "another";
        object["status"]["cloud"]["credentialSource"] = "Controller";
    });
    start();
    kube.remove("web");
    advance(1h);
    ASSERT_TRUE(kube.exists("web"));
    EXPECT_EQ(kube.ready_reason("web"), "CredentialsMissing");
    EXPECT_THAT(kube.message("web"), HasSubstr("abandon=\"true\""));
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(credentials, of_the_controller_are_borrowed_for_a_forged_status_and_remove_nothing)
{
    const auto there = certificate("there.example.com");
    const auto shared = sim.add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .sni_refs = {there.ref}, .port = 444}
    );
    admitted = {.all = false, .namespaces = {"certificate-binding"}};
    start();
    kube.create(
        {.name = "own", .certificate = a.id, .listener = listener, .name_space = "certificate-binding"}
    );
    ASSERT_TRUE(until([&] { return kube.state("own") == "active"; }));
    kube.create({.name = "web", .certificate = there.id, .listener = shared, .sni = true});
    ASSERT_TRUE(says("CredentialsMissing"));
    const auto puts = sim.puts();
    kube.update("web", [&](auto& object) {
        object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
        object["status"]["cloud"] = kube.object("own")["status"]["cloud"];
        object["status"]["attachments"] = {{{"containerRef", there.ref}, {"slot", "sni"}, {"confirmed", true}}
        };
    });
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{there.ref});
    EXPECT_EQ(sim.puts(), puts);
}

// The controller does not believe a ledger that another client writes while the controller runs, even if the
// forged ledger moves the binding to another target.
TEST_F(credentials, of_the_controller_are_not_borrowed_for_a_forged_status)
{
    const auto shared =
        sim.add_listener({.load_balancer = balancer, .default_ref = foreign, .sni_refs = {a.ref}, .port = 444}
        );
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = shared, .sni = true});
    ASSERT_TRUE(says("CredentialsMissing"));
    kube.update("web", [&](auto& object) {
        object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
        object["metadata"]["deletionTimestamp"] = "2026-11-24T00:00:00Z";
        object["status"]["attachments"] = {{{"containerRef", a.ref}, {"slot", "sni"}, {"confirmed", true}}};
        object["status"]["cloud"] = {
            {"identity", "http://127.0.0.1:15000/v3"},
            {"projectId", project},
            {"region", "sao1"},
            {"credentialSource", "Controller"}
        };
    });
    advance(1h);
    EXPECT_EQ(sim.puts(), 0U);
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{a.ref});
}

}  // namespace
