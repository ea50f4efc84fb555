#include "binding/observed/target_state.hpp"

#include "binding/plan/plan_fixture.hpp"
#include "binding/status/ready_status.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::put_phase;
using binding::target_state;
using cloud::failure;
using cloud::provisioning_status;
using cloud::ref_state;

const auto t0 = support::time_point(1h);

// One binding, and the state of its target.
class state_of_target : public testing::Test
{
protected:
    state_of_target()
    {
        object.uid = *support::uuid::parse("00000000-0000-4000-8000-000000000001");
        object.generation = 1;
        object.spec.certificate_id = certificate_id("a");
    }

    void begin_pass(support::time_point now, std::optional<support::time_point> started = std::nullopt)
    {
        kept.record_bindings({&object}, settings, now, wall, started);
    }

    const binding::target_facts& facts() const { return kept.facts(); }
    const binding::binding_state& of_it() const { return facts().bindings.at(object.uid); }

    void hold(const std::string& certificate, bool confirmed)
    {
        object.status.ledger.attachments.push_back({ref(certificate), sni_slot, confirmed});
    }

    void see_certificate(cloud::answer<cloud::certificate> answer)
    {
        kept.record_certificate(object.uid, object.spec.certificate_id, {t0, std::move(answer)});
    }

    void see_listener(support::time_point asked_at, cloud::answer<cloud::listener> answer)
    {
        kept.record_listener(settings, {asked_at, std::move(answer)});
    }

    static cloud::listener listener(int refs, provisioning_status status = provisioning_status::active)
    {
        cloud::listener listener;
        listener.default_ref = ref("f");
        listener.sni_refs.assign(static_cast<std::size_t>(refs - 1), ref("e"));
        listener.status = status;
        return listener;
    }

    void send(support::time_point now, int sni_refs = 1)
    {
        cloud::listener_change change;
        change.sni_refs = std::vector<cloud::container_ref>(static_cast<std::size_t>(sni_refs), ref("a"));
        kept.record_put_sent(settings, change, {}, {std::nullopt, *change.sni_refs}, now);
    }

    void answer(cloud::answer<cloud::listener> answer, support::time_point now, bool adds = true)
    {
        std::vector<binding::addition> added;
        if (adds)
        {
            added.push_back({object.uid, object.spec.certificate_id, object.wanted_slot(), ref("a")});
        }
        kept.record_put_answer(settings, added, answer, now);
    }

    support::wall_time wall = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
    binding::certificate_binding object;
    target_state kept;
    binding::settings settings;
};

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

// ---- arrivals ----

TEST_F(state_of_target, arrivals_are_complete_100_ms_after_the_last_and_2_s_after_the_first)
{
    begin_pass(t0);
    EXPECT_EQ(facts().arrivals.quiet_at(settings), t0 + 100ms);
    for (int i = 1; i < 30; ++i)
    {
        ++object.generation;
        begin_pass(t0 + i * 90ms);
    }
    EXPECT_EQ(facts().arrivals.quiet_at(settings), t0 + 2s);
}

TEST_F(
    state_of_target, arrivals_are_calm_50_ms_after_the_last_of_any_target_but_no_later_than_they_are_complete
)
{
    begin_pass(t0);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 - 1min), t0 + 50ms);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 + 30ms), t0 + 80ms);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 + 90ms), t0 + 100ms);
}

TEST_F(state_of_target, what_status_speaks_of_already_does_not_arrive)
{
    object.status.observed_generation = 1;
    begin_pass(t0);
    EXPECT_FALSE(facts().arrivals.first);
}

// ---- unanswered-writes ----

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

// ---- refused, in ERROR ----

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

// ---- proven-gone and readable-before-write: proofs ----

TEST_F(state_of_target, a_row_of_not_found_begins_with_its_first_and_ends_with_any_other_answer)
{
    see_listener(t0, failing(failure::not_found));
    see_listener(t0 + 3s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0);
    see_listener(t0 + 4s, failing(failure::transient));
    EXPECT_FALSE(facts().answers.gone_since);
    see_listener(t0 + 5s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0 + 5s);
    see_listener(t0 + 6s, listener(1));
    EXPECT_FALSE(facts().answers.gone_since);
}

TEST_F(state_of_target, a_row_of_not_found_begins_again_in_another_scope)
{
    cloud::project_scope here{"http://keystone/v3", "project", "sao1", "http://octavia/v2"};
    kept.record_scope({t0, here});
    see_listener(t0, failing(failure::not_found));
    here.project_id = "another";
    kept.record_scope({t0 + 6s, here});
    see_listener(t0 + 6s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0 + 6s);
}

TEST_F(state_of_target, a_ref_is_dead_since_the_first_of_an_unbroken_row)
{
    const cloud::container_ref key = ref("a");
    kept.record_ref(ref("a"), {t0, ref_state::dead});
    kept.record_ref(ref("other:a"), {t0 + 5s, ref_state::dead});
    EXPECT_EQ(facts().answers.refs.at(key).dead_since, t0) << "however it is spelled";
    EXPECT_EQ(facts().answers.refs.at(key).asked_at, t0 + 5s);
    kept.record_ref(ref("a"), {t0 + 6s, ref_state::unknown});
    EXPECT_FALSE(facts().answers.refs.at(key).dead_since);
    kept.record_ref(ref("a"), {t0 + 7s, ref_state::dead});
    EXPECT_EQ(facts().answers.refs.at(key).dead_since, t0 + 7s);
}

// ---- verified-ready ----

TEST_F(state_of_target, a_ref_that_is_neither_on_the_listener_nor_in_a_ledger_is_forgotten)
{
    hold("a", true);
    object.status.ledger.replaced_default_ref = ref("c");
    for (const std::string name : {"a", "b", "c", "e", "f"})
    {
        kept.record_ref(ref(name), {t0, ref_state::readable});
    }
    kept.forget_refs({&object});
    EXPECT_EQ(facts().answers.refs.size(), 5U) << "the listener could not be read";
    see_listener(t0, listener(2));
    kept.forget_refs({&object});
    EXPECT_EQ(facts().answers.refs.size(), 4U);
    EXPECT_FALSE(facts().answers.refs.contains(ref("b")));
}

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

// ---- how busy it is ----

TEST_F(state_of_target, polls_of_a_busy_load_balancer_count_until_it_is_not)
{
    const auto see = [&](provisioning_status status) {
        kept.record_load_balancer({t0, cloud::load_balancer{{}, status}});
    };
    see(provisioning_status::pending);
    see(provisioning_status::pending);
    EXPECT_EQ(facts().answers.busy_polls, 2);
    see(provisioning_status::active);
    EXPECT_EQ(facts().answers.busy_polls, 0);
    send(t0);
    see(provisioning_status::pending);
    EXPECT_EQ(facts().answers.busy_polls, 0) << "busy with what we sent";
    EXPECT_EQ(facts().puts.under_way->polls, 1);
}

}  // namespace
