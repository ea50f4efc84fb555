// What is decided for a binding that is being deleted, row by row.
#include "binding/single/decide.hpp"
#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using cloud::certificate_state;
using cloud::failure;
using test::single_case;

class a_deletion : public testing::TestWithParam<test::decided_row>
{};

TEST_P(a_deletion, is_decided_as_the_table_says)
{
    single_case c;
    c.deleting();
    GetParam().known(c);
    EXPECT_EQ(c.decided(), GetParam().decided);
}

const auto name_of_row = [](const auto& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(
    without_a_request,
    a_deletion,
    testing::Values(
        test::decided_row{
            "waits_for_others_without_our_finalizer",
            [](auto& c) { c.object.finalizers.clear(); },
            "rest resync"
        },
        test::decided_row{"of_nothing", [](auto&) {}, "release"},
        test::decided_row{
            "that_retains",
            [](auto& c) { c.holds({"default a/1"}).object.spec.retain = true; },
            "release +Retained"
        },
        test::decided_row{
            "that_is_abandoned",
            [](auto& c) { c.holds({"default a/1"}).object.abandoned = true; },
            "release +Retained"
        },
        test::decided_row{
            "of_another_cloud",
            [](auto& c) {
                c.holds({"default a/1"});
                c.here.region = support::interned("spo1");
            },
            "deleting Detaching by CloudChanged [default a/1], rest resync"
        },
        test::decided_row{
            "of_what_is_not_of_this_api",
            [](auto& c) {
                c.holds({"default a/1"});
                c.object.status.ledger.attachments[0].container_ref =
                    cloud::container_ref("http://kms/v1/containers/x");
                c.facts.held = c.object.status.ledger;
            },
            "deleting Detaching [] attached, release"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    of_what_is_attached,
    a_deletion,
    testing::Values(
        test::decided_row{
            "removes_it",
            [](auto& c) { c.holds({"default a/1"}); },
            "deleting Detaching [default a/1?] attached, DELETE a/1"
        },
        test::decided_row{
            "leaves_it_if_another_binding_has_it_too",
            [](auto& c) {
                static const auto other = single_case().object;
                c.holds({"default a/1"}).owners[test::binding_id('1')] = &other;
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "reads_after_the_removal",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {}, certificate_state::active, 1s).removing('1', {});
                c.facts.read_after = c.now;
            },
            "deleting Detaching [default a/1?] attached, GET a to detach"
        },
        test::decided_row{
            "ends_when_the_cloud_shows_it_no_more",
            [](auto& c) { c.holds({"default a/1?"}).shows('a', {"default 2 active"}).removing('1', {}); },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "reads_twice_if_the_removal_had_no_answer",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {}).removing('1', {}).unseen("default a/1", 1s);
                c.facts.removing->taken = false;
            },
            "deleting Detaching [default a/1?] attached, rest 1s"
        },
        test::decided_row{
            "ends_if_two_reads_do_not_show_it_after_a_removal_without_an_answer",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {}).removing('1', {}).unseen("default a/1", 2s);
                c.facts.removing->taken = false;
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "reads_twice_if_the_cloud_says_that_it_is_not_there",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {}).removing('1', failure::not_found);
                c.unseen("default a/1", 1s);
            },
            "deleting Detaching [default a/1?] attached, rest 1s"
        },
        test::decided_row{
            "goes_on_with_the_next_entry",
            [](auto& c) { c.holds({"default a/1?", "sni b/2?"}).shows('a', {}).removing('1', {}); },
            "deleting Detaching [sni b/2?] attached, DELETE b/2"
        },
        test::decided_row{
            "waits_while_the_cloud_removes_it",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {"default 1 deleting"}).removing('1', {}, 1h);
                c.facts.polls = 3;
            },
            "deleting Detaching [default a/1?] attached, rest 8s"
        },
        test::decided_row{
            "reads_until_the_deadline_of_the_request",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {"default 1 active"}).removing('1', {}, 29s);
            },
            "deleting Detaching [default a/1?] attached, rest 2s"
        },
        test::decided_row{
            "sends_it_again_after_the_deadline",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {"default 1 active"}).removing('1', {}, 30s);
            },
            "deleting Detaching [default a/1?] attached, DELETE a/1"
        },
        test::decided_row{
            "sends_it_again_ever_more_slowly",
            [](auto& c) {
                c.holds({"default a/1?"}).shows('a', {"default 1 active"}).removing('1', {}, 59s, 9);
            },
            "deleting Detaching [default a/1?] attached, rest 2s"
        }
    ),
    name_of_row
);

void refused_row(single_case& c, failure kind, support::duration age = {}, int attempts = 1)
{
    c.holds({"default a/1?"}).shows('a', {"default 1 active"}).removing('1', kind, age, attempts);
}

