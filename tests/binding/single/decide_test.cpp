// What is decided for a live binding, by what the cloud shows, row by row. absence_test.cpp has the binding
// that the cloud does not show, detach_test.cpp the deletion.
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

// The cloud does not show the certificate, and refused the last POST because it is not there.
void missing_row(single_case& c)
{
    c.holds({"default a?"}).fails('a', failure::not_found).refused(failure::not_found).facts.disproved =
        test::entry_of("default a?");
}

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
        test::decided_row{
            "is_not_shown_may_be_bound",
            [](auto& c) { c.fails('a', failure::not_found); },
            "finalizer, pending Progressing [default a?], POST default a?"
        },
        test::decided_row{
            "is_missing_may_still_be_created",
            [](auto& c) { missing_row(c); },
            "pending CertificateNotFound [], rest 15s"
        },
        test::decided_row{
            "is_missing_for_long",
            [](auto& c) { missing_row(c.is_old()); },
            "error CertificateNotFound [], rest 15s"
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
            "is_another_bindings",
            [](auto& c) {
                static const auto other = single_case().object;
                c.shows('a', {"default 1 active"}).winner = &other;
            },
            "error Conflict [], rest resync"
        },
        test::decided_row{
            "is_another_bindings_of_a_slot_that_the_cloud_does_not_show",
            [](auto& c) {
                static const auto other = single_case().object;
                c.shows('a', {"default 1 active"}).owners[test::binding_id('1')] = &other;
            },
            "error Conflict [], rest resync"
        },
        test::decided_row{
            "was_attached_before_another_binding_wanted_it",
            [](auto& c) {
                static const auto other = single_case().object;
                c.holds({"default a/1"}).shows('a', {"default 1 active"}).winner = &other;
            },
            "active Attached [default a/1] attached, rest resync"
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

}  // namespace
