// What a PUT and its answer change in the memory of a target.
#include "binding/observed/target_state.hpp"
#include "binding/slots/listener_slots.hpp"
#include "support/backoff.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr int tries_of_a_readable_ref = 5;  // before it is more than a moment of trouble

constexpr std::string_view hint =
    "; the certificate service shows it to the controller all the same. Either it has no common name in its "
    "subject, which Octavia wants, whatever other names it has; or Octavia is older than 11.0.1 (Debian 12 "
    "has 11.0.0) and the controller uses an application credential, with which every certificate is refused: "
    "use a user with a password";

using refs = std::set<cloud::container_ref>;

refs in_sni(const listener_slots& slots)
{
    return {slots.sni_refs.begin(), slots.sni_refs.end()};
}

refs in_any_slot(const listener_slots& slots)
{
    refs all = in_sni(slots);
    if (slots.default_ref)
    {
        all.insert(*slots.default_ref);
    }
    return all;
}

// Nothing, if the binding is gone by now; if it wants another certificate, that is not concerned.
void put_in_quarantine(target_state& memory, const addition& which, std::string why, support::time_point now)
{
    const auto found = memory.bindings.find(which.binding);
    if (found == memory.bindings.end())
    {
        return;
    }
    binding_state& binding = found->second;
    if (const auto& seen = binding.certificate; seen && seen->value && !seen->value->doubt.empty())
    {
        why += " (" + seen->value->doubt + ")";
    }
    binding.quarantine =
        quarantine{which.certificate_id, which.slot, std::move(why), now + quarantine_duration};
}

void record_ownership_changes(target_state& memory, support::time_point now)
{
    const auto record = [&](slot where, const cloud::container_ref& ref, bool added) {
        ownership_change& change = memory.ownership_changes[{where, ref}];
        change.times = change.added == added ? change.times + 1 : 1;
        change.added = added;
        change.at = now;
    };
    const auto& before = memory.put->from;
    const auto& after = memory.put->expected;
    if (after.default_ref && after.default_ref != before.default_ref)
    {
        record(slot::default_, *after.default_ref, true);
        // We replaced it ourselves.
        memory.ownership_changes.erase({slot::default_, before.default_ref.value_or(cloud::container_ref())});
    }
    const refs sni_before = in_sni(before);
    const refs sni_after = in_sni(after);
    for (const cloud::container_ref& ref : sni_after)
    {
        if (!sni_before.contains(ref))
        {
            record(slot::sni, ref, true);
        }
    }
    for (const cloud::container_ref& ref : sni_before)
    {
        if (!sni_after.contains(ref))
        {
            record(slot::sni, ref, false);
        }
    }
}

// quarantine, a refusal that names refs: which of them are bad is for the certificate service to say. Whether
// it names anything that was sent or is checked with it.
bool record_refused_refs(
    target_state& memory,
    const listener_slots& sent,
    const std::vector<addition>& added,
    const cloud::error& error,
    support::time_point now
)
{
    refs checked = in_any_slot(sent);
    if (memory.listener && memory.listener->value)
    {
        const cloud::listener& listener = *memory.listener->value;
        for (const auto& ref : {listener.client_ca_ref, listener.client_crl_ref})
        {
            checked.insert(ref.value_or(cloud::container_ref()));
        }
    }
    refs refused;
    std::ranges::copy_if(error.refs, std::inserter(refused, refused.end()), [&](const auto& ref) {
        return checked.contains(ref);
    });
    for (const cloud::container_ref& ref : refused)
    {
        refused_ref& named = memory.refused_refs[ref];
        ++named.times;
        named.at = now;
        named.until = now + support::backoff{1s, 5min}.without_jitter(named.times);
        named.message = "Octavia refused a change of the listener for it: " + error.message;
        if (named.times >= tries_of_a_readable_ref)
        {
            named.message += hint;
            named.lasting = true;
        }
    }
    for (const addition& each : added)
    {
        const auto named = memory.refused_refs.find(each.container_ref);
        if (named != memory.refused_refs.end() && named->second.lasting && refused.contains(named->first))
        {
            put_in_quarantine(memory, each, named->second.message, now);
        }
    }
    return !refused.empty();
}

// quarantine, a refusal that names nothing: of what the PUT would have added one is bad.
void suspect(
    target_state& memory,
    const std::vector<addition>& added,
    const std::string& message,
    support::time_point now
)
{
    std::string why = "Octavia refused the change that would have attached it: " + message;
    if (added.size() == 1)
    {
        put_in_quarantine(memory, added.front(), std::move(why), now);
        memory.bisection.reset();
        return;
    }
    memory.bisection = bisection{.suspects = added, .message = std::move(why)};
}

