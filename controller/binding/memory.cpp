#include "binding/memory.hpp"

#include "binding/slots.hpp"
#include "binding/verdict.hpp"
#include "cloud/container_ref.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

std::size_t unconfirmed(const ledger& held)
{
    return static_cast<std::size_t>(std::ranges::count_if(held.attachments, [](const attachment& each) {
        return !each.confirmed;
    }));
}

// 1 min, doubling, never slower than the resync period.
support::duration refusal_wait(int refusals, const settings& settings)
{
    support::duration wait = 1min;
    for (int i = 1; i < refusals && wait < settings.resync_period; ++i)
    {
        wait *= 2;
    }
    return std::min(wait, settings.resync_period);
}

// 5 s, doubling to 5 min.
support::duration error_put_wait(int puts)
{
    support::duration wait = 5s;
    for (int i = 1; i < puts && wait < 5min; ++i)
    {
        wait *= 2;
    }
    return std::min<support::duration>(wait, 5min);
}

void arrive(target_memory& memory, support::time_point now)
{
    memory.first_arrival = memory.first_arrival.value_or(now);
    memory.last_arrival = now;
}

// Every wait of the binding ends.
void end_waits(target_memory& memory, binding_memory& binding)
{
    binding.refused.reset();
    binding.refusals = 0;
    binding.certificate_polls = 0;
    binding.certificate.reset();
    memory.blocked.reset();
    memory.next_error_put.reset();
    memory.error_puts = 0;
}

}  // namespace

void remember_bindings(
    target_memory& memory,
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point now,
    std::optional<support::time_point> started
)
{
    std::unordered_set<support::uuid> present;
    std::size_t entries = 0;
    std::size_t open = 0;
    for (const certificate_binding* object : bindings)
    {
        present.insert(object->uid);
        auto [found, is_new] = memory.bindings.try_emplace(object->uid);
        binding_memory& binding = found->second;
        if (is_new)
        {
            binding.held = object->status.ledger;
            binding.requested_at = object->requested_at;
            entries += object->status.ledger.attachments.size();
            open += unconfirmed(object->status.ledger);
        }
        if (binding.tried && *binding.tried == object->status.ledger)
        {
            binding.held = std::exchange(binding.tried, std::nullopt);
        }
        if (is_new || binding.generation != object->generation)
        {
            binding.generation_is_new = !is_new;
            binding.generation = object->generation;
            binding.generation_since = now;
            binding.refused.reset();
            if (object->status.observed_generation != object->generation)
            {
                arrive(memory, now);
            }
        }
        if (binding.requested_at != object->requested_at)
        {
            binding.requested_at = object->requested_at;
            end_waits(memory, binding);
        }
        if (binding.certificate_id != object->spec.certificate_id)
        {
            binding.certificate_id = object->spec.certificate_id;
            binding.certificate.reset();
            binding.certificate_polls = 0;
            binding.refused.reset();
            binding.refusals = 0;
        }
    }
    std::erase_if(memory.bindings, [&](const auto& each) { return !present.contains(each.first); });
    if (started && open > 0 && !memory.put)
    {
        put_memory put;
        put.phase = put_phase::before_start;
        put.deadline =
            *started + settings.write_deadline + settings.per_ref * static_cast<std::int64_t>(entries);
        memory.put = put;
    }
}

void remember_place(target_memory& memory, sighting<cloud::answer<cloud::place>> seen)
{
    memory.place = std::move(seen);
}

void remember_listener(
    target_memory& memory, const settings& settings, sighting<cloud::answer<cloud::listener>> seen
)
{
    const bool not_found = !seen.value && seen.value.error().kind == cloud::failure::not_found;
    const auto place =
        memory.place && memory.place->value ? std::optional(*memory.place->value) : std::nullopt;
    if (!not_found)
    {
        memory.gone_since.reset();
    }
    else if (!memory.gone_since || memory.gone_place != place)
    {
        memory.gone_since = seen.asked_at;
        memory.gone_place = place;
    }
    if (seen.value && memory.put && memory.put->phase == put_phase::before_start && !memory.put->refs_counted)
    {
        memory.put->refs_counted = true;
        const auto refs = seen.value->sni_refs.size() + (seen.value->default_ref ? 1 : 0);
        memory.put->deadline += settings.per_ref * static_cast<std::int64_t>(refs);
    }
    if (seen.value && seen.value->status == cloud::provisioning_status::active && !memory.put)
    {
        memory.error_puts = 0;
        memory.next_error_put.reset();
    }
    remember_whereabouts(memory, seen.asked_at, seen.value);
    memory.listener = std::move(seen);
}

void remember_whereabouts(
    target_memory& memory, support::time_point asked_at, const cloud::answer<cloud::listener>& seen
)
{
    memory.not_ours_at.reset();
    if (seen)
    {
        memory.load_balancer_id = seen->load_balancer_id;
        return;
    }
    const auto kind = seen.error().kind;
    if (kind == cloud::failure::not_found || kind == cloud::failure::access_denied)
    {
        memory.not_ours_at = asked_at;
    }
}

void remember_load_balancer(target_memory& memory, sighting<cloud::answer<cloud::load_balancer>> seen)
{
    const bool pending = seen.value && seen.value->status == cloud::provisioning_status::pending;
    if (memory.put)
    {
        ++memory.put->polls;
    }
    else
    {
        memory.busy_polls = pending ? memory.busy_polls + 1 : 0;
    }
    memory.load_balancer = std::move(seen);
}

