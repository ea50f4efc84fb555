// readable-before-write: the controller makes no change that would make Octavia drop a listener because of a
// missing certificate.
#include "component/controller_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class dead_refs : public test::controller_world
{
protected:
    // Another listener of the load balancer, with a binding "there".
    void add_other_listener()
    {
        other_default = certificate("other.example.com");
        other_listener =
            sim.add_listener({.load_balancer = balancer, .default_ref = other_default.ref, .port = 444});
        there = certificate("there.example.com");
        kube.create({.name = "there", .certificate = there.id, .listener = other_listener, .sni = true});
        start();
        ASSERT_TRUE(until([&] { return kube.state("there") == "active"; }));
    }

    void bind_web()
    {
        web = certificate("web.example.com");
        kube.create({.name = "web", .certificate = web.id, .listener = listener, .sni = true});
    }

    static std::string id_of(const std::string& ref) { return ref.substr(ref.rfind('/') + 1); }

    void expect_always_served()
    {
        for (const std::string& id : {listener, other_listener})
        {
            for (const auto& change : sim.history(id))
            {
                EXPECT_NE(change.object.value("provisioning_status", ""), "ERROR") << id;
            }
        }
    }

    std::string other_listener;
    cloudsim::control::certificate other_default;
    cloudsim::control::certificate there;
    cloudsim::control::certificate web;
};

TEST_F(dead_refs, of_a_client_ca_or_a_revocation_list_stop_the_write_and_the_listener_stays_served)
{
    for (const bool of_the_ca : {true, false})
    {
        const auto ca = sim.add_certificate({.project = project, .kind = "ca"});
        listener = sim.add_listener(
            {.load_balancer = balancer,
             .default_ref = foreign,
             .client_ca_ref = ca.ref,
             .client_crl_ref = ca.crl_ref,
             .port = of_the_ca ? 444 : 445}
        );
        const std::string dead = of_the_ca ? ca.ref : ca.crl_ref;
        sim.remove_certificate(id_of(dead));
        start();
        bind_web();
        ASSERT_TRUE(becomes("web", "BlockedByUnreadableRef")) << kube.object("web").dump(1);
        EXPECT_THAT(kube.message("web"), HasSubstr(dead));
        advance(1h);
        EXPECT_EQ(sim.puts(), 0U);
        EXPECT_EQ(served("web.example.com"), foreign);
        EXPECT_THAT(kube.attachments("web"), IsEmpty());
        kube.remove("web");
        ASSERT_TRUE(goes("web"));
        crash();
    }
    start();
}

TEST_F(dead_refs, of_others_on_another_listener_stop_the_write_that_would_take_it_down)
{
    add_other_listener();
    sim.remove_certificate(other_default.id);
    bind_web();
    ASSERT_TRUE(becomes("web", "BlockedByUnreadableRef")) << kube.object("web").dump(1);
    EXPECT_THAT(
        kube.message("web"),
        AllOf(
            HasSubstr("listener " + other_listener + " holds " + other_default.ref),
            HasSubstr("does not exist")
        )
    );
    advance(1h);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_EQ(served(other_listener, "there.example.com"), there.ref);
    EXPECT_EQ(served(other_listener, "any.example.com"), other_default.ref) << "as long as nobody writes";
    EXPECT_EQ(served("web.example.com"), foreign);

    sim.set_listener_refs(other_listener, foreign, {there.ref});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(served("web.example.com"), web.ref);
    EXPECT_EQ(served(other_listener, "there.example.com"), there.ref);
    expect_always_served();
}

TEST_F(dead_refs, of_ours_on_another_listener_go_first)
{
    add_other_listener();
    sim.remove_certificate(there.id);
    bind_web();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("there", "CertificateNotFound"));
    EXPECT_EQ(served("web.example.com"), web.ref);
    EXPECT_EQ(served(other_listener, "any.example.com"), other_default.ref);
    EXPECT_THAT(sim.get_listener(other_listener).sni_refs, IsEmpty());
    EXPECT_EQ(sim.puts(), 3U);
    expect_always_served();
}

}  // namespace
