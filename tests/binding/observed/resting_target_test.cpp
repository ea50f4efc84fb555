#include "binding/observed/resting_target.hpp"

#include "binding/observed/resting_facts.hpp"
#include "binding/observed/target_state_access.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace {

using namespace std::chrono_literals;
using binding::target_facts;
using binding::target_state;
using support::interned;
using support::time_point;
using support::uuid;
using test::resting::certificate;
using test::resting::foreign;
using test::resting::ours;

const uuid web = *uuid::parse("00000000-0000-4000-8000-000000000001");

time_point at(support::duration since)
{
    return time_point() + since;
}

// Each part was read at a time of its own.
target_facts facts_at_rest()
{
    cloud::listener listener = test::resting::listener();
    listener.default_ref = foreign;
    listener.sni_refs = {ours};
    listener.client_ca_ref = foreign;
    target_facts facts = test::resting::facts_of(listener, web, binding::slot::sni);
    facts.answers.listener->asked_at = at(2s);
    facts.answers.load_balancer->asked_at = at(3s);
    facts.answers.agreed.previous = binding::listener_slots{foreign, {}};
    facts.puts.may_write = true;
    facts.ownership_changes[{binding::slot::sni, ours}] = {true, 1, at(4s)};
    auto& known = facts.bindings[web];
    known.held->replaced_default_ref = foreign;
    known.generation = 7;
    known.generation_since = at(5s);
    known.generation_is_new = true;
    known.requested_at = interned("now");
    known.certificate->asked_at = at(6s);
    known.certificate->value->expires_at = support::wall_time(100s);
    known.verified_at = at(7s);
    return facts;
}

TEST(resting_target, keeps_the_facts_of_a_target_at_rest)
{
    const target_facts before = facts_at_rest();
    const auto resting = binding::resting_target::of(before);
    ASSERT_TRUE(resting);
    const target_facts after = binding::resting_target(*resting).facts();
    EXPECT_EQ(after.answers.scope->asked_at, at(1s));
    EXPECT_EQ(*after.answers.scope->value, *before.answers.scope->value);
    const cloud::listener& listener = *after.answers.listener->value;
    const cloud::listener& was = *before.answers.listener->value;
    EXPECT_EQ(after.answers.listener->asked_at, at(2s));
    EXPECT_EQ(listener.id, was.id);
    EXPECT_EQ(listener.load_balancer_id, was.load_balancer_id);
    EXPECT_EQ(listener.project_id, was.project_id);
    EXPECT_EQ(listener.protocol, was.protocol);
    EXPECT_EQ(listener.default_ref, was.default_ref);
    EXPECT_EQ(listener.sni_refs, was.sni_refs);
    EXPECT_EQ(listener.client_ca_ref, was.client_ca_ref);
    EXPECT_EQ(listener.client_crl_ref, was.client_crl_ref);
    EXPECT_EQ(after.answers.load_balancer->asked_at, at(3s));
    EXPECT_EQ(after.answers.load_balancer->value->id, was.load_balancer_id);
    EXPECT_EQ(after.answers.load_balancer_id, was.load_balancer_id);
    EXPECT_TRUE(after.answers.listener_requested);
    EXPECT_TRUE(binding::same_slots(*after.answers.agreed.slots, *before.answers.agreed.slots));
    EXPECT_TRUE(binding::same_slots(*after.answers.agreed.previous, *before.answers.agreed.previous));
    EXPECT_EQ(after.puts.may_write, true);
    EXPECT_EQ(after.ownership_changes.at({binding::slot::sni, ours}).at, at(4s));
}

TEST(resting_target, keeps_what_is_known_of_its_bindings)
{
    const target_facts before = facts_at_rest();
    const target_facts after = binding::resting_target::of(before)->facts();
    ASSERT_EQ(after.bindings.size(), 1U);
    const binding::binding_state& known = after.binding(web);
    EXPECT_EQ(known.held, before.binding(web).held);
    EXPECT_EQ(known.generation, 7);
    EXPECT_EQ(known.generation_since, at(5s));
    EXPECT_TRUE(known.generation_is_new);
    EXPECT_EQ(known.requested_at, interned("now"));
    EXPECT_EQ(known.certificate_id, certificate);
    EXPECT_EQ(known.certificate->asked_at, at(6s));
    EXPECT_EQ(known.certificate->value->container_ref, ours);
    EXPECT_TRUE(known.certificate->value->usable);
    EXPECT_EQ(known.certificate->value->status, "ACTIVE");
    EXPECT_EQ(known.certificate->value->expires_at, support::wall_time(100s));
    EXPECT_EQ(known.verified_at, at(7s));
}