void remember_certificate(
    target_memory& memory,
    support::uuid binding,
    support::uuid certificate_id,
    sighting<cloud::answer<cloud::certificate>> seen
)
{
    const auto found = memory.bindings.find(binding);
    if (found == memory.bindings.end() || found->second.certificate_id != certificate_id)
    {
        return;  // gone or changed while it was asked for
    }
    const bool usable = seen.value && seen.value->usable;
    found->second.certificate_polls = usable ? 0 : found->second.certificate_polls + 1;
    found->second.certificate = std::move(seen);
}

void remember_ref(
    target_memory& memory,
    const std::string& container_ref,
    support::time_point asked_at,
    cloud::ref_state state
)
{
    ref_sighting& seen = memory.refs[cloud::ref_key(container_ref)];
    if (state != cloud::ref_state::dead)
    {
        seen.dead_since.reset();
    }
    else if (!seen.dead_since)
    {
        seen.dead_since = asked_at;
    }
    seen.asked_at = asked_at;
    seen.state = state;
}

void remember_verified(
    target_memory& memory,
    const std::vector<const certificate_binding*>& bindings,
    support::time_point round_started,
    support::time_point now
)
{
    const auto at_rest = [&](const auto& seen) {
        return seen && seen->asked_at >= round_started && seen->value &&
               seen->value->status == cloud::provisioning_status::active;
    };
    if (memory.put || !at_rest(memory.listener) || !at_rest(memory.load_balancer))
    {
        return;
    }
    for (const certificate_binding* object : bindings)
    {
        if (is_ready(*object))
        {
            memory.bindings[object->uid].verified_at = now;
        }
    }
}

void forget_refs(target_memory& memory, const std::vector<const certificate_binding*>& bindings)
{
    if (!memory.listener || !memory.listener->value)
    {
        return;
    }
    std::set<std::string> kept;
    const cloud::listener& listener = *memory.listener->value;
    for (const std::string& ref : listener.sni_refs)
    {
        kept.insert(cloud::ref_key(ref));
    }
    for (const auto& ref : {listener.default_ref, listener.client_ca_ref, listener.client_crl_ref})
    {
        kept.insert(cloud::ref_key(ref.value_or("")));
    }
    for (const certificate_binding* object : bindings)
    {
        const ledger& held = object->status.ledger;
        kept.insert(cloud::ref_key(held.replaced_default_ref.view()));
        for (const attachment& entry : held.attachments)
        {
            kept.insert(cloud::ref_key(entry.container_ref.view()));
        }
    }
    std::erase_if(memory.refs, [&](const auto& each) { return !kept.contains(each.first); });
}

support::time_point quiet_at(const target_memory& memory, const settings& settings)
{
    return std::min(memory.last_arrival + settings.settle, *memory.first_arrival + settings.settle_at_most);
}

support::duration deadline_of(const settings& settings, const cloud::listener_change& change)
{
    std::size_t refs = change.sni_refs ? change.sni_refs->size() : 0;
    refs += change.default_ref && *change.default_ref ? 1 : 0;
    return settings.write_deadline + settings.per_ref * static_cast<std::int64_t>(refs);
}

void remember_put_sent(
    target_memory& memory,
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
)
{
    put_memory put;
    put.phase = put_phase::in_doubt;
    put.from = std::move(from);
    put.expected = std::move(expected);
    put.deadline = now + deadline_of(settings, change);
    memory.put = std::move(put);
    memory.first_arrival.reset();
    memory.asked_to_clean = false;
    ++memory.error_puts;
    memory.next_error_put = now + error_put_wait(memory.error_puts);
}

void remember_meanwhile(target_memory& memory, const cloud::answer<cloud::listener>& seen)
{
    if (!memory.put || !seen)
    {
        return;
    }
    listener_slots shown{seen->default_ref, seen->sni_refs};
    const bool foreign = !same_slots(shown, memory.put->from) && !same_slots(shown, memory.put->expected);
    if (foreign || same_slots(shown, memory.put->from))
    {
        memory.put->meanwhile = foreign ? std::optional(std::move(shown)) : std::nullopt;
    }
}

void remember_put_answer(
    target_memory& memory,
    const settings& settings,
    const std::vector<const certificate_binding*>& added,
    const cloud::answer<cloud::listener>& answer,
    support::time_point now
)
{
    if (answer)
    {
        if (memory.put)
        {
            memory.put->phase = put_phase::accepted;
        }
        memory.blocked.reset();
        return;
    }
    const cloud::error& error = answer.error();
    if (error.kind == cloud::failure::ambiguous)
    {
        return;  // stays in doubt until its value is seen or its deadline has passed
    }
    // Octavia's own answer, or nothing was sent: it will not take effect.
    memory.put.reset();
    --memory.error_puts;
    if (memory.error_puts <= 0)
    {
        memory.next_error_put.reset();
    }
    if (error.kind != cloud::failure::refused)
    {
        memory.put_error = sighting<cloud::error>{now, error};
        return;
    }
    if (added.empty())
    {
        memory.blocked = refusal{
            {}, slot::sni, "Octavia refuses every change of the listener: " + error.message, now + 1min
        };
        return;
    }
    for (const certificate_binding* object : added)
    {
        binding_memory& binding = memory.bindings[object->uid];
        ++binding.refusals;
        binding.refused = refusal{
            object->spec.certificate_id,
            object->wanted_slot(),
            "Octavia refused the change that would have attached it: " + error.message,
            now + refusal_wait(binding.refusals, settings)
        };
    }
}

}  // namespace binding
