#include "binding/reconcile/on_change.hpp"

#include "binding/reconcile/pass_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace test;
using runtime::urgency;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class change : public passes_by_hand
{
protected:
    const binding::certificate_binding& object(const std::string& name)
    {
        return *one->store.find(*support::uuid::parse(kube.object(name)["metadata"]["uid"].get<std::string>())
        );
    }
    binding::target target_of(const std::string& name) { return one->credentials.target_of(object(name)); }

    // The user edits the binding.
    void edit(const std::string& name)
    {
        woken.clear();
        kube.update(name, [](auto& object) { object["spec"]["certificateId"] = cert_c; });
        see();
    }
};

TEST_F(change, of_a_binding_wakes_its_target_and_no_other)
{
    attach("web", cert_a);
    create({.name = "blog", .certificate = cert_b, .listener = listener_2});
    edit("web");
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web")}));
    woken.clear();
    see();
    EXPECT_THAT(woken, IsEmpty()) << "nothing has changed";
}

TEST_F(change, of_a_binding_wakes_the_peers_that_share_its_listener)
{
    one->credentials.give_of_the_same_cloud("next-door", &cloud);
    create({.name = "web", .certificate = cert_a, .listener = listener_1});
    create({.name = "peer", .certificate = cert_b, .listener = listener_1, .name_space = "next-door"});
    edit("web");
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web")}, wake_up{target_of("peer")}));
}

TEST_F(change, of_a_binding_that_arrives_after_another_is_prepared_while_more_may_arrive)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    pass();
    woken.clear();
    create({.name = "shop", .certificate = cert_b, .listener = listener_1, .sni = true});
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("shop"), urgency::urgent, settings.settle / 2}));
}

TEST_F(
    change, of_a_binding_that_arrives_while_others_have_waited_for_long_asks_for_one_pass_with_those_after_it
)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1});
    const binding::certificate_binding& web = object("web");
    const binding::object_changed created{nullptr, &web, std::nullopt, target_of("web")};
    binding::target_facts facts;
    facts.arrivals.first = support::time_point{};
    facts.arrivals.last = *facts.arrivals.first + settings.settle_at_most;
    EXPECT_EQ(requeue_delay(created, &facts, settings), settings.settle);
}

TEST_F(change, of_a_binding_that_arrives_beside_a_peer_asks_for_one_pass_because_each_reads_the_listener)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1});
    const binding::certificate_binding& web = object("web");
    const binding::object_changed created{nullptr, &web, std::nullopt, target_of("web")};
    binding::target_facts facts;
    facts.arrivals.first = facts.arrivals.last = support::time_point{};
    EXPECT_EQ(requeue_delay(created, &facts, settings), settings.settle / 2);
    facts.peers.since = support::time_point{};
    EXPECT_EQ(requeue_delay(created, &facts, settings), settings.settle);
}

TEST_F(change, that_ends_a_binding_wakes_the_target_that_it_was_in)
{
    attach("web", cert_a);
    const auto here = target_of("web");
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    see();
    woken.clear();
    kube.remove("web");
    one->sink->deleted(kube.last_removed());
    EXPECT_THAT(woken, ElementsAre(wake_up{here}));
}

TEST_F(change, of_the_credential_wakes_both_targets_and_takes_along_what_is_known)
{
    attach("web", cert_a);
    const auto uid = object("web").uid;
    const auto old = target_of("web");
    const auto ledger = one->reconciler.facts_of(old)->bindings.at(uid).held;
    woken.clear();
    one->credentials.give_of_the_same_cloud("shop", &cloud);
    one->store.place_again({uid});
    const auto here = target_of("web");
    ASSERT_NE(here, old);
    EXPECT_THAT(woken, Contains(wake_up{old}));
    EXPECT_THAT(woken, Contains(wake_up{here}));
    EXPECT_TRUE(one->reconciler.facts_of(old)->bindings.empty());
    EXPECT_EQ(one->reconciler.facts_of(here)->bindings.at(uid).held, ledger);
}

