#include "binding/events/event_builders.hpp"

#include "binding/slots/listener_slots.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {
namespace {

using std::chrono::days;

// The controller still has work to do for the binding.
bool is_ours_to_finish(const certificate_binding* object)
{
    return object != nullptr && (!object->deleting || object->has_finalizer());
}

// The reason of Ready; of a deletion that needs a person: why.
reason reason_of_state(const certificate_binding& object)
{
    const condition& stalled = object.status[condition_type::stalled];
    const bool waits = object.status.state == state::deleting && stalled.status == condition_status::true_;
    return waits ? stalled.reason : object.status[condition_type::ready].reason;
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
    const condition& is = after.status[condition_type::ready];
    const reason why = reason_of_state(after);
    const bool same = before.status.state == after.status.state && reason_of_state(before) == why;
    if (same || is.reason == reason::unset)
    {
        return std::nullopt;
    }
    event change = event_about(
        after,
        after.status.state == state::error ||
            after.status[condition_type::stalled].status == condition_status::true_,
        std::string(name_of(why)),
        is.message.empty() ? "the binding is " + std::string(name_of(after.status.state)) : is.message.str()
    );
    change.state = after.status.state;
    return change;
}

std::optional<event> deletion_reminder(
    const certificate_binding& object, support::wall_time last, support::wall_time now
)
{
    const condition& stalled = object.status[condition_type::stalled];
    if (!object.deleting || !object.has_finalizer() || stalled.status != condition_status::true_)
    {
        return std::nullopt;
    }
    const auto whole_hours = [&](support::wall_time at) {
        return std::chrono::floor<std::chrono::hours>(at - stalled.last_transition).count();
    };
    if (whole_hours(now) <= std::max<std::int64_t>(whole_hours(last), 0))
    {
        return std::nullopt;
    }
    event reminder = event_about(object, true, std::string(name_of(stalled.reason)), stalled.message.str());
    reminder.key = std::to_string(whole_hours(now));
    return reminder;
}

event ledger_restored(const certificate_binding& object)
{
    event restored = event_about(
        object,
        true,
        "LedgerRestored",
        "somebody else changed status.attachments; the controller writes its own again. If this continues, "
        "a second controller may be at work on the binding"
    );
    restored.action = "Restore";
    // One event, however often the write is tried.
    restored.key = std::to_string(object.resource_version);
    return restored;
}

std::vector<attachment> still_there(const ledger& held, const target_facts& facts)
{
    if (facts.puts.under_way || !facts.answers.listener)
    {
        return held.attachments;
    }
    const auto& listener = facts.answers.listener->value;
    if (!listener && listener.error().kind != cloud::failure::not_found)
    {
        return held.attachments;
    }
    std::vector<attachment> there;
    std::ranges::copy_if(held.attachments, std::back_inserter(there), [&](const attachment& entry) {
        return listener && holds(slots_of(*listener), entry.container_ref, entry.slot);
    });
    return there;
}

std::vector<attachment> left_behind(const certificate_binding& before, const target_facts* facts)
{
    if (facts == nullptr)
    {
        return before.status.ledger.attachments;
    }
    return facts->binding(before.uid).released ? std::vector<attachment>()
                                               : still_there(believed_ledger(*facts, before), *facts);
}

std::optional<event> orphaned(
    const certificate_binding& before, const certificate_binding* after, const std::vector<attachment>& left
)
{
    const bool stays_on_purpose = before.spec.retain || before.abandoned;
    if (!is_ours_to_finish(&before) || is_ours_to_finish(after) || left.empty() || stays_on_purpose)
    {
        return std::nullopt;
    }
    std::vector<std::string> refs;
    for (const attachment& entry : left)
    {
        refs.push_back(entry.container_ref.str() + " (" + std::string(name_of(entry.slot)) + ")");
    }
    return event_about_namespace(
        before.name_space,
        true,
        "RefsOrphaned",
        "Forget",
        "the finalizer of CertificateBinding " + before.name +
            " was removed by hand, so its certificates stay on listener " + before.spec.resource_id.str() +
            ": " + support::joined(refs) + "; create a binding for a certificate to adopt it"
    );
}

std::optional<event> expiry_warning(
    const certificate_binding& binding,
    const std::vector<int>& warn_days,
    std::optional<support::wall_time> last,
    support::wall_time now
)
{
    const auto end = end_of(binding);
    // An expired certificate is reported by the reason CertificateExpired.
    if (!end || *end <= now)
    {
        return std::nullopt;
    }
    std::optional<int> due;
    for (const int day : warn_days)
    {
        const auto begins = *end - days(day);
        if (begins <= now && (!last || begins > *last))
        {
            due = std::min(due.value_or(day), day);
        }
    }
    if (!due)
    {
        return std::nullopt;
    }
    const std::string id = binding.spec.certificate_id.str();
    const std::string end_text = support::format_rfc3339(*end);
    event warning = event_about(
        binding,
        true,
        "CertificateExpiring",
        "certificate " + id + " expires on " + end_text + ", in " +
            (*due == 1 ? "a day" : std::to_string(*due) + " days") +
            " or less; set spec.certificateId to a renewed one"
    );
    warning.action = "Renew";
    warning.key = id + " " + end_text + " " + std::to_string(*due);
    return warning;
}

bool expiry_has_changed(const certificate_binding* before, const certificate_binding& after)
{
    return before == nullptr || before->status.certificate.id != after.status.certificate.id ||
           before->spec.certificate_id != after.spec.certificate_id || end_of(*before) != end_of(after);
}

}  // namespace binding
