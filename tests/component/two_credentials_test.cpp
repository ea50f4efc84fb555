// Several credentials on one listener, through the whole controller (own-credential).
#include "component/credentials_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using test::credentials;
using testing::HasSubstr;
using testing::IsEmpty;

// "web" acts with the Secret "cloud", the other binding with the Secret "other".
class two_credentials : public credentials
{
protected:
    two_credentials() { b = certificate("b.example.com"); }

    void give_both(const cloudsim::control::credential& second)
    {
        give(credential);
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(second)}});
        start();
    }

    void first(const std::string& id, bool sni, int age = 60)
    {
        kube.create(
            {.name = "web",
             .certificate = id,
             .listener = listener,
             .sni = sni,
             .age_seconds = age,
             .secret = "cloud"}
        );
    }
    void second(const std::string& id, bool sni, const std::string& uid = {})
    {
        kube.create(
            {.name = "next",
             .certificate = id,
             .listener = listener,
             .sni = sni,
             .secret = "other",
             .uid = uid}
        );
    }

    cloudsim::control::certificate b;
};

TEST_F(two_credentials, of_one_project_share_a_listener_and_leave_each_other_alone)
{
    give_both(other);
    first(a.id, true);
    second(b.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
    EXPECT_EQ(sim.puts(), 2U);
    kube.remove("web");
    kube.remove("next");
    ASSERT_TRUE(goes("web") && goes("next"));
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
    EXPECT_EQ(sim.get_listener(listener).default_ref, foreign);
}

TEST_F(two_credentials, the_older_default_wins_over_the_credentials)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_THAT(
        kube.message("next"), HasSubstr("409: binding shop/web has the listener's default certificate")
    );
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U) << "who has to lose is never attached";
    crash();
    start();
    advance(30min);
    EXPECT_EQ(sim.puts(), 1U) << "nothing flaps over a restart";
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
}

TEST_F(two_credentials, are_waited_for_until_each_has_read_the_listener)
{
    for (const std::uint64_t slow : {0U, 1U})
    {
        kube.set_secret("cloud", {{"clouds.yaml", test::controller_process::clouds_yaml(credential)}});
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(other)}});
        first(a.id, false);
        second(b.id, false);
        const auto puts = sim.puts();
        sim.remove_rules();
        sim.delay({.service = "load-balancer", .method = "GET", .path = "/listeners/", .skip = slow}, 3s);
        start();
        ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
        ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
        EXPECT_EQ(sim.puts(), puts + 1) << "who has to lose is not attached because it was faster";
        kube.remove("next");
        kube.remove("web");
        ASSERT_TRUE(goes("web") && goes("next"));
        crash();
    }
    start();
}

TEST_F(two_credentials, for_one_keystone_in_two_spellings_share_its_listeners)
{
    const std::string spelled = "http://127.0.0.1:15000/v3";
    auto text = test::controller_process::clouds_yaml(other);
    text.replace(text.find(spelled), spelled.size(), "HTTP://127.0.0.1:15000/");
    give(credential);
    kube.set_secret("other", {{"clouds.yaml", text}});
    start();
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

TEST_F(two_credentials, an_older_binding_takes_the_default_from_a_younger_one_that_is_attached)
{
    give_both(other);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached"));
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict"));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_THAT(kube.attachments("next"), IsEmpty());
    EXPECT_EQ(kube.object("web")["status"]["replacedDefaultRef"], foreign)
        << "the recorded default travels with the slot";
    kube.remove("next");
    kube.remove("web");
    ASSERT_TRUE(goes("web") && goes("next"));
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(two_credentials, a_binding_of_the_same_second_takes_nothing_from_one_that_is_attached)
{
    give_both(other);
    first(a.id, false, 0);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(b.id, false, support::uuid().str());
    ASSERT_LT(kube.object("next")["metadata"]["uid"], kube.object("web")["metadata"]["uid"]);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    crash();
    start();
    advance(30min);
    EXPECT_EQ(kube.ready_reason("web"), "Attached");
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

TEST_F(two_credentials, the_loser_takes_over_when_the_winner_goes)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached"));
    EXPECT_EQ(sim.puts(), 2U) << "one change hands it over";
    kube.remove("next");
    ASSERT_TRUE(goes("next"));
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(two_credentials, a_duplicate_passes_on_without_a_change)
{
    give_both(other);
    first(a.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(a.id, true);
    ASSERT_TRUE(becomes("next", "Conflict"));
    EXPECT_THAT(kube.message("next"), HasSubstr("409: binding shop/web binds this certificate"));
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached"));
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_EQ(served("a.example.com"), a.ref);
    advance(1min);
    EXPECT_TRUE(std::ranges::none_of(kube.events, [](const auto& event) {
        return event["reason"] == "RefsOrphaned";
    }));
}

TEST_F(two_credentials, an_heir_that_does_not_come_is_waited_for_a_minute)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    kube.before_write = [](const kube::patch_request& request) -> std::optional<support::error> {
        return request.name == "next" ? std::optional(support::error{support::errc::unreachable, "no", 0, {}})
                                      : std::nullopt;
    };
    kube.remove("web");
    advance(50s);
    EXPECT_EQ(served("any.example.com"), a.ref);
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign) << "the one before goes back";
}

TEST_F(two_credentials, a_put_of_the_other_is_waited_for)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    second(b.id, true);
    advance(20s);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_NE(kube.state("next"), "active");
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Attached"));
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
}

TEST_F(two_credentials, a_put_under_way_when_the_content_changes_is_resolved)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    give(other);
    advance(5s);
    EXPECT_EQ(sim.puts(), 1U);
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

TEST_F(two_credentials, a_deletion_waits_for_the_put_of_the_credential_that_it_had)
{
    give_both(other);
    advance(2min);  // no PUT of an earlier process can take effect any more
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    kube.remove("web");
    give(other);
    advance(20s);
    EXPECT_TRUE(kube.exists("web")) << "the PUT may still put its certificate there";
    sim.release();
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
}

// "web" may read the listener but not change it.
class one_that_may_not_write : public two_credentials
{
protected:
    one_that_may_not_write()
    {
        const auto user =
            sim.add_user("observer", project, std::set<std::string>{"load-balancer_observer", "creator"});
        give(sim.add_application_credential(user, project));
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(other)}});
        start();
    }
};