// quarantine: who was accepted is not the bad one; who remains alone is.
void clear_suspects(target_state& memory, const std::vector<addition>& accepted, support::time_point now)
{
    if (!memory.bisection)
    {
        return;
    }
    auto& suspects = memory.bisection->suspects;
    std::erase_if(suspects, [&](const addition& each) {
        return std::ranges::find(accepted, each) != accepted.end();
    });
    if (suspects.size() > 1)
    {
        return;
    }
    if (suspects.size() == 1)
    {
        put_in_quarantine(memory, suspects.front(), memory.bisection->message, now);
    }
    memory.bisection.reset();
}

}  // namespace

support::time_point contested_until(const ownership_change& change, const settings& settings)
{
    const bool undone_before = change.times > 1;
    return undone_before
               ? change.at + support::backoff{std::min<support::duration>(settings.resync_period, 1h), 1h}
                                 .without_jitter(change.times - 1)
               : change.at;
}

support::duration deadline_of(const settings& settings, const cloud::listener_change& change)
{
    std::size_t refs = change.sni_refs ? change.sni_refs->size() : 0;
    refs += change.default_ref && *change.default_ref ? 1 : 0;
    return settings.write_deadline + settings.per_ref * static_cast<std::int64_t>(refs);
}

void record_put_sent(
    target_state& memory,
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
)
{
    put_state put;
    put.phase = put_phase::in_doubt;
    put.from = std::move(from);
    put.expected = std::move(expected);
    put.deadline = now + cloud::sent_within + deadline_of(settings, change);
    memory.put = std::move(put);
    memory.first_arrival.reset();
    memory.cleanup_requested = false;
    ++memory.error_puts;
    memory.next_error_put = now + support::backoff{5s, 5min}.without_jitter(memory.error_puts);
}

void record_put_end(target_state& memory)
{
    const put_state& put = *memory.put;
    if (put.phase == put_phase::in_doubt)
    {
        memory.may_write.reset();  // it may have been taken
    }
    if (const auto& seen = memory.listener; seen && seen->value)
    {
        const listener_slots shown{seen->value->default_ref, seen->value->sni_refs};
        if (same_slots(shown, put.expected))
        {
            memory.unanswered.reset();
        }
    }
    memory.put.reset();
}

void record_read_during_put(target_state& memory, const cloud::answer<cloud::listener>& seen)
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

void record_put_answer(
    target_state& memory,
    const settings& settings,
    const std::vector<addition>& added,
    const cloud::answer<cloud::listener>& answer,
    support::time_point now
)
{
    if (answer)
    {
        if (memory.put)
        {
            memory.put->phase = put_phase::accepted;
            record_ownership_changes(memory, now);
            for (const cloud::container_ref& ref : in_any_slot(memory.put->expected))
            {
                memory.refused_refs.erase(ref);
            }
        }
        clear_suspects(memory, added, now);
        memory.blocked.reset();
        memory.unanswered.reset();
        memory.may_write = true;
        return;
    }
    const cloud::error& error = answer.error();
    if (error.kind == cloud::failure::ambiguous)
    {
        // It stays in doubt until its value is seen or its deadline has passed.
        const int times = memory.unanswered ? memory.unanswered->times + 1 : 1;
        const auto over = memory.put ? memory.put->deadline : now;
        memory.unanswered = write_backoff{
            "a listener update was not answered and had no effect: " + error.message,
            over + support::backoff{1s, 1min}.without_jitter(times),
            times
        };
        return;
    }
    memory.unanswered.reset();
    // Octavia's own answer, or nothing was sent: it will not take effect.
    const auto sent = std::exchange(memory.put, std::nullopt);
    --memory.error_puts;
    if (memory.error_puts <= 0)
    {
        memory.next_error_put.reset();
    }
    memory.put_error = observed<cloud::error>{now, error};
    if (error.kind == cloud::failure::access_denied || error.kind == cloud::failure::credentials_invalid)
    {
        memory.may_write = false;
    }
    if (error.kind != cloud::failure::refused ||
        record_refused_refs(memory, sent ? sent->expected : listener_slots(), added, error, now))
    {
        return;
    }
    if (!added.empty())
    {
        suspect(memory, added, error.message, now);
        return;
    }
    const int times = memory.blocked ? memory.blocked->times + 1 : 1;
    memory.blocked = write_backoff{
        "Octavia refuses every change of the listener: " + error.message,
        now + support::backoff{1min, settings.resync_period}.without_jitter(times),
        times
    };
}

}  // namespace binding
