#include "binding/single/facts.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace binding::single {
namespace {

constexpr std::string_view listener_type = "octavia:listener";

bool has_unconfirmed(const ledger& held)
{
    return std::ranges::any_of(held.attachments, [](const attachment& entry) { return !entry.confirmed; });
}

// Whether a POST that failed so certainly had no effect: the cloud itself refused it. What was not sent
// proves as much, but mostly passes soon, so the entry waits in the ledger.
bool proves_nothing_attached(cloud::failure kind)
{
    switch (kind)
    {
        case cloud::failure::refused:
        case cloud::failure::not_found:
        case cloud::failure::access_denied:
        case cloud::failure::credentials_invalid:
            return true;
        case cloud::failure::busy:
        case cloud::failure::no_endpoint:
        case cloud::failure::rate_limited:
        case cloud::failure::transient:
        case cloud::failure::too_late:
        case cloud::failure::ambiguous:
        case cloud::failure::not_supported:
        case cloud::failure::no_route:
            break;
    }
    return false;
}

void note_posted(binding_facts& facts, const attachment& entry)
{
    if (!is_among(entry, facts.posted))
    {
        facts.posted.push_back(entry);
    }
}

std::ptrdiff_t shown_of(const ledger& held)
{
    return std::ranges::count_if(held.attachments, was_shown);
}

bool lacks_route(const std::optional<removal>& removing)
{
    return removing && removing->refused && removing->refused->kind == cloud::failure::no_route;
}

// What a certificate shows of the entries that name it.
void note_unseen(
    binding_facts& facts, const certificate_binding& object, const cloud::certificate_reading& reading
)
{
    const cloud::service_certificate& certificate = **reading.value;
    if (reading.asked_at < facts.read_after)
    {
        return;
    }
    for (const attachment& entry : believed(facts, object).attachments)
    {
        const auto named = parse_service_ref(entry.container_ref);
        if (!named || named->certificate != certificate.id)
        {
            continue;
        }
        if (find_binding(certificate, object.spec.resource_id, entry) != nullptr)
        {
            std::erase_if(facts.unseen, [&](const unseen_entry& each) {
                return each.entry.container_ref == entry.container_ref && each.entry.slot == entry.slot;
            });
        }
        else if (!unseen_since(facts, entry))
        {
            facts.unseen.push_back({entry, reading.asked_at});
        }
    }
}

void end_waits(binding_facts& facts, support::time_point now)
{
    facts.read_after = now;
    facts.unseen.clear();
    facts.refused.reset();
    facts.refusals = 0;
    facts.removing.reset();
    facts.polls = 0;
    facts.repairs = 0;
}

}  // namespace

void record_reading(certificate_facts& into, cloud::certificate_reading reading)
{
    const bool missing = !reading.value && reading.value.error().kind == cloud::failure::not_found;
    if (!missing)
    {
        into.missing_since.reset();
    }
    else if (!into.missing_since)
    {
        into.missing_since = reading.asked_at;
    }
    into.failures = reading.value ? 0 : into.failures + 1;
    if (reading.value)
    {
        into.polls = (*reading.value)->state == cloud::certificate_state::active ? 0 : into.polls + 1;
        into.shown = reading;
    }
    into.last = std::move(reading);
}

const ledger& believed(const binding_facts& facts, const certificate_binding& object)
{
    return facts.held ? *facts.held : object.status.ledger;
}

void record_object(
    binding_facts& facts,
    const certificate_binding& object,
    const settings& settings,
    support::time_point now,
    std::optional<support::time_point> others_sent_until
)
{
    if (!facts.held)
    {
        facts.held = object.status.ledger;
        facts.requested_at = object.requested_at;
        if (others_sent_until && has_unconfirmed(*facts.held))
        {
            facts.in_doubt_until = *others_sent_until + settings.write_deadline;
        }
        std::ranges::copy_if(
            facts.held->attachments, std::back_inserter(facts.posted), std::not_fn(was_shown)
        );
    }
    if (facts.maybe_written && *facts.maybe_written == object.status.ledger)
    {
        facts.held = std::exchange(facts.maybe_written, std::nullopt);
    }
    if (facts.generation != object.generation)
    {
        facts.generation = object.generation;
        facts.generation_since = now;
        facts.refused.reset();
        facts.refusals = 0;
        facts.absent_since.reset();
    }
    if (facts.requested_at != object.requested_at)
    {
        facts.requested_at = object.requested_at;
        end_waits(facts, now);
    }
}

void record_read(
    binding_facts& facts,
    const certificate_binding& object,
    const support::uuid& id,
    const certificate_facts& certificate
)
{
    facts.waits_for_turn = false;
    const auto& last = certificate.last;
    if (last && !last->value && lacks_route(facts.removing))
    {
        // Nobody knows who answered 404 for the removal, so nobody knows what became of it.
        facts.removing->refused.reset();
        facts.removing->answers_404 = 0;
    }
    if (last && last->value)
    {
        note_unseen(facts, object, *last);
    }
    if (!last || !last->value || id != object.spec.certificate_id)
    {
        ++facts.polls;
        const bool is_missing = last && !last->value && last->value.error().kind == cloud::failure::not_found;
        if (is_missing && id == object.spec.certificate_id && !facts.absent_since)
        {
            facts.absent_since = last->asked_at;
        }
        return;
    }
    const auto* entry = find_entry(believed(facts, object), object.spec.certificate_id, object.wanted_slot());
    const auto named = entry == nullptr ? std::nullopt : parse_service_ref(entry->container_ref);
    const auto* shown = find_binding(
        **last->value, object.spec.resource_id, object.wanted_slot(), named ? named->binding : std::nullopt
    );
    const bool is_there = shown != nullptr && has_slot(*shown, object.wanted_slot());
    facts.polls = is_there && shown->status == "active" && !object.deleting ? 0 : facts.polls + 1;
    if (is_there)
    {
        constexpr support::duration at_rest = std::chrono::hours(2);
        facts.repairs = last->asked_at - facts.repaired_at > at_rest ? 0 : facts.repairs;
        facts.absent_since.reset();
        facts.in_doubt_until.reset();
    }
    else if (!facts.absent_since)
    {
        facts.absent_since = last->asked_at;
    }
}

