// own-credential: the decisions of a target while bindings with other credentials are on its listener.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// A binding "other" of another credential that holds and wants `certificate`.
struct other_credential
{
    other_credential(world_builder& world, const std::string& certificate, slot in)
    {
        object.name = "other";
        object.name_space = support::interned("blog");
        object.uid = *support::uuid::parse("ffffffff-0000-4000-8000-000000000001");
        object.finalizers.add(binding::finalizer);
        object.spec.certificate_id = certificate_id(certificate);
        object.spec.sni = in == sni_slot;
        object.status.ledger.attachments.push_back({ref(certificate), in, true});
        world.peers = {{&object, &state, target, true}};
        world.write_peer = [this](const binding::write& write) {
            ASSERT_EQ(write.uid, object.uid);
            object.status = write.wanted;
            state.held = write.wanted.ledger;
        };
    }

    binding::certificate_binding object;
    binding::binding_state state;
    binding::target target = peer_target();
};

TEST(plan_peers, before_the_first_write_each_credential_has_tried_to_read_the_listener)
{
    world_builder w;
    w.shows("f");
    w.add("web", "a");
    w.peers_unread = true;
    EXPECT_EQ(w.finish().next, binding::requeue::after);
    w.later(9s);
    EXPECT_EQ(w.finish().next, binding::requeue::after);
    EXPECT_THAT(w.steps(), Not(Contains(StartsWith("put"))));
    w.later(2s);
    w.put();
}

TEST(plan_peers, once_all_have_read_the_write_goes)
{
    world_builder w;
    w.shows("f");
    w.add("web", "a");
    w.put();
}

TEST(plan_peers, nothing_is_concluded_while_a_put_of_theirs_may_take_effect)
{
    world_builder w;
    w.shows("f");
    w.add_attached("sni", "b", sni_slot);
    w.add("gone", "a").holds_unconfirmed("a", default_slot).deleting();
    w.shows("f", {"b"});
    w.peer_put_deadline = w.now + 30s;
    EXPECT_LE(w.finish().wait, 500ms) << "that it is refused is to be seen soon";
    EXPECT_THAT(w.reads(), IsEmpty());
    EXPECT_TRUE(w.exists("gone"));
    EXPECT_THAT(w.status("gone"), HasSubstr("default a?"));
    EXPECT_THAT(w.status("sni"), StartsWith("active Attached")) << "what is Ready stays so";
    w.peer_put_deadline.reset();
    w.later(31s);
    w.converge();
    EXPECT_FALSE(w.exists("gone"));
}

TEST(plan_peers, who_cannot_act_is_in_no_conflict_that_would_make_a_quarantine_endless)
{
    for (const bool reads : {false, true})
    {
        world_builder w;
        w.shows("f").add("web", "a");
        w.fail(w.put(), {cloud::failure::refused, "PKCS12 bundle is unreadable", {}, {}});
        w.finish();
        other_credential other(w, "b", default_slot);
        other.object.status.ledger = {};
        other.object.created = w.wall() + std::chrono::hours(1);
        w.peers.front().reads_listener = reads;
        w.peers.front().may_not_write = reads;
        w.later(61min);
        w.put();
    }
}

TEST(plan_peers, a_list_with_a_ref_of_theirs_that_cannot_be_read_is_not_sent)
{
    world_builder w;
    w.shows("f", {"b"});
    const other_credential other(w, "b", sni_slot);
    w.add("web", "a").sni();
    w.refs["b"] = cloud::ref_state::unknown;
    w.finish();
    EXPECT_THAT(w.status("web"), StartsWith("error BlockedByUnreadableRef"));
    EXPECT_THAT(w.message("web"), HasSubstr(ref("b").str() + " of binding blog/other is not readable"));
    EXPECT_THAT(w.steps(), Not(Contains(StartsWith("put"))));
    w.refs["b"] = cloud::ref_state::readable;
    w.later(1min);
    w.put();
}

TEST(plan_peers, a_default_is_sent_beside_what_cannot_be_read)
{
    world_builder w;
    w.shows("f", {"b"});
    const other_credential other(w, "b", sni_slot);
    w.add("web", "a");
    w.refs["b"] = cloud::ref_state::unknown;
    EXPECT_EQ(to_text(binding::step(w.put())), "put default=a");
}

TEST(plan_peers, a_dead_ref_of_theirs_is_left_out_where_the_same_project_put_it_there)
{
    world_builder w;
    w.shows("f", {"b"});
    w.add("web", "a").sni();
    other_credential other(w, "b", sni_slot);
    w.change("web").holds("e", sni_slot);
    other.object.status.ledger.scope = w.object("web").status.ledger.scope;
    w.refs["b"] = cloud::ref_state::dead;
    w.finish();
    w.later(2s).finish();
    EXPECT_EQ(to_text(other.object.status.ledger), "[sni b]");
    w.later(10s);
    EXPECT_EQ(to_text(binding::step(w.put())), "put sni=a");
    EXPECT_EQ(to_text(other.object.status.ledger), "[sni b?]") << "before the PUT (write-ahead)";
}

