#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

std::set<cloud::container_ref> refs_in(const listener_slots& slots)
{
    std::set<cloud::container_ref> refs(slots.sni_refs.begin(), slots.sni_refs.end());
    if (slots.default_ref)
    {
        refs.insert(*slots.default_ref);
    }
    return refs;
}

// A binding that has gone is skipped. The quarantine is of the certificate, so another one is not concerned.
void put_in_quarantine(target_facts& facts, std::vector<bad_addition> bad, support::time_point now)
{
    for (auto& [which, message] : bad)
    {
        const auto found = facts.bindings.find(which.binding);
        if (found == facts.bindings.end())
        {
            continue;
        }
        binding_state& binding = found->second;
        if (const auto& answer = binding.certificate;
            answer && answer->value && !answer->value->doubt.empty())
        {
            message += " (" + answer->value->doubt + ")";
        }
        binding.quarantine =
            quarantine{which.certificate_id, which.slot, std::move(message), now + quarantine_duration};
    }
}

// Octavia refused the PUT, or nothing was sent.
void record_put_without_effect(
    target_facts& facts,
    const settings& settings,
    const std::vector<addition>& added,
    const cloud::error& error,
    support::time_point now
)
{
    facts.refusals.unanswered.reset();
    const auto sent = facts.puts.record_no_effect(error, now);
    if (error.kind != cloud::failure::refused)
    {
        return;
    }
    auto checked = sent ? refs_in(sent->expected) : std::set<cloud::container_ref>();
    if (const cloud::listener* listener = facts.answers.listener_read())
    {
        // Octavia checks them with every change.
        for (const auto& ref : {listener->client_ca_ref, listener->client_crl_ref})
        {
            checked.insert(ref.value_or(cloud::container_ref()));
        }
    }
    put_in_quarantine(facts, facts.refusals.record_refused(settings, checked, added, error, now), now);
}

// The listener does not show a confirmed entry of a ledger.
bool lacks_ledger(const target_facts& facts, const listener_slots& shown)
{
    return std::ranges::any_of(facts.bindings, [&](const auto& known) {
        const auto& held = known.second.held;
        return held && std::ranges::any_of(held->attachments, [&](const attachment& entry) {
                   return entry.confirmed && !holds(shown, entry.container_ref, entry.slot);
               });
    });
}

}  // namespace

// ---- arrivals ----

void arrivals::record(support::time_point now)
{
    first = first.value_or(now);
    last = now;
}

support::time_point arrivals::quiet_at(const settings& settings) const
{
    return std::min(last + settings.settle, *first + settings.settle_at_most);
}

support::time_point arrivals::calm_at(const settings& settings, support::time_point last_of_all) const
{
    return std::min(std::max(last, last_of_all) + settings.settle / 2, quiet_at(settings));
}

// ---- target_state ----

target_state::target_state(const target_state& other)
    : facts_(other.facts_ ? std::make_unique<target_facts>(*other.facts_) : nullptr),
      resting_(other.resting_ ? std::make_unique<resting_target>(*other.resting_) : nullptr)
{}

target_state& target_state::operator=(target_state other) noexcept
{
    facts_.swap(other.facts_);
    resting_.swap(other.resting_);
    return *this;
}

target_facts& target_state::kept() const
{
    if (!facts_)
    {
        facts_ = std::make_unique<target_facts>(resting_ ? resting_->facts() : target_facts());
    }
    return *facts_;
}

target_facts& target_state::open()
{
    target_facts& facts = kept();
    resting_.reset();
    return facts;
}

void target_state::rest()
{
    // No later pass looks at an old look-up that was not answered with 404.
    std::erase_if(open().answers.refs, [](const auto& entry) {
        return entry.second.state != cloud::ref_state::dead && !entry.second.dead_since;
    });
    // An error of a PUT counts only in the pass that got it, and the waits of a listener in ERROR end with
    // the ERROR.
    facts_->puts.last_error.reset();
    if (const cloud::listener* listener = facts_->answers.listener_read();
        listener != nullptr && listener->status == cloud::provisioning_status::active &&
        !facts_->puts.under_way)
    {
        facts_->puts.end_waits();
    }
    resting_ = resting_target::of(*facts_);
    rest_again();
}

void target_state::rest_again()
{
    if (resting_)
    {
        facts_.reset();
    }
}

bool target_state::confirm(support::time_point asked_at)
{
    rest_again();
    return resting_ && resting_->confirm(asked_at);
}

// ---- what was read ----

void target_state::record_scope(observed<cloud::answer<cloud::project_scope>> answer)
{
    const auto& known = open().answers.scope;
    if (known && known->value && answer.value && *known->value != *answer.value)
    {
        open().other_listeners = {};  // what another cloud or project answered proves nothing in this one
    }
    open().answers.record_scope(std::move(answer));
}

void target_state::record_listener(const settings& settings, observed<cloud::answer<cloud::listener>> answer)
{
    if (answer.value)
    {
        open().puts.record_listener(settings, *answer.value);
        const listener_slots shown = slots_of(*answer.value);
        open().answers.agreed.record_read(
            shown, lacks_ledger(open(), shown), answer.asked_at, settings.replica_lag
        );
    }
    open().answers.record_listener(std::move(answer), settings.proof);
}

