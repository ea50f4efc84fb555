// How each read, and each version of the object, changes what is known of a binding.
// facts_of_writes_test.cpp has the writes to the cloud.
#include "binding/single/facts.hpp"

#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace binding::single;
using cloud::certificate_state;
using cloud::failure;
using test::entry_of;
using test::single_case;

// ---- a read ----

void record(single_case& c, char certificate = 'a')
{
    const auto id = test::certificate_id(certificate);
    record_read(c.facts, c.object, id, c.certificates.at(id));
}

TEST(a_read, that_fails_takes_the_removal_answers_404_for_one_without_an_answer)
{
    single_case c;
    c.removing('1', failure::no_route).facts.removing->answers_404 = 1;
    record(c.shows('a', {"default 1 active"}));
    EXPECT_TRUE(c.facts.removing->refused);
    EXPECT_EQ(c.facts.removing->answers_404, 1);
    record(c.fails('a', failure::transient));
    EXPECT_FALSE(c.facts.removing->refused);
    EXPECT_EQ(c.facts.removing->answers_404, 0);
}

TEST(a_read, that_fails_leaves_other_refusals_of_the_removal)
{
    single_case c;
    c.removing('1', failure::not_supported);
    record(c.fails('a', failure::transient));
    EXPECT_TRUE(c.facts.removing->refused);
}

TEST(a_read, that_shows_the_binding_ends_every_doubt)
{
    single_case c;
    c.holds({"default a?"}).shows('a', {"default 1 pending"});
    c.facts.in_doubt_until = c.now + 30s;
    c.facts.absent_since = c.now;
    c.facts.waits_for_turn = true;
    record(c);
    EXPECT_FALSE(c.facts.in_doubt_until);
    EXPECT_FALSE(c.facts.absent_since);
    EXPECT_FALSE(c.facts.waits_for_turn);
    EXPECT_EQ(c.facts.polls, 1) << "it is not at rest";
    record(c.shows('a', {"default 1 active"}));
    EXPECT_EQ(c.facts.polls, 0);
}

TEST(a_read, that_does_not_show_the_binding_keeps_the_doubt_and_counts_since_when)
{
    single_case c;
    c.holds({"default a?"}).shows('a', {"sni 1 active"}, certificate_state::active, 3s);
    c.facts.in_doubt_until = c.now + 30s;
    record(c);
    EXPECT_TRUE(c.facts.in_doubt_until);
    EXPECT_EQ(c.facts.absent_since, c.now - 3s);
    record(c.shows('a', {}));
    EXPECT_EQ(c.facts.absent_since, c.now - 3s) << "of the first of the row";
    EXPECT_EQ(c.facts.polls, 2);
}

TEST(a_read, that_finds_no_certificate_counts_as_one_that_does_not_show_the_binding)
{
    single_case c;
    c.wants("default b").holds({"default a/1", "default b/2"});
    record(c.fails('a', failure::not_found, 4s), 'a');
    EXPECT_FALSE(c.facts.absent_since) << "the binding is of another certificate";
    record(c.fails('b', failure::transient, 3s), 'b');
    EXPECT_FALSE(c.facts.absent_since) << "the answer tells nothing";
    record(c.fails('b', failure::not_found, 2s), 'b');
    record(c.fails('b', failure::not_found), 'b');
    EXPECT_EQ(c.facts.absent_since, c.now - 2s);
}

TEST(a_read, tells_since_when_the_binding_of_each_entry_is_not_shown)
{
    single_case c;
    c.wants("default b").holds({"default a/1", "sni a?", "default b?"});
    c.facts.read_after = c.now - 5s;
    const auto since = [&](const std::string& entry) { return unseen_since(c.facts, entry_of(entry)); };
    record(c.shows('a', {}, certificate_state::active, 6s));
    EXPECT_FALSE(since("default a/1")) << "it was sent before the last write";
    record(c.shows('a', {"default 2 active"}, certificate_state::active, 4s));
    record(c.shows('a', {"default 2 active"}, certificate_state::active, 3s));
    EXPECT_EQ(since("default a/1?"), c.now - 4s) << "another binding is there";
    EXPECT_EQ(since("sni a?"), c.now - 4s);
    EXPECT_FALSE(since("default b?"));
    record(c.shows('a', {"sni 3 active"}, certificate_state::active, 2s));
    EXPECT_FALSE(since("sni a?"));
    record(c.shows('a', {"default 1 active"}, certificate_state::active, 1s));
    EXPECT_FALSE(since("default a/1"));
    EXPECT_EQ(since("sni a?"), c.now - 1s);
    record_create_sent(c.facts, c.settings, c.now);
    EXPECT_FALSE(since("sni a?"));
}

TEST(a_read, of_another_certificate_tells_nothing_of_the_wanted_binding)
{
    single_case c;
    c.wants("default b").holds({"default a/1"}).shows('a', {"default 1 active"});
    c.facts.in_doubt_until = c.now + 30s;
    record(c, 'a');
    EXPECT_TRUE(c.facts.in_doubt_until);
    EXPECT_EQ(c.facts.polls, 1);
}