// Each of these facts would be lost, so such a target keeps all of them.
TEST(resting_target, is_none_that_has_more_to_remember)
{
    const std::vector<std::function<void(target_facts&)>> more{
        [](target_facts& f) { f.puts.under_way.emplace(); },
        [](target_facts& f) { f.puts.last_error = {at(1s), cloud::error()}; },
        [](target_facts& f) { f.puts.error_puts = 1; },
        [](target_facts& f) { f.refusals.refused_refs[ours]; },
        [](target_facts& f) { f.refusals.blocked.emplace(); },
        [](target_facts& f) { f.refusals.unanswered.emplace(); },
        [](target_facts& f) { f.refusals.bisection.emplace(); },
        [](target_facts& f) { f.arrivals.first = at(1s); },
        [](target_facts& f) { f.peers.since = at(1s); },
        [](target_facts& f) { f.cleanup_requested = true; },
        [](target_facts& f) { f.other_listeners.refs[ours]; },
        [](target_facts& f) { f.other_listeners.gone_since[web]; },
        [](target_facts& f) { f.answers.gone_since = at(1s); },
        [](target_facts& f) { f.answers.misdirected_since = at(1s); },
        [](target_facts& f) { f.answers.pending_since = at(1s); },
        [](target_facts& f) { f.answers.busy_polls = 1; },
        [](target_facts& f) { f.answers.refs[ours]; },
        [](target_facts& f) { f.answers.agreed.contradicted_since = at(1s); },
        [](target_facts& f) { f.answers.agreed.slots->sni_refs = {}; },
        [](target_facts& f) { f.answers.scope->value = std::unexpected(cloud::error()); },
        [](target_facts& f) { f.answers.scope->value->project_id = "another"; },
        [](target_facts& f) { f.answers.listener->value->status = cloud::provisioning_status::error; },
        [](target_facts& f) { f.answers.listener.reset(); },
        [](target_facts& f) { f.answers.load_balancer->value->status = cloud::provisioning_status::pending; },
        [](target_facts& f) { f.answers.load_balancer->value->listeners = {web}; },
        [](target_facts& f) { f.bindings[web].held->attachments.front().confirmed = false; },
        [](target_facts& f) {
            f.bindings[web].held->attachments.push_back({foreign, binding::slot::sni, true});
        },
        [](target_facts& f) { f.bindings[web].held.reset(); },
        [](target_facts& f) { f.bindings[web].held->scope = {}; },
        [](target_facts& f) { f.bindings[web].maybe_written.emplace(); },
        [](target_facts& f) { f.bindings[web].released = true; },
        [](target_facts& f) { f.bindings[web].certificate.reset(); },
        [](target_facts& f) { f.bindings[web].certificate->value = std::unexpected(cloud::error()); },
        [](target_facts& f) { f.bindings[web].certificate->value->usable = false; },
        [](target_facts& f) { f.bindings[web].certificate->value->status = "EXPIRED"; },
        [](target_facts& f) { f.bindings[web].certificate->value->doubt = "it has no name"; },
        [](target_facts& f) { f.bindings[web].certificate->value->container_ref = foreign; },
        [](target_facts& f) { f.bindings[web].certificate_id = web; },
        [](target_facts& f) { f.bindings[web].certificate_misdirected_since = at(1s); },
        [](target_facts& f) { f.bindings[web].certificate_polls = 1; },
        [](target_facts& f) { f.bindings[web].quarantine.emplace(); },
        [](target_facts& f) { f.bindings[web].generation = std::int64_t{1} << 40; },
        [](target_facts& f) { f.bindings[*uuid::parse("00000000-0000-4000-8000-000000000002")]; },
    };
    for (std::size_t i = 0; i < more.size(); ++i)
    {
        target_facts facts = facts_at_rest();
        more.at(i)(facts);
        EXPECT_FALSE(binding::resting_target::of(facts)) << "row " << i;
    }
}

TEST(target_state, keeps_what_was_recorded_while_it_rested)
{
    target_state state;
    binding::target_state_access::facts(state) = facts_at_rest();
    state.rest();
    EXPECT_TRUE(state.rests());
    const target_state copy = state;
    EXPECT_EQ(copy.facts().binding(web).generation, 7);
    state.rest_again();
    state.record_write_begin(web, true);
    state.rest_again();
    EXPECT_TRUE(state.facts().binding(web).released) << "looking does not undo it";
    EXPECT_EQ(state.facts().binding(web).generation, 7);
    state.rest();
    EXPECT_FALSE(state.rests()) << "there is more to remember";
    EXPECT_FALSE(copy.facts().binding(web).released);
}