TEST_F(change, that_the_controller_itself_made_wakes_nobody_though_the_watch_shows_it_before_the_answer)
{
    int shown = 0;
    kube.after_write = [&](const auto&) -> std::optional<support::error> {
        woken.clear();
        see();
        EXPECT_THAT(woken, IsEmpty());
        ++shown;
        return std::nullopt;
    };
    attach("web", cert_a);
    EXPECT_EQ(shown, 3) << "finalizer, ledger ahead of the change, status after it";
}

// Two controllers on the same bindings would answer each other at the pace of the API server.
TEST_F(change, by_somebody_else_of_the_status_is_answered_at_once_and_then_ever_more_rarely)
{
    attach("web", cert_a);
    woken.clear();
    bool odd = false;
    const auto write_as_another = [&](const std::string& name) {
        odd = !odd;
        kube.update(name, [&](auto& object) {
            object["status"]["attachments"][0]["containerRef"] = ref(odd ? cert_b : cert_c).str();
        });
        see();
        return woken.back().delay;
    };
    EXPECT_EQ(write_as_another("web"), 0s);
    passes();
    EXPECT_EQ(write_as_another("web"), 1s);
    advance(400ms);
    EXPECT_EQ(write_as_another("web"), 600ms) << "what comes meanwhile waits for the same answer";
    kube.update("web", [](auto& object) { object["metadata"]["labels"]["site"] = "blue"; });
    see();
    EXPECT_EQ(woken.back().delay, 600ms) << "so does what does not ask for anything";
    advance(600ms);
    EXPECT_EQ(write_as_another("web"), 2s);
    edit("web");
    EXPECT_EQ(woken.back().delay, 0s) << "a user waits for the answer to a change of the spec";
    for (int i = 0; i < 10; ++i)
    {
        advance(5min);
        EXPECT_LE(write_as_another("web"), 5min);
    }
    EXPECT_EQ(woken.back().delay, 5min);
    advance(15min);
    EXPECT_EQ(write_as_another("web"), 0s);
}

TEST_F(change, of_a_secret_wakes_the_target_also_where_it_stays_the_same)
{
    attach("web", cert_a);
    woken.clear();
    one->store.place_again({object("web").uid});
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web")}));
}

TEST_F(change, wakes_nobody_before_all_is_listed_and_every_target_then)
{
    attach("web", cert_a);
    create({.name = "new", .certificate = cert_b, .listener = listener_2});
    woken.clear();
    restart();
    ASSERT_EQ(woken.size(), 2U);
    EXPECT_THAT(woken, Contains(wake_up{target_of("new"), urgency::urgent}));
    const auto at_rest = std::ranges::find(woken, target_of("web"), &wake_up::target);
    ASSERT_NE(at_rest, woken.end());
    EXPECT_EQ(at_rest->urgency, urgency::routine);
}

// A start asks the cloud for no more at a time than the rest does.
TEST_F(change, that_none_is_left_to_do_is_verified_within_the_resync_period_after_a_start)
{
    attach("web", cert_a);
    woken.clear();
    restart();
    ASSERT_EQ(woken.size(), 1U);
    EXPECT_GT(woken.front().delay, std::chrono::seconds(1)) << "drawn, with one seed in each run";
    EXPECT_LE(woken.front().delay, settings.resync_period);
}

TEST_F(change, that_waits_for_something_is_looked_at_at_once_after_a_start)
{
    attach("web", cert_a);
    kube.update("web", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = "now";
    });
    woken.clear();
    restart();
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web"), urgency::routine}));
    kube.update("web", [](auto& object) {
        object["metadata"].erase("annotations");
        object["status"]["attachments"][0]["confirmed"] = false;
    });
    woken.clear();
    restart();
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web"), urgency::routine}));
}

TEST_F(change, that_was_made_while_no_controller_ran_is_urgent_after_the_start)
{
    attach("web", cert_a);
    kube.remove("web");
    woken.clear();
    restart();
    EXPECT_THAT(woken, ElementsAre(wake_up{target_of("web"), urgency::urgent}));
}

}  // namespace
