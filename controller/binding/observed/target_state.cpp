#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

void arrive(target_state& memory, support::time_point now)
{
    memory.first_arrival = memory.first_arrival.value_or(now);
    memory.last_arrival = now;
}

// Every wait of the binding ends.
void end_waits(target_state& memory, binding_state& binding)
{
    binding.quarantine.reset();
    binding.certificate_polls = 0;
    binding.certificate.reset();
    memory.refused_refs.clear();
    memory.bisection.reset();
    memory.blocked.reset();
    memory.unanswered.reset();
    memory.ownership_changes.clear();
    memory.next_error_put.reset();
    memory.error_puts = 0;
}

// quarantine: what an earlier process found out about the certificate, as status says it of this generation.
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

bool is_suspected(const bisection& why, const certificate_binding& object)
{
    return std::ranges::any_of(why.suspects, [&](const addition& each) {
        return each.binding == object.uid && each.certificate_id == object.spec.certificate_id &&
               each.slot == object.wanted_slot() && !object.deleting;
    });
}

// Without one of them it is open again whether the bad one is among them.
void drop_bisection_without(target_state& memory, const std::vector<const certificate_binding*>& bindings)
{
    const bool all =
        !memory.bisection ||
        memory.bisection->suspects.size() ==
            static_cast<std::size_t>(std::ranges::count_if(bindings, [&](const certificate_binding* object) {
                return is_suspected(*memory.bisection, *object);
            }));
    if (!all)
    {
        memory.bisection.reset();
    }
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

}  // namespace

void record_bindings(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point now,
    support::wall_time wall,
    std::optional<support::time_point> started
)
{
    std::unordered_set<support::uuid> present;
    std::vector<const certificate_binding*> first_seen;
    for (const certificate_binding* object : bindings)
    {
        present.insert(object->uid);
        auto [found, is_new] = memory.bindings.try_emplace(object->uid);
        binding_state& binding = found->second;
        if (is_new)
        {
            binding.held = object->status.ledger;
            binding.requested_at = object->requested_at;
            first_seen.push_back(object);
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
            binding.quarantine.reset();
        }
        if (is_new)
        {
            binding.quarantine = refused_before(*object, now, wall);
        }
    }
    std::erase_if(memory.bindings, [&](const auto& each) { return !present.contains(each.first); });
    drop_bisection_without(memory, bindings);
    const auto until = started ? deadline_before_start(first_seen, settings, *started) : std::nullopt;
    if (until && !memory.put)
    {
        put_state put;
        put.phase = put_phase::before_start;
        put.deadline = *until;
        memory.put = put;
    }
}

std::optional<support::time_point> deadline_before_start(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point started
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
    return open
               ? std::optional(
                     started + settings.write_deadline + settings.per_ref * static_cast<std::int64_t>(entries)
                 )
               : std::nullopt;
}

void record_scope(target_state& memory, observed<cloud::answer<cloud::project_scope>> seen)
{
    memory.tried = memory.tried || !seen.value;
    memory.scope = std::move(seen);
}

void record_listener(
    target_state& memory, const settings& settings, observed<cloud::answer<cloud::listener>> seen
)
{
    const bool not_found = !seen.value && seen.value.error().kind == cloud::failure::not_found;
    const auto scope =
        memory.scope && memory.scope->value ? std::optional(*memory.scope->value) : std::nullopt;
    if (!not_found)
    {
        memory.gone_since.reset();
    }
    else if (!memory.gone_since || memory.gone_place != scope)
    {
        memory.gone_since = seen.asked_at;
        memory.gone_place = scope;
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
    if (seen.value)
    {
        memory.load_balancer_id = seen.value->load_balancer_id;
    }
    memory.tried = true;
    memory.listener = std::move(seen);
}

bool has_timed_out(
    support::time_point asked_at, support::time_point now, const cloud::answer<cloud::listener>& seen
)
{
    return !seen && passes(seen.error()) && now - asked_at >= 1s;
}

bool passes(const cloud::error& error)
{
    return error.kind == cloud::failure::transient || error.kind == cloud::failure::rate_limited;
}

bool is_refusal(const cloud::error& error)
{
    return error.kind == cloud::failure::not_found || error.kind == cloud::failure::access_denied;
}

void record_load_balancer(target_state& memory, observed<cloud::answer<cloud::load_balancer>> seen)
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

void record_certificate(
    target_state& memory,
    support::uuid binding,
    support::uuid certificate_id,
    observed<cloud::answer<cloud::certificate>> seen
)
{
    const auto found = memory.bindings.find(binding);
    if (found == memory.bindings.end() || found->second.certificate_id != certificate_id)
    {
        return;  // gone or changed while it was asked for
    }
    if (found->second.certificate && has_changed(found->second.certificate->value, seen.value))
    {
        found->second.quarantine.reset();
        memory.refused_refs.erase(seen.value ? seen.value->container_ref : cloud::container_ref());
    }
    const bool usable = seen.value && seen.value->usable;
    found->second.certificate_polls = usable ? 0 : found->second.certificate_polls + 1;
    found->second.certificate = std::move(seen);
}

void record_ledger_write(
    target_state& memory, const support::uuid& binding, const ledger& written, bool taken
)
{
    const auto found = memory.bindings.find(binding);
    if (found == memory.bindings.end())
    {
        return;
    }
    if (!taken)
    {
        found->second.tried = written;
        return;
    }
    found->second.held = written;
    found->second.tried.reset();
}

namespace {

// contested: an hour undisturbed ends a contest; so does twice that without an attempt.
void forget_moves(target_state& memory, support::time_point now, const cloud::listener* at_rest)
{
    std::erase_if(memory.ownership_changes, [&](const auto& each) {
        const auto& [slot_and_ref, move] = each;
        const auto& [where, ref] = slot_and_ref;
        const bool shown = at_rest != nullptr && holds({at_rest->default_ref, at_rest->sni_refs}, ref, where);
        const bool stays = at_rest != nullptr && shown == move.added;
        return now - move.at >= (stays ? 1h : 2h);
    });
}

}  // namespace

void record_verified(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    support::time_point pass_started,
    support::time_point now
)
{
    const auto at_rest = [&](const auto& seen) {
        return seen && seen->asked_at >= pass_started && seen->value &&
               seen->value->status == cloud::provisioning_status::active;
    };
    if (memory.put || !at_rest(memory.listener) || !at_rest(memory.load_balancer))
    {
        forget_moves(memory, now, nullptr);
        return;
    }
    forget_moves(memory, now, &*memory.listener->value);
    for (const certificate_binding* object : bindings)
    {
        binding_state& binding = memory.bindings[object->uid];
        if (is_ready(*object) && binding.certificate && binding.certificate->value)
        {
            binding.verified_at = now;
        }
    }
}

support::time_point quiet_at(const target_state& memory, const settings& settings)
{
    return std::min(memory.last_arrival + settings.settle, *memory.first_arrival + settings.settle_at_most);
}

}  // namespace binding