INSTANTIATE_TEST_SUITE_P(
    that_is_refused,
    a_deletion,
    testing::Values(
        test::decided_row{
            "because_there_is_no_such_call",
            [](auto& c) { refused_row(c, failure::not_supported, 59min); },
            "deleting DetachNotSupported [default a/1?] attached, rest 15s"
        },
        test::decided_row{
            "because_there_is_no_such_call_is_tried_every_hour",
            [](auto& c) { refused_row(c, failure::not_supported, 1h); },
            "deleting DetachNotSupported [default a/1?] attached, DELETE a/1"
        },
        test::decided_row{
            "as_if_the_binding_that_is_shown_were_not_there",
            [](auto& c) {
                refused_row(c, failure::not_found, 20s);
                c.facts.removing->answers_404 = 2;
            },
            "deleting DetachNotSupported [default a/1?] attached, rest 15s"
        },
        test::decided_row{
            "as_if_the_binding_that_one_read_shows_were_not_there",
            [](auto& c) {
                refused_row(c, failure::not_found, 1s);
                c.facts.removing->answers_404 = 1;
            },
            "deleting Detaching [default a/1?] attached, rest 1s"
        },
        test::decided_row{
            "by_one_page_that_may_be_a_proxys",
            [](auto& c) {
                refused_row(c, failure::no_route);
                c.facts.removing->answers_404 = 1;
            },
            "deleting Detaching [default a/1?] attached, rest 2s"
        },
        test::decided_row{
            "by_one_page_is_tried_soon",
            [](auto& c) {
                refused_row(c, failure::no_route, 2s);
                c.facts.removing->answers_404 = 1;
            },
            "deleting Detaching [default a/1?] attached, DELETE a/1"
        },
        test::decided_row{
            "by_two_pages_beside_the_certificate",
            [](auto& c) {
                refused_row(c, failure::no_route);
                c.facts.removing->answers_404 = 2;
            },
            "deleting DetachNotSupported [default a/1?] attached, rest 4s"
        },
        test::decided_row{
            "by_many_pages_is_tried_ever_more_slowly",
            [](auto& c) {
                refused_row(c, failure::no_route, 1023s);
                c.facts.removing->answers_404 = 10;
                c.facts.polls = 9;
            },
            "deleting DetachNotSupported [default a/1?] attached, rest 1s"
        },
        test::decided_row{
            "because_the_cloud_is_busy",
            [](auto& c) { refused_row(c, failure::busy, 5s); },
            "deleting Detaching [default a/1?] attached, rest 10s"
        },
        test::decided_row{
            "for_its_rights_is_tried_ever_more_slowly",
            [](auto& c) { refused_row(c, failure::access_denied, 0s, 3); },
            "deleting Detaching by CertificateAccessDenied [default a/1?] attached, rest 60s"
        },
        test::decided_row{
            "and_is_sent_again",
            [](auto& c) { refused_row(c, failure::busy, 15s); },
            "deleting Detaching [default a/1?] attached, DELETE a/1"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    of_what_was_asked_for,
    a_deletion,
    testing::Values(
        test::decided_row{
            "reads_first",
            [](auto& c) { c.holds({"default a?"}); },
            "deleting Detaching [default a?] attached, GET a to detach"
        },
        test::decided_row{
            "removes_what_came_of_it",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"default 1 pending"}); },
            "deleting Detaching [default a?] attached, DELETE a/1"
        },
        test::decided_row{
            "leaves_the_other_slot_alone",
            [](auto& c) { c.holds({"default a?"}).shows('a', {"sni 1 active"}).unseen("default a?", 2s); },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "leaves_what_another_binding_has",
            [](auto& c) {
                static const auto other = single_case().object;
                c.holds({"default a?"}).shows('a', {"default 1 active"});
                c.owners[test::binding_id('1')] = &other;
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "waits_while_it_may_take_effect",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).facts.in_doubt_until = c.now + 1s; },
            "deleting Detaching [default a?] attached, rest 1s"
        },
        test::decided_row{
            "ends_when_it_can_do_nothing_more",
            [](auto& c) {
                c.holds({"default a?"}).shows('a', {}).unseen("default a?", 2s).facts.in_doubt_until = c.now;
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "reads_twice_before_it_ends",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).unseen("default a?", 1s); },
            "deleting Detaching [default a?] attached, rest 1s"
        },
        test::decided_row{
            "reads_for_itself_before_it_ends",
            [](auto& c) { c.holds({"default a?"}).shows('a', {}).unseen("sni a?", 2s); },
            "deleting Detaching [default a?] attached, GET a to detach"
        }
    ),
    name_of_row
);

INSTANTIATE_TEST_SUITE_P(
    whose_certificate,
    a_deletion,
    testing::Values(
        test::decided_row{
            "is_missing_once",
            [](auto& c) { c.holds({"default a?"}).fails('a', failure::not_found, 1s); },
            "deleting Detaching [default a?] attached, rest 4s"
        },
        test::decided_row{
            "is_gone",
            [](auto& c) {
                c.holds({"default a?"}).fails('a', failure::not_found, 5s).fails('a', failure::not_found);
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "is_missing_while_a_lost_request_may_take_effect",
            [](auto& c) {
                c.holds({"default a?"}).fails('a', failure::not_found, 5s).fails('a', failure::not_found);
                c.facts.in_doubt_until = c.now + 1s;
            },
            "deleting Detaching [default a?] attached, rest 1s"
        },
        test::decided_row{
            "is_gone_with_a_binding_that_was_shown",
            [](auto& c) {
                c.holds({"default a/1?"}).fails('a', failure::not_found, 5s).fails('a', failure::not_found);
                c.removing('1', std::nullopt).facts.in_doubt_until = c.now + 1s;
            },
            "deleting Detaching [] attached, release"
        },
        test::decided_row{
            "cannot_be_read_now",
            [](auto& c) {
                c.holds({"default a?"}).fails('a', failure::transient).fails('a', failure::transient);
            },
            "deleting Detaching [default a?] attached, rest 30s"
        }
    ),
    name_of_row
);

}  // namespace