void record_create_sent(binding_facts& facts, const settings& settings, support::time_point now)
{
    facts.in_doubt_until = now + cloud::sent_within + settings.write_deadline;
    facts.disproved.reset();
    facts.refused_as_busy.reset();
    facts.polls = 0;
    facts.absent_since.reset();
    facts.unseen.clear();
}

void record_create_answer(
    binding_facts& facts,
    const attachment& entry,
    const std::optional<cloud::error>& failed,
    support::time_point now
)
{
    facts.waits_for_turn = failed && failed->kind == cloud::failure::rate_limited;
    if (facts.waits_for_turn)
    {
        facts.in_doubt_until.reset();
        return;
    }
    facts.read_after = now;
    if (!failed)
    {
        note_posted(facts, entry);
        facts.refused.reset();
        facts.refusals = 0;
        return;
    }
    if (failed->kind == cloud::failure::ambiguous)
    {
        note_posted(facts, entry);
        return;
    }
    facts.in_doubt_until.reset();
    facts.refused = refusal{failed->kind, failed->message, now};
    ++facts.refusals;
    if (proves_nothing_attached(failed->kind))
    {
        facts.disproved = entry;
    }
    if (failed->kind == cloud::failure::busy)
    {
        facts.refused_as_busy = entry;
    }
}

void record_removal(
    binding_facts& facts,
    const support::uuid& binding,
    const std::optional<cloud::error>& failed,
    support::time_point now
)
{
    facts.waits_for_turn = failed && failed->kind == cloud::failure::rate_limited;
    if (facts.waits_for_turn)
    {
        return;
    }
    const removal before =
        facts.removing && facts.removing->binding == binding ? *facts.removing : removal{binding};
    facts.removing = removal{.binding = binding, .at = now, .attempts = before.attempts + 1};
    if (failed && failed->kind != cloud::failure::ambiguous)
    {
        facts.removing->refused = refusal{failed->kind, failed->message, now};
    }
    facts.unseen.clear();
    facts.removing->taken = !failed;
    const bool is_404 =
        failed && (failed->kind == cloud::failure::no_route || failed->kind == cloud::failure::not_found);
    facts.removing->answers_404 = is_404 ? before.answers_404 + 1 : 0;
    facts.read_after = now;
    facts.polls = 0;
}

void record_ledger_write(binding_facts& facts, const ledger& written, bool taken, support::time_point now)
{
    // A binding that is to be made once more, because it is not there any more.
    if (facts.absent_since && facts.held && facts.held->attachments.size() == written.attachments.size() &&
        shown_of(written) < shown_of(*facts.held))
    {
        ++facts.repairs;
        facts.repaired_at = now;
    }
    if (!taken)
    {
        facts.maybe_written = written;
        return;
    }
    facts.held = written;
    facts.maybe_written.reset();
    std::erase_if(facts.posted, [&](const attachment& entry) {
        return !is_among(entry, written.attachments);
    });
}

const cloud::service_binding* find_binding(
    const cloud::service_certificate& certificate,
    const support::uuid& listener,
    slot wanted,
    const std::optional<support::uuid>& id
)
{
    const cloud::service_binding* best = nullptr;
    const auto rank = [&](const cloud::service_binding& shown) {
        return id && shown.id == *id ? 2 : has_slot(shown, wanted) ? 1 : 0;
    };
    for (const cloud::service_binding& shown : certificate.bindings)
    {
        const bool is_of_listener = shown.resource_type == listener_type && shown.resource_id == listener;
        if (is_of_listener && (best == nullptr || rank(shown) > rank(*best)))
        {
            best = &shown;
        }
    }
    return best;
}

const cloud::service_binding* find_binding(
    const cloud::service_certificate& certificate, const support::uuid& listener, const attachment& entry
)
{
    const auto named = parse_service_ref(entry.container_ref);
    const auto id = named ? named->binding : std::nullopt;
    const auto* there = find_binding(certificate, listener, entry.slot, id);
    const bool is_this = there != nullptr && (id ? there->id == *id : has_slot(*there, entry.slot));
    return is_this ? there : nullptr;
}

std::optional<support::time_point> unseen_since(const binding_facts& facts, const attachment& entry)
{
    const auto it = std::ranges::find_if(facts.unseen, [&](const unseen_entry& each) {
        return each.entry.container_ref == entry.container_ref && each.entry.slot == entry.slot;
    });
    return it == facts.unseen.end() ? std::nullopt : std::optional(it->since);
}

bool has_slot(const cloud::service_binding& shown, slot wanted)
{
    return !shown.sni || *shown.sni == (wanted == slot::sni);
}

bool is_among(const attachment& entry, const std::vector<attachment>& entries)
{
    return std::ranges::find(entries, entry) != entries.end();
}

bool was_shown(const attachment& entry)
{
    const auto named = parse_service_ref(entry.container_ref);
    return entry.confirmed || (named && named->binding);
}

const attachment* find_entry(const ledger& held, const support::uuid& certificate, slot wanted)
{
    const auto it = std::ranges::find_if(held.attachments, [&](const attachment& entry) {
        const auto named = parse_service_ref(entry.container_ref);
        return named && named->certificate == certificate && entry.slot == wanted;
    });
    return it == held.attachments.end() ? nullptr : &*it;
}

}  // namespace binding::single
