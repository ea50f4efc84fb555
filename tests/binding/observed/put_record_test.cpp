// The PUTs of a target: in doubt, answered, of an earlier process (unanswered-writes); to one in ERROR.
#include "binding/observed/target_state_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::put_phase;
using cloud::failure;
using cloud::provisioning_status;

TEST_F(state_of_target, the_deadline_of_a_put_grows_with_its_refs)
{
    cloud::listener_change change;
    EXPECT_EQ(deadline_of(settings, change), 30s);
    change.default_ref.emplace(std::nullopt);
    EXPECT_EQ(deadline_of(settings, change), 30s);
    change.default_ref.emplace(ref("a"));
    EXPECT_EQ(deadline_of(settings, change), 30s + 600ms);
    change.sni_refs = refs({"a", "b", "c"});
    EXPECT_EQ(deadline_of(settings, change), 30s + 4 * 600ms);
}

TEST_F(state_of_target, a_put_is_in_doubt_until_it_is_answered)
{
    begin_pass(t0);
    send(t0, 2);
    ASSERT_TRUE(facts().puts.under_way);
    EXPECT_EQ(facts().puts.under_way->phase, put_phase::in_doubt);
    EXPECT_EQ(facts().puts.under_way->deadline, t0 + cloud::sent_within + 30s + 2 * 600ms);
    answer(listener(1, provisioning_status::pending), t0 + 1s);
    EXPECT_EQ(facts().puts.under_way->phase, put_phase::accepted);
}

TEST_F(state_of_target, only_an_ambiguous_answer_leaves_it_in_doubt)
{
    for (const failure kind :
         {failure::not_found,
          failure::access_denied,
          failure::no_endpoint,
          failure::busy,
          failure::refused,
          failure::credentials_invalid,
          failure::rate_limited,
          failure::transient})
    {
        begin_pass(t0);
        send(t0);
        answer(failing(kind), t0);
        EXPECT_FALSE(facts().puts.under_way) << static_cast<int>(kind);
        EXPECT_TRUE(facts().puts.last_error) << static_cast<int>(kind);
        kept = {};
    }
    begin_pass(t0);
    send(t0);
    answer(failing(failure::ambiguous), t0);
    ASSERT_TRUE(facts().puts.under_way);
    EXPECT_EQ(facts().puts.under_way->phase, put_phase::in_doubt);
}

TEST_F(state_of_target, whether_a_credential_may_write_is_told_by_its_last_put_that_says_so)
{
    using cloud::failure;
    begin_pass(t0);
    EXPECT_EQ(facts().puts.may_write, std::nullopt);
    for (const auto refused : {failure::access_denied, failure::credentials_invalid})
    {
        send(t0);
        answer(listener(2), t0);
        EXPECT_EQ(facts().puts.may_write, true);
        send(t0);
        answer(failing(refused), t0);
        EXPECT_EQ(facts().puts.may_write, false);
        for (const auto other : {failure::busy, failure::refused, failure::rate_limited, failure::transient})
        {
            send(t0);
            answer(failing(other), t0);
            EXPECT_EQ(facts().puts.may_write, false) << static_cast<int>(other);
        }
    }
}

TEST_F(state_of_target, an_unconfirmed_entry_at_the_start_may_belong_to_a_put_of_before)
{
    hold("a", false);
    hold("b", true);
    begin_pass(t0, t0);
    ASSERT_TRUE(facts().puts.under_way);
    EXPECT_EQ(facts().puts.under_way->phase, put_phase::before_start);
    EXPECT_EQ(facts().puts.under_way->deadline, t0 + 32s + 2 * 600ms) << "the entries of the ledger count";
    see_listener(t0 + 1s, listener(3));
    see_listener(t0 + 2s, listener(3));
    EXPECT_EQ(facts().puts.under_way->deadline, t0 + 32s + 5 * 600ms) << "and the refs of the listener, once";
}

TEST_F(state_of_target, confirmed_entries_at_the_start_tell_that_nothing_is_under_way)
{
    hold("a", true);
    begin_pass(t0, t0);
    EXPECT_FALSE(facts().puts.under_way);
}

TEST_F(state_of_target, an_entry_that_we_made_ourselves_is_no_put_of_before)
{
    begin_pass(t0, t0);
    hold("a", false);
    kept.record_ledger_write(object.uid, object.status.ledger, true);
    begin_pass(t0 + 1s, t0);
    EXPECT_FALSE(facts().puts.under_way);
}

TEST_F(state_of_target, puts_to_a_listener_in_error_wait_5_s_doubling_to_5_min_until_it_has_healed)
{
    begin_pass(t0);
    for (const auto wait : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s})
    {
        send(t0);
        EXPECT_EQ(*facts().puts.next_error_put - t0, wait);
        answer(listener(1), t0);
        kept.record_put_end();
        see_listener(t0, listener(1, provisioning_status::error));
    }
    see_listener(t0, listener(1));
    EXPECT_FALSE(facts().puts.next_error_put);
    EXPECT_EQ(facts().puts.error_puts, 0);
}

}  // namespace
