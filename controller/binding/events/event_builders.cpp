#include "binding/events/event_builders.hpp"

#include "binding/slots/listener_slots.hpp"
#include "support/rfc3339.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {
namespace {

using std::chrono::days;

std::string action_of(const certificate_binding& binding)
{
    return binding.deleting ? "Detach" : "Attach";
}

// Ours to bring to an end.
bool in_our_hands(const certificate_binding* object)
{
    return object != nullptr && (!object->deleting || object->has_finalizer());
}

std::optional<support::wall_time> end_of(const certificate_binding& binding)
{
    const certificate_summary& certificate = binding.status.certificate;
    const bool counts = !binding.deleting && certificate.id == binding.spec.certificate_id;
    return counts ? certificate.expires_at : std::nullopt;
}

}  // namespace

std::optional<event> change_of_state(const certificate_binding& before, const certificate_binding& after)
{
    const condition& was = before.status[condition_type::ready];
    const condition& is = after.status[condition_type::ready];
    const bool same = before.status.state == after.status.state && was.reason == is.reason;
    if (same || is.reason == reason::unset)
    {
        return std::nullopt;
    }
    event made;
    const bool waits_for_people =
        is.reason == reason::last_certificate || is.reason == reason::credentials_missing;
    made.warning = after.status.state == state::error || waits_for_people;
    made.reason = name_of(is.reason);
    made.action = action_of(after);
    made.note =
        is.message.empty() ? "the binding is " + std::string(name_of(after.status.state)) : is.message.str();
    return made;
}

std::vector<attachment> still_there(const ledger& held, const target_state& memory)
{
    if (memory.put || !memory.listener)
    {
        return held.attachments;
    }
    const auto& seen = memory.listener->value;
    if (!seen && seen.error().kind != cloud::failure::not_found)
    {
        return held.attachments;
    }
    std::vector<attachment> there;
    std::ranges::copy_if(held.attachments, std::back_inserter(there), [&](const attachment& entry) {
        return seen && holds({seen->default_ref, seen->sni_refs}, entry.container_ref, entry.slot);
    });
    return there;
}

std::optional<event> orphaned(
    const certificate_binding& before, const certificate_binding* after, const std::vector<attachment>& left
)
{
    const bool leaves_it = before.spec.retain || before.abandoned;
    if (!in_our_hands(&before) || in_our_hands(after) || left.empty() || leaves_it)
    {
        return std::nullopt;
    }
    std::string refs;
    for (const attachment& each : left)
    {
        refs += (refs.empty() ? "" : ", ") + each.container_ref.str() + " (" +
                std::string(name_of(each.slot)) + ")";
    }
    event made;
    made.warning = true;
    made.reason = "RefsOrphaned";
    made.action = "Forget";
    made.note = "the finalizer of the CertificateBinding " + before.name +
                " was removed by hand, so what it had put on listener " + before.spec.resource_id.str() +
                " stays there: " + refs + "; a new binding for it adopts it";
    return made;
}

std::optional<event> expiry_warning(
    const certificate_binding& binding,
    const std::vector<int>& warn_days,
    std::optional<support::wall_time> last,
    support::wall_time now
)
{
    const auto end = end_of(binding);
    if (!end || *end <= now)
    {
        return std::nullopt;  // what has expired is told by its reason
    }
    std::optional<int> due;
    for (const int each : warn_days)
    {
        const auto begins = *end - days(each);
        if (begins <= now && (!last || begins > *last))
        {
            due = std::min(due.value_or(each), each);
        }
    }
    if (!due)
    {
        return std::nullopt;
    }
    const std::string id = binding.spec.certificate_id.str();
    event made;
    made.warning = true;
    made.reason = "CertificateExpiring";
    made.action = "Renew";
    made.note = "certificate " + id + " expires on " + support::format_rfc3339(*end) + ", in " +
                (*due == 1 ? "a day" : std::to_string(*due) + " days") +
                " or less; set spec.certificateId to a renewed one";
    made.key = id + " " + support::format_rfc3339(*end) + " " + std::to_string(*due);
    return made;
}

bool expires_otherwise(const certificate_binding* before, const certificate_binding& after)
{
    return before == nullptr || before->status.certificate.id != after.status.certificate.id ||
           before->spec.certificate_id != after.spec.certificate_id || end_of(*before) != end_of(after);
}

}  // namespace binding
