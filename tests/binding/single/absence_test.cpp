// What is decided for a live binding that the cloud does not show, row by row.
#include "binding/single/decide.hpp"
#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using binding::reason;
using cloud::certificate_state;
using cloud::failure;
using test::single_case;

class an_absent_binding : public testing::TestWithParam<test::decided_row>
{};

TEST_P(an_absent_binding, is_decided_as_the_table_says)
{
    single_case c;
    GetParam().known(c);
    EXPECT_EQ(c.decided(), GetParam().decided);
}

const auto name_of_row = [](const auto& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(
    that_the_cloud_does_not_show,
    an_absent_binding,
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
            "was_shown_but_never_active_and_one_read_does_not_show_it",
            [](auto& c) { c.holds({"default a/1?"}).shows('a', {}).facts.absent_since = c.now; },
            "rest 2s"
        },
        test::decided_row{
            "was_shown_but_never_active_and_is_gone_as_two_reads_show",
            [](auto& c) { c.holds({"default a/1?"}).shows('a', {}).facts.absent_since = c.now - 2s; },
            "pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "was_shown_but_its_certificate_is_missing_once",
            [](auto& c) {
                c.holds({"default a/1?"}).fails('a', failure::not_found).facts.absent_since = c.now - 2s;
            },
            "rest 5s"
        },
        test::decided_row{
            "and_its_certificate_are_shown_no_more",
            [](auto& c) {
                c.holds({"default a/1"}).fails('a', failure::not_found, 5s).fails('a', failure::not_found);
                c.facts.absent_since = c.now - 5s;
            },
            "pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "and_its_certificate_are_shown_no_more_again_and_again",
            [](auto& c) {
                c.holds({"default a/1"}).fails('a', failure::not_found, 5s).fails('a', failure::not_found);
                c.facts.absent_since = c.now - 5s;
                c.facts.repairs = 2;
                c.facts.repaired_at = c.now - 20s;
            },
            "error Contested [default a/1], rest 100s"
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
    c.holds({"default a?"}).shows('a', {}).refused(kind);
    (kind == failure::busy ? c.facts.refused_as_busy : c.facts.disproved) = test::entry_of("default a?");
    c.facts.absent_since = c.now - 2s;
}

INSTANTIATE_TEST_SUITE_P(
    that_was_refused,
    an_absent_binding,
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
            "because_the_cloud_is_busy_and_one_read_seems_to_confirm",
            [](auto& c) {
                refused_row(c, failure::busy);
                c.facts.absent_since = c.now - 1s;
            },
            "pending LoadBalancerBusy [default a?], rest 1s"
        },
        test::decided_row{
            "because_the_cloud_is_busy_is_not_asked_for_before_the_second_read",
            [](auto& c) {
                refused_row(c, failure::busy);
                c.refused(failure::busy, 3s).facts.absent_since = c.now - 1s;
            },
            "rest 1s"
        },
        test::decided_row{
            "after_a_request_that_may_have_had_effect",
            [](auto& c) {
                refused_row(c, failure::busy);
                c.facts.posted = {test::entry_of("default a?")};
            },
            "pending LoadBalancerBusy [default a?], rest 2s"
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
            "because_the_certificate_is_gone",
            [](auto& c) {
                refused_row(c, failure::not_found);
                c.fails('a', failure::not_found, 5s).fails('a', failure::not_found);
            },
            "pending CertificateNotFound [], rest 15s"
        },
        test::decided_row{
            "keeps_the_entry_of_what_was_adopted_since",
            [](auto& c) {
                refused_row(c, failure::busy);
                c.facts.held->attachments[0] = test::entry_of("default a/1");
                c.object.status.ledger = *c.facts.held;
                c.fails('a', failure::not_found, 5s).fails('a', failure::not_found);
            },
            "pending LoadBalancerBusy [default a/1], rest 2s"
        },
        test::decided_row{
            "keeps_the_entry_while_the_cloud_is_away",
            [](auto& c) {
                refused_row(c, failure::not_found);
                c.fails('a', failure::transient);
            },
            "pending CloudUnavailable [default a?], rest 15s"
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
    an_absent_binding,
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