TEST_F(one_that_may_not_write, does_not_keep_the_next_one_away)
{
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << kube.object("web").dump(1);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << "it waited for the change of the other";
    const auto writes = kube.writes.size();
    advance(1h);
    crash();
    start();
    advance(1h);
    EXPECT_EQ(kube.ready_reason("web"), "ListenerAccessDenied");
    EXPECT_EQ(kube.state("next"), "active");
    EXPECT_EQ(kube.writes.size(), writes) << "neither flaps, also over a restart";
    EXPECT_EQ(served("any.example.com"), b.ref);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
}

TEST_F(one_that_may_not_write, is_no_longer_waited_for_by_who_lost_to_it)
{
    second(b.id, false);
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
}

TEST_F(one_that_may_not_write, wins_again_once_it_may)
{
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    give(credential);
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(two_credentials, a_put_of_an_earlier_process_is_waited_for)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    crash();
    second(b.id, true);
    start();
    advance(25s);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_NE(kube.state("next"), "active");
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Attached"));
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
}

TEST_F(two_credentials, a_put_of_an_earlier_process_is_waited_for_as_long_as_the_listeners_refs_take)
{
    std::set<std::string> many;
    for (int i = 0; i < 20; ++i)
    {
        many.insert(certificate("foreign-" + std::to_string(i) + ".example.com").ref);
    }
    sim.set_listener_refs(listener, foreign, many);
    give(credential);
    start();
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    crash();
    kube.remove("web");
    kube.set_secret("cloud", {});
    start();
    advance(1s);
    give(credential);
    advance(40s);
    EXPECT_TRUE(kube.exists("web")) << "the PUT may still take effect";
    sim.release();
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(sim.get_listener(listener).sni_refs, many);
}

TEST_F(
    two_credentials, of_one_content_that_come_one_after_the_other_after_a_start_take_nothing_from_each_other
)
{
    give_both(credential);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    crash();
    kube.set_secret("cloud", {});
    sim.hold({.service = "load-balancer", .method = "GET"});
    start();
    ASSERT_TRUE(until([&] { return !sim.held().empty(); })) << "the pass of next is under way";
    give(credential);
    sim.release();
    advance(10min);
    EXPECT_EQ(kube.ready_reason("web"), "Attached") << kube.object("web").dump(1);
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

// The owner of the listener and an administrator with certificates of another project.
class two_projects : public two_credentials
{
protected:
    two_projects()
    {
        const auto ops = sim.add_project("ops");
        admin = sim.add_application_credential(
            sim.add_user("admin", ops, std::set<std::string>{"load-balancer_admin", "creator", "member"}), ops
        );
        theirs = sim.add_certificate({.project = ops, .names = {"ops.example.com"}});
    }

    cloudsim::control::credential admin;
    cloudsim::control::certificate theirs;
};

TEST_F(two_projects, the_second_ones_sni_certificate_is_blocked_and_the_first_not_disturbed)
{
    give_both(admin);
    first(a.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto writes = std::ranges::count(kube.writes, "web status");
    second(theirs.id, true);
    ASSERT_TRUE(becomes("next", "BlockedByUnreadableRef")) << kube.object("next").dump(1);
    EXPECT_THAT(kube.message("next"), HasSubstr(a.ref + " of binding shop/web is not readable"));
    advance(1h);
    EXPECT_EQ(sim.puts(), 1U) << "nothing is written";
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(std::ranges::count(kube.writes, "web status"), writes);
    EXPECT_THAT(kube.attachments("next"), IsEmpty());
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    ASSERT_TRUE(until([&] { return kube.state("next") == "active"; }, 10s)) << kube.object("next").dump(1);
    EXPECT_EQ(served("ops.example.com"), theirs.ref);
}

TEST_F(two_projects, each_ones_default_is_set_with_its_own_credential)
{
    give_both(admin);
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(theirs.id, false);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    const auto writes = kube.writes.size();
    advance(30min);
    crash();
    start();
    advance(30min);
    EXPECT_EQ(sim.puts(), 1U) << "nothing flaps, also over a restart";
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(kube.writes.size(), writes);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), theirs.ref) << "the owner's credential cannot read it";
    EXPECT_EQ(sim.puts(), 2U) << "one change hands it over";
}

}  // namespace
