#include "binding/observed/target_state.hpp"

#include "binding/observed/target_state_fixture.hpp"
#include "binding/status/ready_status.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using cloud::provisioning_status;

// ---- bindings ----

TEST_F(state_of_target, a_ledger_is_believed_when_it_is_first_seen_and_not_again)
{
    hold("a", true);
    begin_pass(t0);
    const auto first = object.status.ledger;
    hold("e", true);
    begin_pass(t0 + 1s);
    EXPECT_EQ(of_it().held, first);
}

TEST_F(state_of_target, a_ledger_that_we_tried_to_write_is_ours_when_it_is_seen)
{
    begin_pass(t0);
    hold("a", false);
    kept.record_ledger_write(object.uid, object.status.ledger, false);
    begin_pass(t0 + 1s);
    EXPECT_EQ(of_it().held, object.status.ledger);
    EXPECT_EQ(of_it().maybe_written, std::nullopt);
    EXPECT_EQ(facts().puts.under_way, std::nullopt) << "nothing was sent before it was known";
}

TEST_F(state_of_target, a_binding_that_is_gone_is_forgotten)
{
    begin_pass(t0);
    kept.record_bindings({}, settings, t0, wall, std::nullopt);
    EXPECT_TRUE(facts().bindings.empty());
}

TEST_F(state_of_target, a_generation_that_comes_while_we_watch_begins_now)
{
    begin_pass(t0);
    EXPECT_FALSE(of_it().generation_is_new) << "nobody saw it begin";
    ++object.generation;
    begin_pass(t0 + 5s);
    EXPECT_TRUE(of_it().generation_is_new);
    EXPECT_EQ(of_it().generation_since, t0 + 5s);
    begin_pass(t0 + 9s);
    EXPECT_EQ(of_it().generation_since, t0 + 5s);
}

TEST_F(state_of_target, another_certificate_is_another_question)
{
    begin_pass(t0);
    see_certificate(not_active("a"));
    see_certificate(not_active("a"));
    EXPECT_EQ(of_it().certificate_polls, 2);
    object.spec.certificate_id = certificate_id("b");
    begin_pass(t0 + 1s);
    EXPECT_FALSE(of_it().certificate);
    EXPECT_EQ(of_it().certificate_polls, 0);
    kept.record_certificate(object.uid, certificate_id("a"), {t0, active("a")});
    EXPECT_FALSE(of_it().certificate) << "an answer about the old one comes too late";
}

TEST_F(state_of_target, an_answer_about_a_binding_that_is_gone_is_dropped)
{
    see_certificate(active("a"));
    EXPECT_TRUE(facts().bindings.empty());
}

TEST_F(state_of_target, polls_of_a_certificate_count_until_it_is_usable)
{
    begin_pass(t0);
    see_certificate(failing(failure::not_found));
    see_certificate(not_active("a"));
    EXPECT_EQ(of_it().certificate_polls, 2);
    see_certificate(active("a"));
    EXPECT_EQ(of_it().certificate_polls, 0);
}

TEST_F(state_of_target, a_request_to_reconcile_ends_every_wait)
{
    begin_pass(t0);
    send(t0);
    answer(listener(1), t0);
    kept.record_put_end();
    send(t0);
    answer(failing(failure::refused), t0);
    see_certificate(not_active("a"));
    send(t0);
    answer(failing(failure::refused), t0, false);
    ASSERT_TRUE(of_it().quarantine);
    ASSERT_TRUE(facts().refusals.blocked);
    ASSERT_TRUE(facts().puts.next_error_put);
    object.requested_at = support::interned("now");
    begin_pass(t0 + 1s);
    EXPECT_FALSE(of_it().quarantine);
    EXPECT_FALSE(of_it().certificate) << "read again";
    EXPECT_EQ(of_it().certificate_polls, 0);
    EXPECT_FALSE(facts().refusals.blocked);
    EXPECT_FALSE(facts().puts.next_error_put);
    EXPECT_EQ(facts().puts.error_puts, 0);
}

TEST_F(state_of_target, the_annotation_that_is_there_at_first_is_no_request)
{
    object.requested_at = support::interned("long ago");
    begin_pass(t0);
    send(t0);
    answer(failing(failure::refused), t0);
    begin_pass(t0 + 1s);
    EXPECT_TRUE(of_it().quarantine);
}

// ---- verified-ready ----

TEST_F(state_of_target, what_is_ready_was_verified_when_listener_and_load_balancer_were_read_at_rest)
{
    object.status =
        render(object, {binding::reason::attached, "", binding::condition_status::true_}, {}, {}, {});
    begin_pass(t0);
    const auto verify = [&] { kept.record_verified({&object}, t0, t0 + 9s); };
    verify();
    EXPECT_FALSE(of_it().verified_at) << "nothing was read";
    see_listener(t0 + 1s, listener(1));
    kept.record_load_balancer({t0 + 1s, cloud::load_balancer{{}, provisioning_status::pending}});
    verify();
    EXPECT_FALSE(of_it().verified_at) << "in the middle of a change";
    kept.record_load_balancer({t0 - 1s, cloud::load_balancer{{}, provisioning_status::active}});
    verify();
    EXPECT_FALSE(of_it().verified_at) << "read before this pass";
    kept.record_load_balancer({t0 + 2s, cloud::load_balancer{{}, provisioning_status::active}});
    send(t0 + 2s);
    verify();
    EXPECT_FALSE(of_it().verified_at) << "a PUT is under way";
    kept.record_put_end();
    verify();
    EXPECT_FALSE(of_it().verified_at) << "its certificate was not read";
    see_certificate(std::unexpected(cloud::error{cloud::failure::transient, "503", {}, {}}));
    verify();
    EXPECT_FALSE(of_it().verified_at) << "the certificate service does not answer";
    see_certificate(cloud::certificate{});
    verify();
    EXPECT_EQ(of_it().verified_at, t0 + 9s);
}

TEST_F(state_of_target, what_is_not_ready_was_not_verified)
{
    begin_pass(t0);
    see_listener(t0, listener(1));
    kept.record_load_balancer({t0, cloud::load_balancer{{}, provisioning_status::active}});
    kept.record_verified({&object}, t0, t0);
    EXPECT_FALSE(of_it().verified_at);
}

}  // namespace
