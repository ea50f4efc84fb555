// What is decided for a live binding, row by row. detach_test.cpp has the deletions.
#include "binding/single/decide.hpp"

#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using binding::reason;
using cloud::certificate_state;
using cloud::failure;
using test::single_case;

class a_live_binding : public testing::TestWithParam<test::decided_row>
{};

TEST_P(a_live_binding, is_decided_as_the_table_says)
{
    single_case c;
    GetParam().known(c);
    EXPECT_EQ(c.decided(), GetParam().decided);
}

const auto name_of_row = [](const auto& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(
    what_is_read_first,
    a_live_binding,
    testing::Values(
        test::decided_row{"of_an_unknown_certificate", [](auto&) {}, "GET a to attach"},
        test::decided_row{
            "after_a_post",
            [](auto& c) { c.holds({"default a?"}).facts.in_doubt_until = c.now + 30s; },
            "GET a to wait"
        },
        test::decided_row{
            "what_came_before_the_last_write_does_not_count",
            [](auto& c) {
                c.holds({"default a?"})
                    .shows('a', {"default 1 active"}, certificate_state::active, 1s)
                    .facts.read_after = c.now;
            },
            "GET a to wait"
        },
        test::decided_row{
            "again_when_it_is_attached",
            [](auto& c) { c.holds({"default a/1"}).says(reason::attached).facts.read_after = c.now; },
            "GET a to verify"
        },
        test::decided_row{
            "again_while_the_certificate_is_not_active",
            [](auto& c) { c.shows('a', {}, certificate_state::pending_dns, 1s).facts.read_after = c.now; },
            "GET a to wait"
        },
        test::decided_row{
            "and_said_if_the_budget_turned_it_away",
            [](auto& c) { c.facts.waits_for_turn = true; },
            "pending Progressing [], GET a to attach"
        },
        test::decided_row{
            "and_not_in_another_cloud",
            [](auto& c) {
                c.holds({"default a/1"});
                c.here.identity = support::interned("http://other.example");
            },
            "error CloudChanged [default a/1], rest resync"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    whose_certificate,
    a_live_binding,
    testing::Values(
        test::decided_row{
            "waits_for_dns",
            [](auto& c) { c.shows('a', {}, certificate_state::pending_dns); },
            "pending CertificateNotActive [], rest 15s"
        },
        test::decided_row{
            "is_being_issued",
            [](auto& c) {
                c.shows('a', {}, certificate_state::pending_issuance)
                    .shows('a', {}, certificate_state::pending_issuance);
            },
            "pending CertificateNotActive [], rest 30s"
        },
        test::decided_row{
            "has_a_status_that_is_not_documented",
            [](auto& c) { c.shows('a', {}, certificate_state::unknown); },
            "pending CertificateNotActive [], rest 15s"
        },
        test::decided_row{
            "has_expired",
            [](auto& c) { c.shows('a', {}, certificate_state::expired); },
            "error CertificateExpired [], rest 15s"
        },
        test::decided_row{
            "has_failed",
            [](auto& c) { c.shows('a', {}, certificate_state::error); },
            "error CertificateNotActive [], rest 15s"
        },
        test::decided_row{
            "is_revoked",
            [](auto& c) { c.shows('a', {}, certificate_state::revoked); },
            "error CertificateNotActive [], rest 15s"
        },
        test::decided_row{"is_missing_once", [](auto& c) { c.fails('a', failure::not_found); }, "rest 5s"},
        test::decided_row{
            "is_missing_twice_may_still_be_created",
            [](auto& c) { c.fails('a', failure::not_found, 5s).fails('a', failure::not_found); },
            "pending CertificateNotFound [], rest 30s"
        },
        test::decided_row{
            "is_missing_for_long",
            [](auto& c) { c.is_old().fails('a', failure::not_found, 5s).fails('a', failure::not_found); },
            "error CertificateNotFound [], rest 30s"
        },
        test::decided_row{
            "may_not_be_read",
            [](auto& c) { c.fails('a', failure::access_denied); },
            "error CertificateAccessDenied [], rest 15s"
        },
        test::decided_row{
            "is_asked_for_with_a_wrong_credential",
            [](auto& c) { c.fails('a', failure::credentials_invalid); },
            "error CredentialsInvalid [], rest 15s"
        },
        test::decided_row{
            "cannot_be_read_now",
            [](auto& c) { c.fails('a', failure::transient).fails('a', failure::transient); },
            "pending CloudUnavailable [], rest 30s"
        },
        test::decided_row{
            "cannot_be_read_before_a_time",
            [](auto& c) {
                c.fails('a', failure::transient);
                c.certificates.begin()->second.last->value.error().retry_after = 90s;
            },
            "pending CloudUnavailable [], rest 90s"
        },
        test::decided_row{
            "could_be_read_not_long_ago",
            [](auto& c) {
                c.holds({"default a/1"}).says(reason::attached);
                c.shows('a', {"default 1 active"}, certificate_state::active, 29min)
                    .fails('a', failure::transient);
            },
            "rest 15s"
        },
        test::decided_row{
            "could_not_be_read_for_three_periods",
            [](auto& c) {
                c.holds({"default a/1"}).says(reason::attached);
                c.shows('a', {"default 1 active"}, certificate_state::active, 30min)
                    .fails('a', failure::transient);
            },
            "pending CloudUnavailable [default a/1] attached, rest 15s"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    that_the_cloud_shows,
    a_live_binding,
    testing::Values(
        test::decided_row{
            "is_attached",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"default 1 active"}); },
            "active Attached [default a/1] attached, rest resync"
        },
        test::decided_row{
            "is_adopted",
            [](auto& c) { c.shows('a', {"default 1 active"}); },
            "finalizer, active Attached [default a/1] attached +Adopted, rest resync"
        },
        test::decided_row{
            "is_the_one_that_it_had_of_two",
            [](auto& c) { c.holds({"default a/2"}).shows('a', {"default 1 active", "default 2 active"}); },
            "active Attached [default a/2] attached, rest resync"
        },
        test::decided_row{
            "is_pending",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"default 1 pending"}).facts.polls = 2; },
            "pending Progressing [default a/1?], rest 4s"
        },
        test::decided_row{
            "is_being_removed",
            [](auto& c) { c.holds({"default a/1"}).shows('a', {"default 1 deleting"}); },
            "pending Progressing [default a/1], rest 2s"
        },
        test::decided_row{
            "has_failed",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"default 1 error"}); },
            "error CertificateRefused [default a/1], rest 15s"
        },
        test::decided_row{
            "has_a_status_that_is_not_documented",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"default 1 odd"}); },
            "pending Progressing [default a/1], rest 2s"
        },
        test::decided_row{
            "has_a_certificate_that_expired",
            [](auto& c) {
                c.holds({"default a/1"}).shows('a', {"default 1 active"}, certificate_state::expired);
            },
            "error CertificateExpired [default a/1] attached, rest resync"
        },
        test::decided_row{
            "has_a_certificate_that_is_being_issued_again",
            [](auto& c) {
                c.holds({"default a/1"})
                    .shows('a', {"default 1 active"}, certificate_state::pending_issuance);
            },
            "active Attached [default a/1] attached, rest resync"
        },
        test::decided_row{
            "is_somebody_elses_in_the_other_slot",
            [](auto& c) { c.shows('a', {"sni 1 active"}); },
            "error Conflict [], rest 300s"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    that_the_cloud_does_not_show,
    a_live_binding,
    testing::Values(
        test::decided_row{
            "is_asked_for",
            [](auto& c) { c.wants("sni a").shows('a', {}); },
            "finalizer, pending Progressing [sni a?], POST sni a?"
        },
        test::decided_row{
            "is_not_asked_for_from_an_old_read",
            [](auto& c) { c.shows('a', {}, certificate_state::active, 601s); },
            "GET a to attach"
        },
        test::decided_row{
            "may_still_come_of_a_lost_request",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).facts.in_doubt_until = c.now + 30s; },
            "pending Progressing [default a?], rest 2s"
        },
        test::decided_row{
            "is_asked_for_again_when_the_lost_request_can_do_nothing_more",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).facts.in_doubt_until = c.now; },
            "pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "was_removed_by_somebody_as_one_read_shows",
            [](auto& c) {
                c.holds({"default a/1"}).says(reason::attached).shows('a', {}).facts.absent_since = c.now;
            },
            "rest 2s"
        },
        test::decided_row{
            "was_removed_by_somebody_as_two_reads_show",
            [](auto& c) { c.holds({"default a/1"}).shows('a', {}).facts.absent_since = c.now - 2s; },
            "pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "is_removed_again_and_again",
            [](auto& c) {
                c.holds({"default a/1"}).shows('a', {});
                c.facts.absent_since = c.now - 2s;
                c.facts.repairs = 2;
                c.facts.repaired_at = c.now - 20s;
            },
            "error Contested [default a/1], rest 100s"
        },
        test::decided_row{
            "is_another_bindings_place",
            [](auto& c) {
                static const auto other = single_case().object;
                c.shows('a', {}).winner = &other;
            },
            "error Conflict [], rest resync"
        },
        test::decided_row{
            "has_no_room_in_the_ledger",
            [](auto& c) { c.wants("sni a").holds(std::vector<std::string>(15, "sni b/1")).shows('a', {}); },
            "error LedgerFull [sni b/1, sni b/1, sni b/1, sni b/1, sni b/1, sni b/1, sni b/1, sni b/1, sni "
            "b/1, sni b/1, "
            "sni b/1, sni b/1, sni b/1, sni b/1, sni b/1], rest resync"
        }
    ),
    name_of_row
);

