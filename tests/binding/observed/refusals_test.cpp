// Refusals: the quarantine of one certificate, and PUTs that are refused though they add nothing.
#include "binding/observed/target_state_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;

TEST_F(state_of_target, a_refusal_of_one_certificate_is_a_quarantine_of_an_hour)
{
    begin_pass(t0);
    send(t0);
    answer(failing(failure::refused, "no"), t0);
    ASSERT_TRUE(of_it().quarantine);
    EXPECT_EQ(of_it().quarantine->until, t0 + 1h);
    EXPECT_EQ(of_it().quarantine->certificate_id, certificate_id("a"));
}

TEST_F(state_of_target, a_quarantine_ends_with_its_certificate_and_not_with_its_generation)
{
    begin_pass(t0);
    send(t0);
    answer(failing(failure::refused), t0);
    ++object.generation;
    begin_pass(t0 + 1s);
    EXPECT_TRUE(of_it().quarantine);
    object.spec.certificate_id = certificate_id("b");
    begin_pass(t0 + 2s);
    EXPECT_FALSE(of_it().quarantine);
}

TEST_F(state_of_target, a_quarantine_ends_when_something_about_the_certificate_changes)
{
    auto renewed = active("a");
    renewed->expires_at = wall;
    const std::pair<cloud::answer<cloud::certificate>, bool> answers[] = {
        {active("a"), false},
        {failing(failure::transient), false},
        {not_active("a"), true},
        {failing(failure::not_found), true},
        {failing(failure::access_denied), true},
        {renewed, true},
    };
    for (const auto& [later, ends] : answers)
    {
        kept = {};
        begin_pass(t0);
        see_certificate(active("a"));
        send(t0);
        answer(failing(failure::refused), t0);
        see_certificate(later);
        EXPECT_EQ(of_it().quarantine.has_value(), !ends) << &later - &answers[0].first;
    }
}

TEST_F(state_of_target, a_start_believes_a_quarantine_that_status_tells_of)
{
    using binding::condition_status;
    using binding::condition_type;
    const auto told = [&](binding::reason why, std::int64_t generation, support::duration ago) {
        auto& ready = object.status[condition_type::ready];
        ready = {
            condition_status::false_, why, binding::short_generation(generation), {}, support::interned("no")
        };
        object.status[condition_type::stalled] = {
            condition_status::true_,
            why,
            binding::short_generation(generation),
            wall - std::chrono::floor<std::chrono::seconds>(ago),
            {}
        };
        kept = {};
        begin_pass(t0);
        return of_it().quarantine;
    };
    const auto believed = told(binding::reason::certificate_refused, 1, 20min);
    ASSERT_TRUE(believed);
    EXPECT_EQ(believed->until, t0 + 40min);
    EXPECT_EQ(believed->message, "") << "the words are not read back";
    EXPECT_EQ(told(binding::reason::certificate_refused, 1, 2h)->until, t0);
    EXPECT_EQ(told(binding::reason::certificate_refused, 1, -2h)->until, t0 + 1h) << "a clock went wrong";
    EXPECT_FALSE(told(binding::reason::certificate_refused, 0, 20min)) << "it spoke of something else";
    EXPECT_FALSE(told(binding::reason::certificate_not_active, 1, 20min));
    object.requested_at = support::interned("while we were away");
    EXPECT_FALSE(told(binding::reason::certificate_refused, 1, 20min)) << "a retry ends every wait";
    object.status.handled_request = object.requested_at;
    EXPECT_TRUE(told(binding::reason::certificate_refused, 1, 20min)) << "that one has been made";
}

TEST_F(state_of_target, a_refused_put_that_adds_nothing_blocks_until_one_is_accepted)
{
    begin_pass(t0);
    send(t0);
    answer(failing(failure::refused, "no"), t0, false);
    ASSERT_TRUE(facts().refusals.blocked);
    EXPECT_EQ(facts().refusals.blocked->until, t0 + 1min);
    send(t0 + 1min);
    answer(failing(failure::refused, "no"), t0 + 1min, false);
    EXPECT_EQ(facts().refusals.blocked->until, t0 + 3min) << "at growing intervals";
    send(t0 + 3min);
    answer(listener(1), t0 + 3min);
    EXPECT_FALSE(facts().refusals.blocked);
}

}  // namespace
