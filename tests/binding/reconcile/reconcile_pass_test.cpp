// The pass as a machine: what it says beside the plan's steps, and what it leaves to the state.
#include "binding/reconcile/reconcile_pass.hpp"

#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"
#include "binding/reconcile/patches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using access = binding::target_state_access;

// A binding of another credential on the same listener that wants `certificate` in the default slot.
struct peer_binding
{
    peer_binding(world_builder& w, const std::string& certificate)
    {
        object.name = "other";
        object.name_space = support::interned("blog");
        object.uid = *support::uuid::parse("ffffffff-0000-4000-8000-000000000001");
        object.finalizers.add(binding::finalizer);
        object.created = w.wall();
        object.spec.certificate_id = certificate_id(certificate);
        w.peers = {{&object, &known, peer_target(), true}};
        w.write_peer = [this](const binding::write& each) {
            object.status = each.wanted;
            known.held = each.wanted.ledger;
        };
    }

    void holds(const std::string& certificate)
    {
        object.status.ledger.attachments.push_back({ref(certificate), default_slot, true});
    }

    binding::certificate_binding object;
    binding::binding_state known;
};

TEST(reconcile_pass, a_peer_whose_entry_a_put_was_about_to_remove_is_woken_at_the_end)
{
    world_builder w;
    w.shows("b").add("web", "a").older();
    w.certificates["a"] = not_active("a");
    peer_binding other(w, "b");
    other.holds("b");
    w.finish();  // the listener was read for the first time, which wakes the peer as well
    w.later(15s);
    w.certificates["a"] = active("a");
    w.woken.clear();
    const auto put = w.put();
    EXPECT_EQ(to_text(other.object.status.ledger), "[default b?]");
    EXPECT_THAT(w.woken, IsEmpty());
    w.fail(put, {cloud::failure::refused, "PKCS12 bundle is unreadable", {}, {}});
    w.finish();
    EXPECT_THAT(w.woken, Contains(peer_target()));
}

TEST(reconcile_pass, a_peer_is_woken_when_a_ledger_has_changed_without_a_put)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("web", "a", sni_slot);
    const peer_binding other(w, "b");
    w.finish();
    w.woken.clear();
    w.add("late", "b").sni();
    w.later(1s).finish();
    EXPECT_EQ(w.status("late"), "active Attached [sni b]");
    EXPECT_THAT(w.woken, Contains(peer_target())) << "it may wait for the entry before its own binding goes";
}

TEST(reconcile_pass, a_pass_that_changes_nothing_for_its_peers_wakes_nobody)
{
    world_builder w;
    w.shows("a", {"b"}).add_attached("web", "a", default_slot);
    peer_binding other(w, "b");
    other.object.spec.sni = true;
    w.finish();
    EXPECT_THAT(w.woken, Contains(peer_target())) << "the listener was read for the first time";
    w.woken.clear();
    w.later(1min).finish();
    EXPECT_THAT(w.woken, IsEmpty());
}

TEST(reconcile_pass, a_ledger_that_somebody_wrote_into_the_status_of_a_peer_is_not_believed)
{
    world_builder w;
    w.shows("b").add("web", "a");
    peer_binding other(w, "b");
    other.object.created -= std::chrono::hours(24);
    w.peers.front().reads_listener = false;
    other.known.held = binding::ledger{};
    other.holds("b");  // would be older, and attached
    EXPECT_EQ(to_text(binding::step(w.put())), "put default=a");
}

TEST(reconcile_pass, the_turn_is_given_back_after_the_deadline_though_nobody_saw_what_became_of_the_put)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.cut(w.put(), false);
    w.listener = failing(cloud::failure::transient);
    w.later(1s).finish();
    EXPECT_EQ(w.turn, binding::turn_state::ours);
    w.later(40s).finish();
    EXPECT_TRUE(w.facts().puts.under_way);
    EXPECT_EQ(w.turn, binding::turn_state::free);
}

TEST(reconcile_pass, a_binding_that_comes_while_the_pass_is_under_way_joins_the_next_one)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.plan_once();
    w.add("late", "b").sni();
    const auto put = w.put();
    EXPECT_EQ(to_text(binding::step(put)), "put sni=a");
    w.accept(put);
    w.settle();
    w.later(1s);
    EXPECT_EQ(to_text(binding::step(w.put())), "put sni=a,b");
}

TEST(reconcile_pass, a_binding_that_brings_a_ledger_takes_part_at_once)
{
    world_builder w;
    w.shows("f", {"b"}).add("web", "a").sni();
    w.plan_once();
    w.add_attached("late", "b", sni_slot);
    w.change("late").deleting();
    EXPECT_EQ(to_text(binding::step(w.put())), "put sni=a");
}

TEST(reconcile_pass, what_is_listened_to_is_read_again_after_a_put_was_answered)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.clear_trace();
    w.settle();
    w.finish();
    EXPECT_THAT(w.reads(), Contains(StartsWith("read listener")));
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(reconcile_state, a_binding_with_another_credential_keeps_its_ledger_and_loses_what_the_old_one_was_told)
{
    binding::reconcile_state state{support::time_point{}};
    const auto uid = *support::uuid::parse("ffffffff-0000-4000-8000-000000000001");
    binding::target to = peer_target();
    to.credential = support::interned("ours");
    auto& known = access::facts(state.of(peer_target())).bindings[uid];
    known.held = binding::ledger{{{ref("a"), sni_slot, true}}, {}, {}};
    known.quarantine = binding::quarantine{certificate_id("a"), sni_slot, "refused", {}};
    known.certificate = {{}, active("a")};
    access::facts(state.of(peer_target())).puts.under_way.emplace().phase = binding::put_phase::before_start;
    state.hand_over(peer_target(), to, uid);
    ASSERT_TRUE(state.of(to).facts().bindings.contains(uid));
    EXPECT_FALSE(state.of(peer_target()).facts().bindings.contains(uid));
    const auto& kept = state.of(to).facts().bindings.at(uid);
    ASSERT_TRUE(kept.held);
    EXPECT_EQ(to_text(*kept.held), "[sni a]");
    EXPECT_FALSE(kept.quarantine);
    EXPECT_FALSE(kept.certificate);
    EXPECT_TRUE(state.of(to).facts().puts.under_way)
        << "a PUT of an earlier process is waited for here as there";
}

TEST(reconcile_state, a_request_for_cleanup_is_taken_once)
{
    binding::reconcile_state state{support::time_point{}};
    EXPECT_FALSE(state.take_cleanup_request(peer_target()));
    state.request_cleanup(peer_target());
    state.request_cleanup(peer_target());
    EXPECT_TRUE(state.take_cleanup_request(peer_target()));
    EXPECT_FALSE(state.take_cleanup_request(peer_target()));
}

TEST(patches, what_an_answer_means_for_what_kubernetes_holds)
{
    const auto meaning = [](support::errc code, int status) {
        return binding::meaning_of({code, "", status, std::nullopt});
    };
    using binding::write_answer;
    EXPECT_EQ(meaning(support::errc::status, 409), write_answer::conflict);
    EXPECT_EQ(meaning(support::errc::status, 403), write_answer::refused);
    EXPECT_EQ(meaning(support::errc::status, 404), write_answer::refused);
    EXPECT_EQ(meaning(support::errc::status, 504), write_answer::lost);
    EXPECT_EQ(meaning(support::errc::interrupted, 0), write_answer::lost);
}

}  // namespace
