// What a target knows of its bindings.
#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace binding {
namespace {

// quarantine: what an earlier process found out about the certificate, as status says of this generation.
std::optional<quarantine> refused_before(
    const certificate_binding& object, support::time_point now, support::wall_time wall
)
{
    const condition& ready = object.status[condition_type::ready];
    if (ready.status != condition_status::false_ || ready.reason != reason::certificate_refused ||
        ready.observed_generation != object.generation ||
        object.status.handled_request != object.requested_at)
    {
        return std::nullopt;
    }
    const condition& stalled = object.status[condition_type::stalled];
    const auto since = std::max<support::duration>(wall - stalled.last_transition, support::duration::zero());
    return quarantine{
        object.spec.certificate_id,
        object.wanted_slot(),
        {},  // the status says why, and keeps saying it
        now + std::max<support::duration>(quarantine_duration - since, support::duration::zero())
    };
}

// Whether something has happened to the certificate, and not to the way to it.
bool has_changed(
    const cloud::answer<cloud::certificate>& before, const cloud::answer<cloud::certificate>& now
)
{
    if (before && now)
    {
        return !before->container_ref.spelled_as(now->container_ref) || before->status != now->status ||
               before->usable != now->usable || before->missing != now->missing ||
               before->expires_at != now->expires_at;
    }
    const auto is_certain = [](const auto& answer) {
        return answer || answer.error().kind == cloud::failure::not_found ||
               answer.error().kind == cloud::failure::access_denied;
    };
    return is_certain(before) && is_certain(now) && before.has_value() != now.has_value();
}

// A request to reconcile ends every wait of the binding, and those of its target.
void end_waits(target_facts& facts, binding_state& binding)
{
    binding.quarantine.reset();
    binding.certificate_polls = 0;
    binding.certificate.reset();
    facts.refusals = {};
    facts.ownership_changes.clear();
    facts.puts.end_waits();
}

// True: the binding is seen for the first time.
bool record_binding(
    target_facts& facts, const certificate_binding& object, support::time_point now, support::wall_time wall
)
{
    auto [entry, is_new] = facts.bindings.try_emplace(object.uid);
    binding_state& binding = entry->second;
    if (is_new)
    {
        binding.held = object.status.ledger;
        binding.requested_at = object.requested_at;
    }
    if (binding.maybe_written && *binding.maybe_written == object.status.ledger)
    {
        binding.held = std::exchange(binding.maybe_written, std::nullopt);
    }
    if (is_new || binding.generation != object.generation)
    {
        binding.generation_is_new = !is_new;
        binding.generation = object.generation;
        binding.generation_since = now;
        if (object.status.observed_generation != object.generation)
        {
            facts.arrivals.record(now);
        }
    }
    if (binding.requested_at != object.requested_at)
    {
        binding.requested_at = object.requested_at;
        end_waits(facts, binding);
    }
    if (binding.certificate_id != object.spec.certificate_id)
    {
        binding.certificate_id = object.spec.certificate_id;
        binding.certificate.reset();
        binding.certificate_polls = 0;
        binding.quarantine.reset();
    }
    if (is_new)
    {
        binding.quarantine = refused_before(object, now, wall);
    }
    return is_new;
}

}  // namespace

const binding_state& target_facts::binding(const support::uuid& uid) const
{
    static const binding_state unknown;
    const auto known = bindings.find(uid);
    return known == bindings.end() ? unknown : known->second;
}

void target_state::record_bindings(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point now,
    support::wall_time wall,
    std::optional<support::time_point> others_sent_until
)
{
    std::unordered_set<support::uuid> present;
    std::vector<const certificate_binding*> first_seen;
    for (const certificate_binding* object : bindings)
    {
        present.insert(object->uid);
        if (record_binding(open(), *object, now, wall))
        {
            first_seen.push_back(object);
        }
    }
    std::erase_if(open().bindings, [&](const auto& entry) { return !present.contains(entry.first); });
    open().refusals.drop_bisection_without(bindings);
    if (const auto until = deadline_of_others(first_seen, settings, others_sent_until))
    {
        open().puts.wait_for_earlier_process(*until);
    }
}

