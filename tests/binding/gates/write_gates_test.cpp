// The way to the PUT: narrow-writes, write-ahead, readable-before-write.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::provisioning_status;
using cloud::ref_state;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// ---- narrow-writes ----

TEST(plan_write, a_put_carries_only_the_keys_that_change)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a");
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_write, one_put_carries_all_bindings_of_the_listener)
{
    world_builder w;
    w.shows("f", {"c", "e"}).add_attached("going", "c", sni_slot);
    w.change("going").deleting();
    w.add("web", "a");
    w.add("more", "b").sni();
    EXPECT_EQ(text(w.put()), "put default=a sni=b,e");
}

TEST(plan_write, what_is_wanted_already_is_never_put)
{
    world_builder w;
    w.shows("other:a", {"b", "e"}).add_attached("web", "a", default_slot);
    w.add_attached("more", "b", sni_slot);
    EXPECT_EQ(w.converge(), 0);
}

TEST(plan_write, a_listener_in_error_with_an_unconfirmed_entry_of_ours_gets_the_same_put_again)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.settle();
    w.set_listener(provisioning_status::error);
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "error ListenerError [default a?, was f]");
    w.later(5s);
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_write, the_same_put_again_is_sent_with_backoff)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    std::vector<support::time_point> sent;
    while (sent.size() < 5)
    {
        const binding::step step = w.run();
        if (const auto* put = std::get_if<binding::put>(&step))
        {
            EXPECT_EQ(text(*put), "put sni=a,e");
            sent.push_back(w.now);
            w.accept(*put);
            w.settle();
            w.set_listener(provisioning_status::error);
        }
        w.later(100ms);
    }
    EXPECT_GE(sent[1] - sent[0], 5s);
    EXPECT_GE(sent[2] - sent[1], 10s);
    EXPECT_GE(sent[3] - sent[2], 20s);
    EXPECT_GE(sent[4] - sent[3], 40s);
    EXPECT_LT(sent[4] - sent[3], 60s);
}

TEST(plan_write, a_listener_in_error_with_nothing_of_ours_unconfirmed_is_reported_and_not_touched)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.set_listener(provisioning_status::error);
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error ListenerError [default a]");
}

TEST(plan_write, a_load_balancer_in_error_is_reported_and_not_written)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.set_balancer(provisioning_status::error);
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error LoadBalancerError []");
    EXPECT_THAT(w.message("web"), HasSubstr("openstack loadbalancer failover"));
}

TEST(plan_write, a_ready_binding_on_a_load_balancer_in_error_is_not_ready)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.certificates["a"] = failing(failure::transient);
    w.set_balancer(provisioning_status::error);
    w.finish();
    EXPECT_EQ(w.status("web"), "error LoadBalancerError [default a]");
}

TEST(plan_write, a_busy_load_balancer_is_waited_out_with_reads_at_growing_intervals)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.set_balancer(provisioning_status::pending);
    auto before = 0ms;
    for (int i = 0; i < 20; ++i)
    {
        const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(w.finish().wait);
        EXPECT_GE(wait, before);
        EXPECT_GE(wait, 100ms);
        EXPECT_LE(wait, 2s);
        before = wait;
        w.later(wait);
    }
    EXPECT_EQ(before, 2s);
    EXPECT_EQ(w.status("web"), "pending LoadBalancerBusy []");
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
    w.settle();
    EXPECT_EQ(w.converge(), 1);
}

TEST(plan_write, a_deleted_load_balancer_or_listener_is_not_written)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.set_balancer(provisioning_status::deleted);
    w.finish();
    EXPECT_EQ(w.status("web"), "error LoadBalancerError []");
    EXPECT_EQ(w.message("web"), "the load balancer is deleted");
    w.settle();
    w.set_listener(provisioning_status::deleted);
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "error ListenerError []");
    EXPECT_EQ(w.message("web"), "the listener is deleted");
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
}

// ---- write-ahead ----

TEST(plan_write, the_finalizer_comes_first_then_the_ledger_then_the_put)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.put();
    EXPECT_THAT(
        w.steps(),
        ElementsAre("commit finalizer(web)", "commit status(web pending Progressing [sni a?])", "put sni=a")
    );
}

