// quarantine: the status of a refused certificate gives the reason, and the other certificates are served.
#include "component/controller_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class refused : public test::controller_world
{
protected:
    refused() { someone = sim.add_user("someone", project); }

    void bind(const std::string& name, const cloudsim::control::certificate& to)
    {
        bound[name] = to;
        kube.create({.name = name, .certificate = to.id, .listener = listener, .sni = true});
    }
    void bind_good(const std::vector<std::string>& names)
    {
        for (const std::string& name : names)
        {
            bind(name, certificate(name + ".example.com"));
        }
    }

    cloudsim::control::certificate locked_bundle()
    {
        return sim.add_certificate(
            {.project = project, .kind = "pkcs12", .names = {"locked.example.com"}, .pass_phrase = "x"}
        );
    }
    // A certificate in the project that no binding names.
    cloudsim::control::certificate of_someone(const std::string& name, bool is_private = false)
    {
        return sim.add_certificate(
            {.project = project, .names = {name + ".example.com"}, .is_private = is_private, .user = someone}
        );
    }
    void make_private(const std::string& id, bool is_private) { sim.set_private(id, is_private); }

    bool all_active(const std::vector<std::string>& names)
    {
        return until([&] {
            return std::ranges::all_of(names, [&](const auto& name) { return kube.state(name) == "active"; });
        });
    }
    void expect_served(const std::vector<std::string>& names) { expect_served(names, names.size()); }
    void expect_served(const std::vector<std::string>& names, std::size_t sni_refs)
    {
        for (const std::string& name : names)
        {
            EXPECT_EQ(served(name + ".example.com"), bound.at(name).ref) << name;
        }
        EXPECT_EQ(sim.get_listener(listener).sni_refs.size(), sni_refs);
        EXPECT_EQ(served("any.example.com"), foreign);
    }

    std::map<std::string, cloudsim::control::certificate> bound;
    std::string someone;
};

TEST_F(refused, each_bad_one_is_told_and_the_good_ones_are_served_and_a_start_knows_it)
{
    const std::vector<std::string> good{"a", "b", "c", "d"};
    start();
    bind_good(good);
    bind("locked", locked_bundle());
    bind("pem", sim.add_certificate({.project = project, .kind = "pem", .names = {"pem.example.com"}}));
    bind("private", of_someone("private", true));
    ASSERT_TRUE(all_active(good));
    ASSERT_TRUE(becomes("locked", "CertificateRefused")) << kube.object("locked").dump(1);
    ASSERT_TRUE(becomes("pem", "CertificateRefused")) << kube.object("pem").dump(1);
    ASSERT_TRUE(becomes("private", "CertificateAccessDenied")) << kube.object("private").dump(1);
    EXPECT_THAT(kube.message("locked"), AllOf(HasSubstr("400"), HasSubstr("needs a pass phrase")));
    EXPECT_THAT(kube.message("pem"), AllOf(HasSubstr("400"), HasSubstr("not a PKCS12 bundle")));
    EXPECT_LE(sim.puts(), 4U) << "all, those whose payload has nothing against it, and each of the others";
    expect_served(good);

    const auto puts = sim.puts();
    const auto writes = kube.writes.size();
    crash();
    start();
    advance(30min);
    EXPECT_EQ(sim.puts(), puts) << "a start believes what it finds";
    EXPECT_EQ(kube.writes.size(), writes);
    expect_served(good);
}

TEST_F(refused, the_bad_one_is_found_by_halves_where_its_payload_cannot_be_read)
{
    const std::vector<std::string> good{"a", "b", "c", "d", "e", "f", "g"};
    sim.fail({.service = "key-manager", .path = "/payload$", .times = {}}, {.status = 403});
    start();
    bind_good({"a", "b", "c"});
    bind("locked", locked_bundle());
    bind_good({"d", "e", "f", "g"});
    ASSERT_TRUE(becomes("locked", "CertificateRefused")) << kube.object("locked").dump(1);
    ASSERT_TRUE(all_active(good));
    EXPECT_LE(sim.puts(), 2U + 3U) << "two and the logarithm of eight";
    expect_served(good);
}

TEST_F(refused, what_octavia_names_is_looked_up_and_left_out)
{
    sim.hold({.service = "load-balancer", .method = "PUT"});
    start();
    bind("lost", of_someone("lost"));
    bind_good({"a", "b"});
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    make_private(bound["lost"].id, true);
    sim.release();
    ASSERT_TRUE(all_active({"a", "b"}));
    ASSERT_TRUE(becomes("lost", "CertificateAccessDenied")) << kube.object("lost").dump(1);
    EXPECT_EQ(sim.puts(), 2U);
    expect_served({"a", "b"});
    make_private(bound["lost"].id, false);
    ASSERT_TRUE(all_active({"lost"}));
    expect_served({"a", "b", "lost"});
}

