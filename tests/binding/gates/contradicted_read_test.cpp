// Reads of the listener that contradict what Octavia showed or accepted a moment ago.
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(contradicted_read, an_outdated_answer_after_our_put_is_read_again_and_not_acted_on)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.accept(w.put());
    w.settle();
    w.shows("f");
    w.clear_trace();
    const binding::done end = w.later().finish();
    EXPECT_EQ(end.next, requeue::after);
    EXPECT_GT(end.wait, 1s);
    EXPECT_LE(end.wait, 2s);
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?]");
    EXPECT_TRUE(w.facts().puts.under_way) << "its end was not seen";
    w.shows("f", {"a"});
    w.later(end.wait).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
    EXPECT_THAT(w.told, IsEmpty());
}

TEST(contradicted_read, a_ready_binding_stays_ready_through_one_outdated_answer)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.add_attached("main", "b", default_slot);
    w.shows("b", {"a"}).later().finish();
    w.clear_trace();
    w.shows("f").later(1min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    EXPECT_EQ(w.status("main"), "active Attached [default b]");
    w.shows("b", {"a"}).later(2s).finish();
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("commit"))));
}

TEST(contradicted_read, what_another_client_removed_is_repaired_when_the_second_read_shows_it_too)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    const binding::done end = w.shows("f").later(1min).finish();
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
    EXPECT_EQ(to_text(binding::step(w.later(end.wait).put())), "put sni=a");
}

TEST(contradicted_read, reads_that_always_differ_are_acted_on_in_time)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.shows("f", {"b"}).later(1min).finish();
    w.shows("f", {"c"}).later(1s).finish();
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
    EXPECT_EQ(to_text(binding::step(w.shows("f", {"d"}).later(1s).put())), "put sni=a,d");
}

TEST(contradicted_read, an_agreeing_answer_ends_the_doubt)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    for (int round = 0; round < 3; ++round)
    {
        w.shows("f").later(1s).finish();
        w.shows("f", {"a"}).later(1s).finish();
    }
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put")))) << "the row was broken each time";
}

TEST(contradicted_read, the_first_answer_of_a_process_contradicts_at_most_the_ledgers)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.add("more", "b").sni();
    w.restart().shows("e", {"a", "d"});
    EXPECT_EQ(to_text(binding::step(w.put())), "put sni=a,b,d");
}

TEST(contradicted_read, an_outdated_answer_at_a_start_ends_no_deletion)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.shows("f").finish();
    EXPECT_EQ(w.status("web"), "deleting Detaching [sni a]");
    w.shows("f", {"a"});
    EXPECT_EQ(to_text(binding::step(w.later(2s).put())), "put sni=");
}

TEST(contradicted_read, a_put_in_doubt_has_no_effect_because_a_replica_shows_what_was_before)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.finish();
    w.change("web").wants("b");
    w.accept(w.later().put());
    w.settle();
    w.later().finish();
    EXPECT_EQ(w.status("web"), "active Attached [default b]");
    w.change("web").wants("a");
    w.cut(w.later().put(), false);
    w.shows("a").later().finish();  // from a replica that has seen neither
    EXPECT_NE(w.status("web"), "active Attached [default a]");
    w.shows("b").later(2s).finish();
    EXPECT_NE(w.status("web"), "active Attached [default a]");
    EXPECT_TRUE(w.facts().puts.under_way);
}

TEST(contradicted_read, an_outdated_answer_during_a_put_is_no_change_of_another_client)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.accept(w.put());
    w.settle();
    w.later().finish();
    w.add("more", "b").sni();
    const binding::put second = w.later().put();
    w.target_state().record_put_sent(w.settings, second.change, second.from, second.expected, w.now);
    w.shows("f");
    w.target_state().record_read_during_put(w.listener);
    EXPECT_FALSE(w.facts().puts.under_way->meanwhile);
    w.shows("f", {"c"});
    w.target_state().record_read_during_put(w.listener);
    EXPECT_TRUE(w.facts().puts.under_way->meanwhile) << "another client wrote this";
}

}  // namespace