void target_state::record_load_balancer(observed<cloud::answer<cloud::load_balancer>> answer)
{
    open().puts.record_load_balancer();
    open().answers.record_load_balancer(std::move(answer), open().puts.under_way.has_value());
}

void target_state::record_ref(const cloud::container_ref& ref, const observed<cloud::ref_state>& answer)
{
    binding::record_ref(open().answers.refs, ref, answer.asked_at, answer.value);
}

void target_state::forget_refs(const std::vector<const certificate_binding*>& bindings)
{
    const cloud::listener* listener = open().answers.listener_read();
    if (listener == nullptr)
    {
        return;
    }
    std::set<cloud::container_ref> kept(listener->sni_refs.begin(), listener->sni_refs.end());
    for (const auto& ref : {listener->default_ref, listener->client_ca_ref, listener->client_crl_ref})
    {
        kept.insert(ref.value_or(cloud::container_ref()));
    }
    for (const certificate_binding* object : bindings)
    {
        const ledger& held = believed_ledger(open(), *object);
        kept.insert(held.replaced_default_ref);
        for (const attachment& entry : held.attachments)
        {
            kept.insert(entry.container_ref);
        }
    }
    open().answers.forget_refs_except(kept);
    open().refusals.forget_refs(kept, bindings);
}

void target_state::record_other_listener(
    const support::uuid& other, const observed<cloud::answer<cloud::listener>>& answer
)
{
    auto& gone_since = open().other_listeners.gone_since;
    if (answer.value || answer.value.error().kind != cloud::failure::not_found)
    {
        gone_since.erase(other);
        return;
    }
    gone_since.try_emplace(other, answer.asked_at);
}

void target_state::record_ref_on_other(
    const cloud::container_ref& ref, const observed<cloud::ref_state>& answer
)
{
    binding::record_ref(open().other_listeners.refs, ref, answer.asked_at, answer.value);
}

void target_state::forget_refs_on_others(support::time_point asked_before)
{
    std::erase_if(open().other_listeners.refs, [&](const auto& entry) {
        return entry.second.asked_at < asked_before;
    });
}

// ---- what others do ----

void target_state::record_peers(
    const std::set<support::uuid>& peers,
    const std::optional<std::set<support::uuid>>& heirs,
    support::time_point now
)
{
    auto& [since, heirs_since] = open().peers;
    since = peers.empty() ? std::nullopt : std::optional(since.value_or(now));
    if (!heirs)
    {
        heirs_since.clear();
        return;
    }
    std::erase_if(heirs_since, [&](const auto& entry) { return !peers.contains(entry.first); });
    for (const support::uuid& heir : *heirs)
    {
        heirs_since.try_emplace(heir, now);
    }
}

void target_state::record_pass_end(bool put_to_come, bool rests)
{
    open().cleanup_requested = false;
    open().answers.forget_list_of_load_balancer();
    if (rests)
    {
        open().other_listeners = {};
    }
    if (!put_to_come)
    {
        open().arrivals.first.reset();
    }
}

// ---- the PUT ----

void target_state::record_put_sent(
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
)
{
    open().puts.record_sent(settings, change, std::move(from), std::move(expected), now);
    open().arrivals.first.reset();
    open().cleanup_requested = false;
}

void target_state::record_read_during_put(const cloud::answer<cloud::listener>& answer)
{
    if (answer)
    {
        open().puts.record_read_during_put(*answer, open().answers.agreed.previous);
    }
}

void target_state::record_put_answer(
    const settings& settings,
    const std::vector<addition>& added,
    const cloud::answer<cloud::listener>& answer,
    support::time_point now
)
{
    if (answer)
    {
        std::set<cloud::container_ref> accepted;
        if (open().puts.under_way)
        {
            accepted = refs_in(open().puts.under_way->expected);
            open().answers.agreed.record_accepted(open().puts.under_way->expected);
            record_ownership_changes(open().ownership_changes, *open().puts.under_way, now);
        }
        open().puts.record_accepted(now);
        put_in_quarantine(open(), open().refusals.record_accepted(accepted, added), now);
    }
    else if (answer.error().kind == cloud::failure::ambiguous)
    {
        // The PUT stays in doubt until a read shows its value or its deadline has passed.
        open().refusals.record_unanswered(
            answer.error(), open().puts.under_way ? open().puts.under_way->deadline : now
        );
    }
    else
    {
        record_put_without_effect(open(), settings, added, answer.error(), now);
    }
    open().answers.forget_outdated_reads();
}

void target_state::record_put_under_way(support::time_point asked_at, support::time_point next_look)
{
    open().puts.record_under_way(asked_at, next_look);
}

void target_state::record_put_unsent()
{
    open().puts.record_unsent();
    open().answers.forget_outdated_reads();
}

void target_state::record_put_end()
{
    const cloud::listener* listener = open().answers.listener_read();
    if (listener != nullptr && same_slots(slots_of(*listener), open().puts.under_way->expected))
    {
        open().refusals.unanswered.reset();
    }
    open().puts.record_end();
}

}  // namespace binding
