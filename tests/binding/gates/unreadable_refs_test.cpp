// readable-before-write: no write over a dead ref.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::ref_state;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

binding::other_listener other_listener_with(const std::string& dead, bool ours)
{
    binding::other_listener listener;
    listener.listener = *support::uuid::parse("22222222-0000-4000-8000-000000000002");
    listener.targets = {{support::interned("sao1"), listener.listener}};
    listener.dead_ref = ref(dead);
    listener.ours = ours;
    return listener;
}

// Runs the passes until the dead refs are proven. A ref is proven dead by two 404s that are 5 s apart, so the
// first pass reads the first 404 and a later pass the second.
binding::step run_until_sure(world_builder& w)
{
    const auto wait = w.finish().wait;
    EXPECT_GT(wait, 4900ms);
    w.later(wait);
    return w.run();
}

// ---- on this listener ----

TEST(plan_dead, every_ref_that_stays_is_looked_up_before_a_put)
{
    world_builder w;
    w.shows("f", {"b", "e"}).add_attached("there", "b", sni_slot);
    w.listener->client_ca_ref = ref("c");
    w.listener->client_crl_ref = ref("d");
    w.add("web", "a").sni();
    w.put();
    EXPECT_THAT(w.reads(), Contains(HasSubstr("refs(b,c,d,e,f)")));
}

TEST(plan_dead, what_is_kept_is_looked_up_once_a_pass)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.put();
    EXPECT_THAT(w.reads(), Contains(HasSubstr("refs(f)")).Times(1));
}

TEST(plan_dead, a_look_up_is_no_older_than_a_minute_when_the_put_is_sent)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.write_fails = [&w](const std::string&) {
        w.now += 31s;
        return false;
    };
    w.put();
    EXPECT_THAT(w.reads(), Contains(HasSubstr("refs(f)")).Times(2));
}

TEST(plan_dead, what_the_other_listeners_hold_is_no_older_than_a_minute_either)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.write_fails = [&w](const std::string&) {
        w.now += 31s;
        return false;
    };
    w.put();
    EXPECT_THAT(w.reads(), Contains(HasSubstr("other-listeners")).Times(2));
}

TEST(plan_dead, where_a_look_up_takes_longer_than_that_its_own_time_counts)
{
    for (const auto takes : {12s, 50s, 90s})
    {
        world_builder w;
        w.shows("f", {"e"}).add("web", "a").sni();
        w.read_takes = takes;
        EXPECT_EQ(text(w.put()), "put sni=a,e");
    }
}

TEST(plan_dead, a_ref_that_looks_dead_is_looked_up_again_after_five_seconds)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    w.refs["e"] = ref_state::dead;
    EXPECT_GT(w.finish().wait, 4900ms);
    EXPECT_EQ(w.status("web"), "pending Progressing []");
    EXPECT_THAT(w.message("web"), HasSubstr(ref("e").str()));
    w.refs["e"] = ref_state::readable;
    w.later(5s);
    EXPECT_EQ(text(w.put()), "put sni=a,e");
}

TEST(plan_dead, a_ref_of_unknown_state_is_not_dead)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    w.refs["e"] = ref_state::unknown;
    w.put();
}

// After a change Octavia's worker would read the certificate too, get no answer, and drop the listener.
TEST(plan_dead, nothing_is_written_while_the_certificate_service_gives_no_answer_about_a_ref)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add_attached("gone", "a", sni_slot);
    w.add_attached("stays", "e", sni_slot);
    w.change("gone").deleting();
    w.refs["f"] = ref_state::unanswered;
    EXPECT_EQ(w.finish().next, binding::requeue::retry);
    EXPECT_EQ(w.status("gone"), "deleting Detaching [sni a]");
    EXPECT_THAT(w.message("gone"), HasSubstr("gives no answer about " + ref("f").str()));
    EXPECT_EQ(w.status("stays"), "active Attached [sni e]");
    w.refs["f"] = ref_state::readable;
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put sni=e");
}

TEST(plan_dead, a_dead_one_of_ours_is_left_out_of_the_same_put)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.add("web", "b").sni();
    const auto sent = run_until_sure(w);
    EXPECT_EQ(to_text(sent), "put sni=b,e");
    EXPECT_THAT(w.told, testing::Not(Contains("Warning DeadRefRemoved gone")));
    w.accept(std::get<binding::put>(sent));
    EXPECT_THAT(w.told, Contains("Warning DeadRefRemoved gone"));
}