TEST(a_read, that_shows_the_binding_two_hours_after_its_repair_ends_the_contest)
{
    single_case c;
    c.holds({"default a/1"}).shows('a', {"default 1 active"});
    c.facts.repairs = 3;
    c.facts.repaired_at = c.now - 2h;
    record(c);
    EXPECT_EQ(c.facts.repairs, 3);
    c.facts.repaired_at = c.now - 2h - 1s;
    record(c);
    EXPECT_EQ(c.facts.repairs, 0);
}

// ---- a certificate ----

TEST(a_certificate, is_missing_since_the_first_of_an_unbroken_row_of_answers)
{
    single_case c;
    const auto& known = c.fails('a', failure::not_found, 9s).certificates.at(test::certificate_id('a'));
    EXPECT_EQ(known.missing_since, c.now - 9s);
    c.fails('a', failure::not_found, 4s);
    EXPECT_EQ(known.missing_since, c.now - 9s);
    EXPECT_EQ(known.failures, 2);
    c.fails('a', failure::transient, 3s);
    EXPECT_FALSE(known.missing_since) << "an answer that tells nothing breaks the row";
    c.fails('a', failure::not_found, 2s);
    EXPECT_EQ(known.missing_since, c.now - 2s);
    c.shows('a', {});
    EXPECT_FALSE(known.missing_since);
    EXPECT_EQ(known.failures, 0);
}

TEST(a_certificate, is_remembered_as_it_was_last_shown)
{
    single_case c;
    c.shows('a', {}, certificate_state::pending_dns, 9s).shows('a', {}, certificate_state::pending_dns, 8s);
    const auto& known = c.certificates.at(test::certificate_id('a'));
    EXPECT_EQ(known.polls, 2);
    c.fails('a', failure::transient);
    EXPECT_EQ(known.shown->asked_at, c.now - 8s);
    EXPECT_EQ(known.last->asked_at, c.now);
    c.shows('a', {});
    EXPECT_EQ(known.polls, 0);
}

// ---- the object ----

void record_first(single_case& c)
{
    c.facts = {};
    record_object(c.facts, c.object, c.settings, c.now, c.now - 5s);
}

TEST(an_object, with_an_unconfirmed_entry_is_in_doubt_from_the_start_of_the_process)
{
    single_case c;
    record_first(c.holds({"default a?"}));
    EXPECT_EQ(c.facts.in_doubt_until, c.now + 25s);
    single_case other;
    record_first(other.holds({"default a/1"}));
    EXPECT_FALSE(other.facts.in_doubt_until);
}

TEST(an_object, with_an_entry_without_an_id_may_have_been_asked_for_by_an_earlier_process)
{
    single_case c;
    record_first(c.holds({"default a?", "default b/2?", "sni b/3"}));
    EXPECT_EQ(c.facts.posted, std::vector{entry_of("default a?")});
}

TEST(an_object, with_another_ledger_than_the_controller_wrote_is_not_believed)
{
    single_case c;
    record_first(c.holds({"default a/1"}));
    c.object.status.ledger.attachments.push_back(entry_of("sni b/2"));
    record_object(c.facts, c.object, c.settings, c.now, c.now);
    EXPECT_EQ(believed(c.facts, c.object).attachments.size(), 1U);
}

TEST(an_object, that_shows_the_ledger_of_a_write_without_an_answer_has_it)
{
    single_case c;
    record_first(c.holds({"default a/1"}));
    auto written = c.object.status.ledger;
    written.attachments[0].confirmed = false;
    record_ledger_write(c.facts, written, false, c.now);
    EXPECT_TRUE(believed(c.facts, c.object).attachments[0].confirmed);
    c.object.status.ledger = written;
    record_object(c.facts, c.object, c.settings, c.now, c.now);
    EXPECT_FALSE(believed(c.facts, c.object).attachments[0].confirmed);
}

TEST(an_object, of_a_new_generation_begins_anew)
{
    single_case c;
    record_first(c);
    c.refused(failure::refused).facts.absent_since = c.now;
    record_object(c.facts, c.object, c.settings, c.now, c.now);
    EXPECT_TRUE(c.facts.refused) << "nothing is new";
    ++c.object.generation;
    record_object(c.facts, c.object, c.settings, c.now + 1s, c.now);
    EXPECT_FALSE(c.facts.refused);
    EXPECT_EQ(c.facts.refusals, 0);
    EXPECT_FALSE(c.facts.absent_since);
    EXPECT_EQ(c.facts.generation_since, c.now + 1s);
}

TEST(an_object, whose_annotation_asks_for_it_ends_every_wait)
{
    single_case c;
    record_first(c);
    c.refused(failure::refused).removing('1', failure::not_supported);
    c.facts.polls = 9;
    c.facts.repairs = 9;
    c.object.requested_at = support::interned("now");
    record_object(c.facts, c.object, c.settings, c.now + 1s, c.now);
    EXPECT_FALSE(c.facts.refused);
    EXPECT_FALSE(c.facts.removing);
    EXPECT_EQ(c.facts.polls, 0);
    EXPECT_EQ(c.facts.repairs, 0);
    EXPECT_EQ(c.facts.read_after, c.now + 1s);
}