TEST(target_state, forgets_at_rest_the_look_ups_that_were_not_answered_with_404)
{
    target_state state;
    auto& facts = binding::target_state_access::facts(state) = facts_at_rest();
    facts.answers.refs[ours] = {at(1s), cloud::ref_state::readable, {}};
    state.rest();
    EXPECT_TRUE(state.rests());
    binding::target_state_access::facts(state).answers.refs[ours] = {at(1s), cloud::ref_state::dead, at(1s)};
    state.rest();
    EXPECT_TRUE(state.facts().answers.refs.contains(ours));
}

// At rest, and without an ownership change.
std::unique_ptr<binding::resting_target> left_alone()
{
    target_facts facts = facts_at_rest();
    facts.ownership_changes.clear();
    return binding::resting_target::of(facts);
}

TEST(resting_target, agrees_with_a_list_that_shows_the_listener_as_it_was_read)
{
    const cloud::listener read = *facts_at_rest().answers.listener->value;
    EXPECT_TRUE(left_alone()->agrees_with(read));

    using change = std::function<void(cloud::listener&)>;
    const std::vector<change> changes{
        [](auto& listed) { listed.load_balancer_id = web; },
        [](auto& listed) { listed.status = cloud::provisioning_status::pending; },
        [](auto& listed) { listed.status = cloud::provisioning_status::error; },
        [](auto& listed) { listed.project_id = "other"; },
        [](auto& listed) { listed.protocol = "HTTP"; },
        [](auto& listed) { listed.default_ref = ours; },
        [](auto& listed) { listed.default_ref.reset(); },
        [](auto& listed) { listed.sni_refs = {}; },
        [](auto& listed) { listed.sni_refs = {ours, foreign}; },
        [](auto& listed) { listed.sni_refs = {cloud::container_ref(ours.str() + "/")}; },
        [](auto& listed) { listed.client_ca_ref.reset(); },
        [](auto& listed) { listed.client_crl_ref = foreign; },
    };
    for (std::size_t i = 0; i < changes.size(); ++i)
    {
        cloud::listener listed = read;
        changes[i](listed);
        EXPECT_FALSE(left_alone()->agrees_with(listed)) << "change " << i;
    }
}

TEST(resting_target, is_spared_reads_by_lists_that_are_younger_than_what_was_read)
{
    const auto early = support::wall_time();
    auto resting = left_alone();
    const auto spared = [&](support::duration now, support::wall_time wall, support::duration since = 0s) {
        return resting->spared_for(at(now), wall, 50s, at(since));
    };
    EXPECT_FALSE(resting->confirm(at(6s))) << "the certificate was read then";
    EXPECT_EQ(spared(20s, early), 0s);
    EXPECT_TRUE(resting->confirm(at(20s)));
    EXPECT_EQ(spared(20s, early), 50s);
    EXPECT_EQ(spared(69s, early), 1s);
    EXPECT_EQ(spared(71s, early), 0s) << "the lists are too old";
    EXPECT_EQ(spared(20s, early, 3s), 0s) << "it was read itself too long ago";
    EXPECT_EQ(spared(20s, support::wall_time(90s)), 10s) << "a certificate expires soon";
    EXPECT_EQ(spared(20s, support::wall_time(100s)), 0s) << "it has expired";
    EXPECT_EQ(resting->facts().bindings.at(web).verified_at, at(20s));
    EXPECT_EQ(resting->facts().answers.listener->asked_at, at(2s)) << "a list is no read";
}

TEST(resting_target, is_not_confirmed_by_a_list_from_before_any_of_its_parts_was_read)
{
    const std::vector<std::function<void(target_facts&)>> later{
        [](auto& facts) { facts.answers.listener->asked_at = at(30s); },
        [](auto& facts) { facts.answers.load_balancer->asked_at = at(30s); },
        [](auto& facts) { facts.bindings.at(web).certificate->asked_at = at(30s); },
    };
    for (const auto& read : later)
    {
        target_facts facts = facts_at_rest();
        facts.ownership_changes.clear();
        read(facts);
        const auto resting = binding::resting_target::of(facts);
        EXPECT_FALSE(resting->confirm(at(30s)));
        EXPECT_TRUE(resting->confirm(at(31s)));
    }
}

TEST(resting_target, is_read_itself_when_that_may_end_a_contest)
{
    const auto resting = binding::resting_target::of(facts_at_rest());
    EXPECT_TRUE(resting->confirm(at(59min)));
    EXPECT_FALSE(resting->confirm(at(1h + 4s)));
}

}  // namespace