TEST(plan_write, what_is_removed_is_unconfirmed_in_the_same_write_as_the_state_deleting)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.put();
    EXPECT_THAT(w.steps(), ElementsAre("commit status(web deleting Detaching [sni a?])", "put sni="));
}

TEST(plan_write, what_is_moved_is_unconfirmed_in_both_slots)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants_sni(true);
    EXPECT_EQ(text(w.put()), "put default=f sni=a,e");
    EXPECT_EQ(w.status("web"), "pending Progressing [default a?, sni a?, was f]");
}

TEST(plan_write, what_is_swapped_is_unconfirmed_old_and_new)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").wants("b");
    EXPECT_EQ(text(w.put()), "put sni=b");
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?, sni b?]");
}

TEST(plan_write, what_is_repaired_is_unconfirmed_again)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.finish();
    EXPECT_EQ(text(w.later(2s).put()), "put sni=a");
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?]");
}

TEST(plan_write, what_another_binding_replaces_is_unconfirmed_too)
{
    world_builder w;
    w.shows("a").add_attached("young", "a", default_slot);
    w.add("old", "b").older();
    EXPECT_EQ(text(w.put()), "put default=b");
    EXPECT_EQ(w.status("young"), "error Conflict [default a?]");
    EXPECT_EQ(w.status("old"), "pending Progressing [default b?]");
}

TEST(plan_write, a_ledger_that_says_the_same_but_was_not_written_by_us_is_written_before_the_put)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.plan_once();  // from here on the target knows the binding
    w.change("web").holds_unconfirmed("a", default_slot).remembers("f");
    w.put();
    EXPECT_THAT(w.steps(), ElementsAre(HasSubstr("[default a?, was f]"), "put default=a"));
    EXPECT_EQ(w.facts().bindings.begin()->second.held, w.object("web").status.ledger);
}

TEST(plan_write, a_put_carries_what_is_committed_and_the_rest_joins_the_next_one)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.add("stuck", "b").sni();
    w.write_fails = [](const std::string& name) { return name == "stuck"; };
    const auto first = w.put();
    EXPECT_EQ(text(first), "put sni=a");
    EXPECT_EQ(first.adds.size(), 1U);
    w.accept(first);
    w.settle();
    w.write_fails = nullptr;
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put sni=a,b");
}

TEST(plan_write, what_cannot_be_committed_is_not_removed_either)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("going", "a", sni_slot);
    w.change("going").deleting();
    w.add_attached("turning", "b", sni_slot);
    w.change("turning").wants("c");
    w.add("web", "d").sni();
    w.write_fails = [](const std::string& name) { return name != "web"; };
    EXPECT_EQ(text(w.put()), "put sni=a,b,d");
}

// never-without-default: of several deletions the one that holds the default waits, although another deletion
// cannot be committed now.
TEST(plan_write, a_deletion_that_cannot_be_committed_is_not_what_the_listener_is_left_with)
{
    world_builder w;
    w.shows("a", {"b"}).add_attached("web", "a", default_slot);
    w.add_attached("more", "b", sni_slot);
    w.change("web").deleting();
    w.change("more").deleting();
    w.write_fails = [](const std::string& name) { return name == "more"; };
    w.finish();
    EXPECT_EQ(w.slots(), "default=a sni=b");
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
    w.write_fails = nullptr;
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put sni=");
}

TEST(plan_write, of_two_deletions_the_older_stays_though_the_younger_cannot_be_committed)
{
    world_builder w;
    w.shows("", {"a", "b"}).add_attached("old", "a", sni_slot);
    w.add_attached("young", "b", sni_slot);
    w.change("old").deleting();
    w.change("young").deleting();
    w.write_fails = [](const std::string& name) { return name == "young"; };
    w.finish();
    EXPECT_EQ(w.status("old"), "deleting LastCertificate [sni a]");
    w.write_fails = nullptr;
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put sni=a");
}