// ---- a write of the ledger ----

TEST(a_ledger_write, for_what_somebody_removed_is_a_repair)
{
    single_case c;
    record_first(c.holds({"default a/1"}));
    auto written = c.object.status.ledger;
    written.attachments[0] = entry_of("default a?");
    record_ledger_write(c.facts, written, true, c.now);
    EXPECT_EQ(c.facts.repairs, 0) << "nothing was removed";
    record_first(c);
    c.facts.absent_since = c.now;
    record_ledger_write(c.facts, written, true, c.now);
    EXPECT_EQ(c.facts.repairs, 1);
    EXPECT_EQ(c.facts.repaired_at, c.now);
    EXPECT_EQ(c.facts.held, written);
}

TEST(a_ledger_write, for_what_was_shown_but_never_active_is_a_repair)
{
    single_case c;
    record_first(c.holds({"default a/1?"}));
    c.facts.absent_since = c.now;
    auto written = c.object.status.ledger;
    written.attachments[0] = entry_of("default a?");
    record_ledger_write(c.facts, written, true, c.now);
    EXPECT_EQ(c.facts.repairs, 1);
}

TEST(a_ledger_write, for_a_removal_is_no_repair)
{
    single_case c;
    record_first(c.holds({"default a/1"}));
    c.facts.absent_since = c.now;
    auto written = c.object.status.ledger;
    written.attachments[0] = entry_of("default a/1?");
    record_ledger_write(c.facts, written, true, c.now);
    EXPECT_EQ(c.facts.repairs, 0);
}

TEST(a_ledger_write, without_an_entry_forgets_its_posts)
{
    single_case c;
    record_first(c.holds({"default a?", "sni b?"}));
    auto written = c.object.status.ledger;
    written.attachments.erase(written.attachments.begin());
    record_ledger_write(c.facts, written, true, c.now);
    EXPECT_EQ(c.facts.posted, std::vector{entry_of("sni b?")});
}

// ---- what a certificate shows ----

struct shown_row
{
    const char* name;
    std::vector<std::string> shown;
    std::optional<char> id;
    std::string found;  // its id; empty: none

    friend std::ostream& operator<<(std::ostream& out, const shown_row& row) { return out << row.name; }
};

class the_binding : public testing::TestWithParam<shown_row>
{};

// The slot that is wanted is the default.
TEST_P(the_binding, is_found_as_the_table_says)
{
    const auto& row = GetParam();
    single_case c;
    c.shows('a', row.shown);
    const auto& shown = **c.certificates.at(test::certificate_id('a')).last->value;
    const auto* found = find_binding(
        shown,
        c.object.spec.resource_id,
        binding::slot::default_,
        row.id ? std::optional(test::binding_id(*row.id)) : std::nullopt
    );
    EXPECT_EQ(found == nullptr ? "" : found->id.str().substr(0, 1), row.found);
}

INSTANTIATE_TEST_SUITE_P(
    of_a_listener,
    the_binding,
    testing::Values(
        shown_row{"is_none_of_none", {}, {}, ""},
        shown_row{"is_the_one_of_its_slot", {"sni 1 active", "default 2 active"}, {}, "2"},
        shown_row{"is_the_first_of_two", {"default 1 active", "default 2 active"}, {}, "1"},
        shown_row{"is_the_one_of_its_id", {"default 1 active", "sni 2 active"}, '2', "2"},
        shown_row{
            "is_the_one_of_its_slot_if_the_id_is_not_there", {"sni 1 active", "default 2 active"}, '3', "2"
        },
        shown_row{"is_any_else", {"sni 1 active"}, {}, "1"}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(the_binding, is_of_this_listener_and_of_the_documented_type)
{
    cloud::service_certificate shown;
    shown.bindings = {test::shown_binding("default 1 active"), test::shown_binding("default 2 active")};
    shown.bindings[0].resource_id = test::binding_id('7');
    shown.bindings[1].resource_type = "octavia:pool";
    const auto listener = single_case().object.spec.resource_id;
    EXPECT_EQ(find_binding(shown, listener, binding::slot::default_, {}), nullptr);
}

TEST(the_binding, whose_slot_the_cloud_does_not_show_is_of_either)
{
    auto shown = test::shown_binding("sni 1 active");
    EXPECT_TRUE(has_slot(shown, binding::slot::sni));
    EXPECT_FALSE(has_slot(shown, binding::slot::default_));
    shown.sni.reset();
    EXPECT_TRUE(has_slot(shown, binding::slot::default_));
}

TEST(the_entry, is_of_the_certificate_and_the_slot)
{
    single_case c;
    c.holds({"sni a/1", "default b/2", "default a/3"});
    const auto* found =
        find_entry(c.object.status.ledger, test::certificate_id('a'), binding::slot::default_);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(test::text_of(*found), "default a/3");
    EXPECT_EQ(find_entry(c.object.status.ledger, test::certificate_id('b'), binding::slot::sni), nullptr);
}

}  // namespace