TEST_F(refused, one_of_others_that_we_may_not_read_blocks_by_its_name)
{
    const auto ops = sim.add_project("ops");
    sim.add_user("ops", ops);
    const auto theirs = sim.add_certificate({.project = ops, .names = {"ops.example.com"}}).ref;
    start();
    bind_good({"kept"});
    ASSERT_TRUE(all_active({"kept"}));
    sim.set_listener_refs(listener, foreign, {bound["kept"].ref, theirs});
    bind_good({"a"});
    ASSERT_TRUE(becomes("a", "BlockedByUnreadableRef")) << kube.object("a").dump(1);
    EXPECT_THAT(kube.message("a"), AllOf(HasSubstr(theirs), Not(HasSubstr(bound["kept"].ref))));
    const auto puts = sim.puts();
    advance(30min);
    EXPECT_EQ(sim.puts(), puts) << "Octavia is not asked again and again";
    EXPECT_EQ(kube.state("kept"), "active");
    expect_served({"kept"}, 2);
    sim.set_listener_refs(listener, foreign, {bound["kept"].ref});
    ASSERT_TRUE(all_active({"a", "kept"})) << kube.object("a").dump(1);
    expect_served({"a", "kept"});
}

TEST_F(refused, a_certificate_without_a_common_name_is_told_so)
{
    start();
    bind_good({"a"});
    bind("nameless", sim.add_certificate({.project = project, .kind = "pkcs12", .names = {}}));
    ASSERT_TRUE(all_active({"a"}));
    ASSERT_TRUE(becomes("nameless", "CertificateRefused")) << kube.object("nameless").dump(1);
    EXPECT_THAT(
        kube.message("nameless"), AllOf(HasSubstr("400"), HasSubstr("no common name in its subject"))
    );
    EXPECT_LE(sim.puts(), 6U) << "five tries of what the certificate service shows, the first with the other";
    expect_served({"a"});
}

// ---- the certificate service is down: Octavia's 400 has the words of a bad certificate ----

// Octavia knows that Barbican does not answer, and the controller does not know it yet.
class barbican_down : public refused
{
protected:
    void fall_down_under_the_put_of(const std::string& name)
    {
        sim.hold({.service = "load-balancer", .method = "PUT"});
        bind_good({name});
        ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
        set_down({"key-manager"});
        sim.release();
    }
    void set_down(const std::vector<std::string>& services) { sim.set({{"down", services}}); }

    void expect_nothing_said_of_certificates()
    {
        EXPECT_THAT(
            reasons_of_events(),
            Each(Not(AnyOf(HasSubstr("CertificateRefused"), HasSubstr("BlockedByUnreadableRef"))))
        );
    }
};

TEST_F(barbican_down, is_no_word_about_the_certificate_that_was_to_be_attached)
{
    start();
    fall_down_under_the_put_of("a");
    ASSERT_TRUE(becomes("a", "CloudUnavailable")) << kube.object("a").dump(1);
    advance(10min);
    EXPECT_EQ(kube.ready_reason("a"), "CloudUnavailable");
    EXPECT_EQ(sim.puts(), 1U) << "nothing can be attached meanwhile";
    set_down({});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 2min)) << kube.object("a").dump(1);
    expect_served({"a"});
    expect_nothing_said_of_certificates();
}

TEST_F(barbican_down, nor_about_those_that_are_attached)
{
    start();
    bind_good({"kept"});
    ASSERT_TRUE(all_active({"kept"}));
    fall_down_under_the_put_of("a");
    ASSERT_TRUE(becomes("a", "CloudUnavailable")) << kube.object("a").dump(1);
    advance(10min);
    EXPECT_EQ(kube.ready_reason("a"), "CloudUnavailable");
    EXPECT_EQ(sim.puts(), 2U);
    expect_served({"kept"});
    set_down({});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 2min)) << kube.object("a").dump(1);
    EXPECT_EQ(kube.state("kept"), "active");
    expect_served({"a", "kept"});
    expect_nothing_said_of_certificates();
}

TEST_F(barbican_down, holds_a_detach_up_and_is_no_word_about_the_others)
{
    start();
    bind_good({"kept", "gone"});
    ASSERT_TRUE(all_active({"kept", "gone"}));
    set_down({"key-manager"});
    kube.remove("gone");
    advance(2h);
    ASSERT_TRUE(kube.exists("gone"));
    EXPECT_EQ(sim.puts(), 1U) << "Octavia's worker would drop the listener";
    EXPECT_EQ(kube.state("gone"), "deleting");
    EXPECT_THAT(kube.message("gone"), Not(HasSubstr("Replace or remove")));
    expect_served({"kept", "gone"});
    set_down({});
    ASSERT_TRUE(goes("gone")) << kube.object("gone").dump(1);
    expect_served({"kept"});
    expect_nothing_said_of_certificates();
}

}  // namespace