TEST(plan_peers, a_default_of_theirs_that_an_older_one_takes_is_unconfirmed_before)
{
    world_builder w;
    w.shows("b");
    other_credential other(w, "b", default_slot);
    other.object.created = w.wall();
    w.add("web", "a").older();
    EXPECT_EQ(to_text(binding::step(w.put())), "put default=a");
    EXPECT_EQ(to_text(other.object.status.ledger), "[default b?]");
}

// The ref is wanted by nobody, but a binding of theirs that leaves the slot still has its entry.
TEST(plan_peers, the_entry_of_theirs_for_a_recorded_default_that_goes_back_is_unconfirmed_before)
{
    world_builder w;
    w.shows("a");
    other_credential other(w, "f", default_slot);
    other.object.deleting = true;
    w.add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants_sni(true);
    EXPECT_EQ(to_text(binding::step(w.put())), "put default=f sni=a");
    EXPECT_EQ(to_text(other.object.status.ledger), "[default f?]");
}

TEST(plan_peers, the_entry_of_theirs_that_somebody_wiped_is_written_again_before_the_put)
{
    world_builder w;
    w.shows("a");
    other_credential other(w, "f", default_slot);
    other.object.deleting = true;
    other.object.status.ledger.attachments.front().confirmed = false;
    other.state.held = std::exchange(other.object.status.ledger, {});
    w.add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants_sni(true);
    EXPECT_EQ(to_text(binding::step(w.put())), "put default=f sni=a");
    EXPECT_EQ(to_text(other.object.status.ledger), "[default f?]");
}

TEST(plan_peers, a_default_of_theirs_that_is_of_the_same_second_is_left_to_them)
{
    world_builder w;
    w.shows("b");
    other_credential other(w, "b", default_slot);
    w.add("web", "a").object().created = other.object.created;
    ASSERT_LT(w.object("web").uid, other.object.uid);
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("web"), "error Conflict []");
    EXPECT_EQ(to_text(other.object.status.ledger), "[default b]");
}

TEST(plan_peers, a_default_of_ours_is_not_given_to_one_of_theirs_of_the_same_second)
{
    world_builder w;
    w.shows("a");
    other_credential other(w, "b", default_slot);
    other.object.status.ledger = {};
    other.object.uid = {};
    other.object.created = w.add_attached("web", "a", default_slot).object().created;
    EXPECT_EQ(w.converge(), 0);
    EXPECT_THAT(w.status("web"), StartsWith("active Attached"));
}

// The peer may be about to send a PUT that removes the ref.
TEST(plan_peers, what_is_unconfirmed_stays_so_while_they_have_the_turn)
{
    world_builder w;
    w.shows("a");
    w.add("web", "a").holds_unconfirmed("a", default_slot);
    w.turn = binding::turn_state::taken;
    w.peer_has_turn = true;
    w.finish();
    EXPECT_EQ(to_text(w.object("web").status.ledger), "[default a?]");
    w.peer_has_turn = false;  // another listener of the load balancer has the turn
    w.later(1s).finish();
    EXPECT_EQ(to_text(w.object("web").status.ledger), "[default a]");
}

TEST(plan_peers, who_leaves_waits_for_no_older_one_that_cannot_act)
{
    for (const bool acts : {true, false})
    {
        world_builder w;
        w.shows("f", {"b"});
        other_credential other(w, "b", sni_slot);
        other.object.deleting = true;
        w.peers.front().reads_listener = acts;
        w.add_attached("web", "b", sni_slot);
        w.change("web").deleting();
        if (acts)
        {
            w.finish();
            EXPECT_EQ(w.slots(), "default=f sni=b") << "the older one's target takes it off";
        }
        else
        {
            EXPECT_EQ(to_text(binding::step(w.put())), "put sni=");
        }
    }
}

TEST(plan_peers, who_is_asked_to_clean_up_asks_nobody)
{
    world_builder w;
    w.shows("f", {"b"});
    const other_credential other(w, "b", sni_slot);
    w.add_attached("web", "a", sni_slot);
    w.shows("f", {"a", "b"});
    w.refs["b"] = cloud::ref_state::dead;
    w.target_state().record_cleanup_request();
    w.finish();
    w.later(10s);
    w.target_state().record_cleanup_request();
    EXPECT_THAT(w.finish().cleanup_requests, IsEmpty());
    EXPECT_THAT(w.status("web"), StartsWith("active Attached"));
}

TEST(plan_peers, a_dead_ref_of_theirs_is_not_ours_to_leave_out)
{
    world_builder w;
    w.shows("f", {"b"});
    const other_credential other(w, "b", sni_slot);
    w.add("web", "a").sni();
    w.refs["b"] = cloud::ref_state::dead;
    w.finish();
    w.later(10s);
    w.finish();
    EXPECT_THAT(w.status("web"), StartsWith("error BlockedByUnreadableRef"));
    EXPECT_THAT(w.message("web"), HasSubstr(ref("b").str() + " of binding blog/other"));
    w.later();
    EXPECT_THAT(w.finish().cleanup_requests, ElementsAre(other.target)) << "its own target can take it off";
    EXPECT_EQ(w.slots(), "default=f sni=b");
}

}  // namespace