// The cloud refused the last POST.
void refused_row(single_case& c, failure kind)
{
    c.holds({"default a?"}).shows('a', {}).refused(kind).facts.disproved = test::entry_of("default a?");
}

INSTANTIATE_TEST_SUITE_P(
    that_was_refused,
    a_live_binding,
    testing::Values(
        test::decided_row{
            "for_what_it_is",
            [](auto& c) { refused_row(c, failure::refused); },
            "error CertificateRefused [], rest 3600s"
        },
        test::decided_row{
            "for_a_listener_that_may_still_be_created",
            [](auto& c) { refused_row(c, failure::not_found); },
            "pending ListenerNotFound [], rest 15s"
        },
        test::decided_row{
            "for_a_listener_that_is_missing_for_long",
            [](auto& c) { refused_row(c.is_old(), failure::not_found); },
            "error ListenerNotFound [], rest 15s"
        },
        test::decided_row{
            "for_its_rights",
            [](auto& c) { refused_row(c, failure::access_denied); },
            "error ListenerAccessDenied [], rest 15s"
        },
        test::decided_row{
            "for_its_credential",
            [](auto& c) { refused_row(c, failure::credentials_invalid); },
            "error CredentialsInvalid [], rest 15s"
        },
        test::decided_row{
            "because_the_cloud_is_busy",
            [](auto& c) { refused_row(c, failure::busy); },
            "pending LoadBalancerBusy [], rest 2s"
        },
        test::decided_row{
            "because_something_else_holds_the_place",
            [](auto& c) { refused_row(c.is_old(), failure::busy); },
            "error Conflict [], rest 2s"
        },
        test::decided_row{
            "and_is_asked_for_again_later",
            [](auto& c) {
                c.shows('a', {}).refused(failure::refused, 1h).facts.disproved = test::entry_of("default a?");
            },
            "finalizer, pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "keeps_the_entry_of_what_was_not_sent",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).refused(failure::transient); },
            "pending CloudUnavailable [default a?], rest 2s"
        },
        test::decided_row{
            "keeps_the_entry_of_another_slot",
            [](auto& c) {
                c.holds({"default a?"}).shows('a', {}).refused(failure::refused);
                c.facts.disproved = test::entry_of("sni a?");
            },
            "error CertificateRefused [default a?], rest 3600s"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    that_changes,
    a_live_binding,
    testing::Values(
        test::decided_row{
            "keeps_the_old_certificate_until_the_new_one_is_active",
            [](auto& c) {
                c.wants("default b").holds({"default a/1"}).shows('b', {}, certificate_state::pending_dns);
            },
            "pending CertificateNotActive [default a/1], rest 15s"
        },
        test::decided_row{
            "asks_for_the_new_certificate_first",
            [](auto& c) { c.wants("default b").holds({"default a/1"}).shows('b', {}); },
            "pending Progressing [default a/1, default b?] attached, POST default b?"
        },
        test::decided_row{
            "has_both_unconfirmed_before_the_old_one_goes",
            [](auto& c) {
                c.wants("default b").holds({"default a/1", "default b?"}).shows('b', {"default 2 active"});
            },
            "pending Progressing [default a/1?, default b/2] attached, DELETE a/1"
        },
        test::decided_row{
            "drops_the_old_entry_when_its_binding_is_gone",
            [](auto& c) {
                c.wants("default b").holds({"default a/1?", "default b/2"}).shows('b', {"default 2 active"});
                c.shows('a', {}).removing('1', std::nullopt);
            },
            "pending Progressing [default b/2] attached, active Attached [default b/2] attached, rest resync"
        },
        test::decided_row{
            "takes_the_new_entry_back_alone_if_that_is_refused",
            [](auto& c) {
                c.wants("default b")
                    .holds({"default a/1", "default b?"})
                    .shows('b', {})
                    .refused(failure::refused);
                c.facts.disproved = test::entry_of("default b?");
            },
            "error CertificateRefused [default a/1], rest 3600s"
        },
        test::decided_row{
            "its_slot_asks_for_the_new_slot",
            [](auto& c) { c.wants("sni a").holds({"default a/1"}).shows('a', {"default 1 active"}); },
            "pending Progressing [default a/1, sni a?] attached, POST sni a?"
        },
        test::decided_row{
            "its_slot_gives_up_the_old_slot_if_the_cloud_does_not_keep_both",
            [](auto& c) {
                c.wants("sni a")
                    .holds({"default a/1"})
                    .shows('a', {"default 1 active"})
                    .refused(failure::busy);
            },
            "pending Progressing [default a/1], DELETE a/1"
        }
    ),
    name_of_row
);

}  // namespace