TEST(plan_dead, a_dead_one_that_is_left_out_is_unconfirmed)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.add("web", "b").sni();
    EXPECT_EQ(to_text(run_until_sure(w)), "put sni=b");
    EXPECT_EQ(w.status("gone"), "error CertificateNotFound [sni a?]");
}

TEST(plan_dead, a_dead_one_of_ours_is_not_added_again_by_what_was_known_of_it_before)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("gone", "a", sni_slot);
    w.finish();  // the controller reads that the certificate is active
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.later(1s).add("web", "b").sni();
    w.write_fails = [&w](const std::string&) {
        EXPECT_EQ(w.status("gone").find("active Attached [sni a?]"), std::string::npos)
            << "Ready while it goes";
        return false;
    };
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=b");
    EXPECT_EQ(w.status("gone"), "error CertificateNotFound []");
}

TEST(plan_dead, a_dead_one_of_ours_stays_until_we_have_to_write_and_says_what_comes)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.finish();
    w.later(10min).finish();
    w.later(10min).finish();
    EXPECT_EQ(w.status("gone"), "error CertificateNotFound [sni a]");
    EXPECT_THAT(w.message("gone"), HasSubstr("next change of this load balancer"));
    EXPECT_EQ(
        w.object("gone").status[binding::condition_type::attached].status, binding::condition_status::true_
    );
}

TEST(plan_dead, a_dead_foreign_ref_blocks_and_is_named)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    w.refs["e"] = ref_state::dead;
    EXPECT_EQ(to_text(run_until_sure(w)), "end, slow");
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
    EXPECT_THAT(w.message("web"), HasSubstr(ref("e").str()));
    w.refs.clear();
    EXPECT_EQ(w.later(15s).converge(), 1);
}

TEST(plan_dead, a_dead_default_that_is_replaced_does_not_block)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a");
    w.refs["f"] = ref_state::dead;
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_dead, a_dead_ref_that_is_removed_anyway_does_not_block)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.refs["a"] = ref_state::dead;
    EXPECT_EQ(text(w.put()), "put sni=");
}

TEST(plan_dead, a_dead_client_ca_or_revocation_list_blocks)
{
    for (const bool ca : {true, false})
    {
        world_builder w;
        w.shows("f").add("web", "a").sni();
        (ca ? w.listener->client_ca_ref : w.listener->client_crl_ref) = ref("d");
        w.refs["d"] = ref_state::dead;
        run_until_sure(w);
        EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
        EXPECT_THAT(w.message("web"), HasSubstr(ref("d").str()));
    }
}