TEST(plan_write, a_default_whose_loss_cannot_be_committed_is_not_replaced)
{
    for (const bool deleted : {true, false})
    {
        world_builder w;
        w.shows("a").add_attached("young", "a", default_slot).remembers("f");
        if (deleted)
        {
            w.change("young").deleting();
        }
        w.add("old", "b").older();
        w.write_fails = [](const std::string& name) { return name == "young"; };
        EXPECT_EQ(w.finish().next, requeue::retry)
            << "S12: every entry that a PUT replaces is committed before it";
        w.write_fails = nullptr;
        w.later(1s);
        EXPECT_EQ(text(w.put()), "put default=b");
        EXPECT_THAT(to_text(w.object("old").status.ledger), "[default b?, was f]");
    }
}

TEST(plan_write, the_listener_is_read_again_after_the_commits)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    w.write_fails = [&w](const std::string&) {
        w.shows("f", {"d", "e"});  // another client adds one meanwhile
        return false;
    };
    w.finish();  // the read after the commits contradicts the one before
    EXPECT_EQ(text(w.later(2s).put()), "put sni=a,d,e");
}

// ---- readable-before-write: only active certificates, freshly checked ----

TEST(plan_write, what_is_added_was_found_active_at_most_ten_seconds_before)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.write_fails = [&w](const std::string&) {
        w.now += 6s;  // a slow API server, twice
        return false;
    };
    w.put();
    EXPECT_LE(w.now - w.facts().bindings.begin()->second.certificate->asked_at, 10s);
    EXPECT_EQ(w.reads().back(), "read listener certificates(web)");
}

TEST(plan_write, what_stops_being_active_before_the_put_is_not_sent)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.write_fails = [&w](const std::string&) {
        w.now += 6s;
        w.certificates["a"] = not_active("a");
        return false;
    };
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotActive []");
}

// ---- the load-balancer queue ----

TEST(plan_write, a_taken_turn_is_waited_for)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.turn = binding::turn_state::taken;
    EXPECT_EQ(w.finish().next, requeue::turn);
    w.turn = binding::turn_state::free;
    w.later();
    w.put();
    EXPECT_EQ(w.turn, binding::turn_state::ours);
}

// ---- too long, full ----

TEST(plan_write, a_ref_that_is_longer_than_octavia_keeps_is_refused_before_the_put)
{
    const std::string id = certificate_id("a").str();
    const std::string tail = "/v1/containers/" + id;
    for (const bool sni : {true, false})
    {
        const std::size_t limit = sni ? 128 : 255;
        for (const std::size_t length : {limit, limit + 1})
        {
            world_builder w;
            auto certificate = active("a");
            certificate->container_ref =
                cloud::container_ref("http://" + std::string(length - 7 - tail.size(), 'h') + tail);
            ASSERT_EQ(certificate->container_ref.str().size(), length);
            w.certificates["a"] = certificate;
            w.shows("f").add("web", "a").object().spec.sni = sni;
            if (length == limit)
            {
                w.put();
                continue;
            }
            w.finish();
            EXPECT_EQ(w.status("web"), "error CertificateRefused []");
            EXPECT_THAT(w.message("web"), HasSubstr(std::to_string(limit)));
        }
    }
}

TEST(plan_write, at_fifteen_entries_no_further_change_is_begun)
{
    for (const int entries : {14, 15})
    {
        world_builder w;
        w.shows("f");
        auto web = w.add("web", "a").sni();
        for (int i = 0; i < entries; ++i)
        {
            char text[80];
            std::snprintf(text, sizeof text, "http://kms/v1/containers/bbbbbbbb-0000-4000-8000-%012d", i);
            web.holds("b", sni_slot);
            web.object().status.ledger.attachments.back().container_ref = cloud::container_ref(text);
            w.listener->sni_refs.emplace_back(text);
        }
        if (entries == 14)
        {
            w.put();
            continue;
        }
        w.finish();
        EXPECT_THAT(w.status("web"), testing::StartsWith("error LedgerFull"));
        EXPECT_THAT(w.message("web"), HasSubstr("15"));
    }
}

}  // namespace