std::optional<support::time_point> deadline_of_others(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    std::optional<support::time_point> others_sent_until
)
{
    std::size_t entries = 0;
    bool open = false;
    for (const certificate_binding* object : bindings)
    {
        const auto& held = object->status.ledger.attachments;
        entries += held.size();
        open = open || !std::ranges::all_of(held, &attachment::confirmed);
    }
    if (!open || !others_sent_until)
    {
        return std::nullopt;
    }
    // This process has not seen the listener before, so it cannot tell that a replica which lags behind does
    // not show yet what took effect at the deadline.
    return *others_sent_until + settings.write_deadline + settings.replica_lag +
           settings.per_ref * static_cast<std::int64_t>(entries);
}

void target_state::record_ledger_write(const support::uuid& binding, const ledger& written, bool taken)
{
    const auto found = open().bindings.find(binding);
    if (found == open().bindings.end())
    {
        return;
    }
    if (!taken)
    {
        found->second.maybe_written = written;
        return;
    }
    found->second.held = written;
    found->second.maybe_written.reset();
}

void target_state::record_write_begin(const support::uuid& binding, bool releases)
{
    if (const auto found = open().bindings.find(binding); found != open().bindings.end())
    {
        found->second.released = releases;
    }
}

void target_state::record_verified(
    const std::vector<const certificate_binding*>& bindings,
    support::time_point pass_started,
    support::time_point now
)
{
    const auto at_rest = [&](const auto& answer) {
        return answer && answer->asked_at >= pass_started && answer->value &&
               answer->value->status == cloud::provisioning_status::active;
    };
    if (open().puts.under_way || open().answers.agreed.contradicted_since ||
        !at_rest(open().answers.listener) || !at_rest(open().answers.load_balancer))
    {
        forget_undisturbed_changes(open().ownership_changes, now, nullptr);
        return;
    }
    forget_undisturbed_changes(open().ownership_changes, now, open().answers.listener_read());
    for (const certificate_binding* object : bindings)
    {
        binding_state& binding = open().bindings[object->uid];
        if (is_ready(*object) && binding.certificate && binding.certificate->value)
        {
            binding.verified_at = now;
        }
    }
}

binding_state target_state::extract_binding(const support::uuid& binding)
{
    binding_state known = std::move(open().bindings.at(binding));
    open().bindings.erase(binding);
    known.certificate.reset();
    known.certificate_polls = 0;
    known.certificate_misdirected_since.reset();
    known.quarantine.reset();  // Octavia before 11.0.1 refuses it for application credentials alone
    return known;
}

void target_state::insert_binding(
    const support::uuid& binding, binding_state known, const std::optional<put_state>& its_put
)
{
    open().bindings.insert_or_assign(binding, std::move(known));
    if (its_put && its_put->phase == put_phase::before_start && !open().puts.under_way)
    {
        open().puts.under_way = its_put;
    }
}

void target_state::record_certificate(
    support::uuid binding, support::uuid certificate_id, observed<cloud::answer<cloud::certificate>> answer
)
{
    const auto found = open().bindings.find(binding);
    if (found == open().bindings.end() || found->second.certificate_id != certificate_id)
    {
        return;  // gone or changed while it was asked for
    }
    if (found->second.certificate && has_changed(found->second.certificate->value, answer.value))
    {
        found->second.quarantine.reset();
        open().refusals.refused_refs.erase(
            answer.value ? answer.value->container_ref : cloud::container_ref()
        );
    }
    const bool usable = answer.value && answer.value->usable;
    found->second.certificate_polls = usable ? 0 : found->second.certificate_polls + 1;
    record_misdirected(found->second.certificate_misdirected_since, answer);
    found->second.certificate = std::move(answer);
}

}  // namespace binding