TEST(plan_dead, a_dead_last_certificate_of_ours_blocks)
{
    world_builder w;
    w.shows("a", {"b"}).add_attached("gone", "a", default_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.add_attached("web", "b", sni_slot);
    w.change("web").deleting();
    run_until_sure(w);
    EXPECT_EQ(w.status("web"), "deleting Detaching [sni b]");
    EXPECT_THAT(w.message("web"), HasSubstr(ref("a").str()));
}

TEST(plan_dead, a_dead_ref_in_our_slot_and_a_foreign_one_blocks)
{
    world_builder w;
    w.shows("a", {"a"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.add("web", "b").sni();
    run_until_sure(w);
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []") << "the default is not ours to take away";
}

TEST(plan_dead, half_of_three_or_more_that_look_dead_at_once_is_an_endpoint_that_is_wrong)
{
    world_builder w;
    w.shows("f", {"a", "b", "c"});
    for (const std::string name : {"a", "b", "c"})
    {
        w.add_attached(name, name, sni_slot);
    }
    w.add("web", "d").sni();
    w.refs["a"] = w.refs["b"] = ref_state::dead;
    run_until_sure(w);
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
    EXPECT_THAT(
        w.message("web"), AllOf(HasSubstr("2 of 3"), HasSubstr(ref("a").str()), HasSubstr(ref("b").str()))
    );
    EXPECT_EQ(w.slots(), "default=f sni=a,b,c");
}

TEST(plan_dead, a_ref_of_ours_is_not_taken_off_by_the_word_of_another_project)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("old", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    const auto right = *w.scope;
    w.scope->project_id = "another";
    w.finish();
    w.later(1s);
    w.add("web", "b").sni();
    run_until_sure(w);
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
    EXPECT_EQ(w.slots(), "default=f sni=a");
    w.scope = right;
    w.later(1min);
    EXPECT_EQ(text(w.put()), "put sni=b");
}

TEST(plan_dead, what_looks_dead_elsewhere_counts_and_so_does_what_does_not)
{
    for (const bool elsewhere : {true, false})
    {
        world_builder w;
        w.shows("f", {"a", "b"});
        w.add_attached("one", "a", sni_slot);
        w.add_attached("two", "b", sni_slot);
        w.add("web", "d").sni();
        w.refs["a"] = ref_state::dead;
        w.endpoint_check = {4, elsewhere ? 2U : 1U};
        run_until_sure(w);
        EXPECT_EQ(
            w.status("web"), elsewhere ? "error BlockedByUnreadableRef []" : "pending Progressing [sni d?]"
        );
    }
}

TEST(plan_dead, one_of_three_or_both_of_two_that_are_dead_are_left_out)
{
    world_builder three;
    three.shows("f", {"a", "b", "c"});
    for (const std::string name : {"a", "b", "c"})
    {
        three.add_attached(name, name, sni_slot);
    }
    three.add("web", "d").sni();
    three.refs["a"] = ref_state::dead;
    EXPECT_EQ(to_text(run_until_sure(three)), "put sni=b,c,d");

    world_builder two;
    two.shows("f", {"a", "b"});
    for (const std::string name : {"a", "b"})
    {
        two.add_attached(name, name, sni_slot);
        two.certificates[name] = failing(failure::not_found);
        two.refs[name] = ref_state::dead;
    }
    two.add("web", "d").sni();
    EXPECT_EQ(to_text(run_until_sure(two)), "put sni=d");
}

// ---- the other listeners of the load balancer ----

TEST(plan_dead, a_dead_ref_of_another_listener_blocks_and_names_listener_and_ref)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.other_listeners = {other_listener_with("e", false)};
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
    EXPECT_THAT(
        w.message("web"), AllOf(HasSubstr(ref("e").str()), HasSubstr("22222222-0000-4000-8000-000000000002"))
    );
}

TEST(plan_dead, another_listener_with_a_dead_ref_of_ours_is_asked_to_clean_up_and_goes_first)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.other_listeners = {other_listener_with("b", true)};
    const auto end = w.finish();
    EXPECT_EQ(end.next, requeue::retry);
    EXPECT_EQ(end.cleanup_requests, w.other_listeners.front().targets);
    w.other_listeners.clear();
    w.later(2s);
    w.put();
}

TEST(plan_dead, who_is_asked_to_clean_up_removes_its_dead_refs_though_it_wants_nothing)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.target_state().record_cleanup_request();
    w.later(w.finish().wait);
    // The target of the other listener is still blocked and asks again.
    w.target_state().record_cleanup_request();
    EXPECT_EQ(to_text(w.run()), "put sni=");
}

TEST(plan_dead, of_two_listeners_that_wait_for_each_other_the_one_that_was_asked_goes)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("gone", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.refs["a"] = ref_state::dead;
    w.other_listeners = {other_listener_with("b", true)};
    w.target_state().record_cleanup_request();
    w.later(w.finish().wait);
    // The target of the other listener is still blocked and asks again.
    w.target_state().record_cleanup_request();
    EXPECT_EQ(to_text(w.run()), "put sni=");
}

TEST(plan_dead, who_is_asked_to_clean_up_and_holds_no_dead_ref_writes_nothing)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.target_state().record_cleanup_request();
    w.finish();
    EXPECT_THAT(w.steps(), ElementsAre("end until the resync"));
}

TEST(plan_dead, another_listener_that_is_not_known_yet_is_waited_for)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    binding::other_listener listener = other_listener_with("b", false);
    listener.dead_ref = {};
    listener.doubt = "cannot be read";
    w.other_listeners = {listener};
    EXPECT_EQ(w.finish().wait, 5s);
    EXPECT_EQ(w.status("web"), "pending Progressing []");
    EXPECT_THAT(w.message("web"), HasSubstr("listener " + listener.listener.str() + " cannot be read"));
}

}  // namespace
