#include "binding/status/ready_status.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

// Of status.errorMessage and of a condition.
constexpr std::size_t longest_message = 1024;

state state_for(const certificate_binding& object, const ready_status& ready)
{
    if (object.deleting)
    {
        return state::deleting;
    }
    if (ready.within_grace_period)
    {
        return state::pending;
    }
    const bool fails_still = ready.reason == reason::cloud_unavailable && object.status.state == state::error;
    return ready.overdue || fails_still ? state::error : state_of(ready.reason);
}

void set_condition(
    status& into,
    const status& before,
    condition_type type,
    condition_status value,
    reason why,
    const support::interned& message,
    std::int64_t generation,
    support::wall_time now
)
{
    const condition& was = before[type];
    if (value == condition_status::absent)
    {
        into[type] = {};
        return;
    }
    const short_time since = was.status == value ? was.last_transition : short_time(now);
    into[type] = {value, why, short_generation(generation), since, message};
}

// The condition CertificateActive.
struct certificate_condition
{
    condition_status active = condition_status::unknown;
    reason why = reason::cloud_unavailable;
    std::string message;
};

certificate_condition condition_of(const cloud::certificate& certificate, support::wall_time now)
{
    if (certificate.expires_at && *certificate.expires_at <= now)
    {
        return {condition_status::false_, reason::certificate_expired, "the certificate has expired"};
    }
    return certificate.usable
               ? certificate_condition{condition_status::true_, reason::certificate_active, certificate.missing}
               : certificate_condition{
                     condition_status::false_, reason::certificate_not_active, certificate.missing
                 };
}

certificate_condition condition_of(const cloud::error& error)
{
    switch (error.kind)
    {
        case cloud::failure::not_found:
            return {condition_status::false_, reason::certificate_not_found, error.message};
        case cloud::failure::access_denied:
            return {condition_status::unknown, reason::certificate_access_denied, error.message};
        case cloud::failure::credentials_invalid:
            return {condition_status::unknown, reason::credentials_invalid, error.message};
        default:
            return {condition_status::unknown, reason::cloud_unavailable, error.message};
    }
}

// What is known of the certificate: its summary and the condition CertificateActive.
void render_certificate(
    status& rendered, const certificate_binding& object, const binding_state& state, support::wall_time now
)
{
    const support::uuid& wanted = object.spec.certificate_id;
    const bool is_read = state.certificate_id == wanted && state.certificate;
    const auto* certificate = is_read && state.certificate->value ? &*state.certificate->value : nullptr;
    if (certificate != nullptr)
    {
        rendered.certificate = {
            wanted, support::interned(support::clean(certificate->status, 64)), certificate->expires_at
        };
    }
    else if (object.status.certificate.id != wanted)
    {
        rendered.certificate = {wanted, {}, std::nullopt};
    }
    certificate_condition condition{
        condition_status::unknown, reason::progressing, "the certificate was not read yet"
    };
    if (is_read)
    {
        condition = certificate != nullptr ? condition_of(*certificate, now)
                                           : condition_of(state.certificate->value.error());
    }
    set_condition(
        rendered,
        object.status,
        condition_type::certificate_active,
        condition.active,
        condition.why,
        support::interned(support::clean(condition.message, longest_message)),
        rendered.observed_generation,
        now
    );
}

}  // namespace

ready_status status_for(const certificate_binding& object, reason why, std::string message)
{
    ready_status status{why, std::move(message)};
    if (object.deleting && !deletion_waits_for_people(why))
    {
        status.reason = reason::detaching;
        status.delayed_by = why == reason::detaching ? reason::unset : why;
    }
    return status;
}

reason cause_of(const ready_status& ready)
{
    return ready.delayed_by == reason::unset ? ready.reason : ready.delayed_by;
}

bool says_the_same(const status& a, const status& b)
{
    status copy = a;
    copy.updated_at = b.updated_at;
    return copy == b;
}

namespace {

// A person is needed before the binding gets any further.
bool needs_person(const status& rendered, const ready_status& ready)
{
    const reason cause = cause_of(ready);
    if (ready.overdue || rendered.state != state::deleting)
    {
        return ready.overdue || (rendered.state == state::error && cause != reason::cloud_unavailable);
    }
    return deletion_waits_for_people(cause) ||
           (state_of(cause) == state::error && !ready.within_grace_period);
}

// Ready, Reconciling, Stalled and Attached, for the state and generation that `rendered` has.
void render_conditions(
    status& rendered,
    const certificate_binding& object,
    const ready_status& ready,
    const support::interned& message,
    support::wall_time now
)
{
    const auto set = [&](condition_type type,
                         condition_status value,
                         reason why,
                         const support::interned& words) {
        set_condition(rendered, object.status, type, value, why, words, rendered.observed_generation, now);
    };
    const bool active = rendered.state == state::active;
    const bool unavailable = ready.reason == reason::cloud_unavailable;
    const bool failed = needs_person(rendered, ready);
    const bool attached = ready.attached == condition_status::true_;
    const auto is_ready_now = active                    ? condition_status::true_
                              : unavailable && attached ? condition_status::unknown
                                                        : condition_status::false_;
    const auto reconciling = active || failed ? condition_status::absent : condition_status::true_;
    set(condition_type::ready, is_ready_now, ready.reason, message);
    set(condition_type::reconciling, reconciling, ready.reason, message);
    set(condition_type::stalled,
        failed ? condition_status::true_ : condition_status::absent,
        cause_of(ready),
        message);
    set(condition_type::attached,
        ready.attached,
        attached ? reason::attached : ready.reason,
        attached ? support::interned() : message);
}

support::interned message_of(const certificate_binding& object, const ready_status& ready)
{
    if (ready.keep_message)
    {
        return object.status[condition_type::ready].message;
    }
    const bool lacks_message = ready.message.empty() && ready.reason != reason::attached;
    return support::interned(support::clean(
        lacks_message ? name_of(ready.reason) : std::string_view(ready.message), longest_message
    ));
}

}  // namespace

status render(
    const certificate_binding& object,
    const ready_status& ready,
    const ledger& written,
    const binding_state& state,
    support::wall_time now
)
{
    status rendered = object.status;
    rendered.ledger = written;
    if (ready.keep_status)
    {
        if (!says_the_same(rendered, object.status))
        {
            rendered.updated_at = now;
        }
        return rendered;
    }
    // The status of a restored object may speak of generations that this object never had.
    const auto reported = object.status.identified ? object.status.observed_generation : 0;
    const auto generation = std::max(object.generation, reported);
    const support::interned message = message_of(object, ready);
    rendered.identified = true;
    rendered.handled_request = object.requested_at;
    rendered.observed_generation = generation;
    rendered.state = state_for(object, ready);
    const bool active = rendered.state == state::active;
    rendered.error_message = active ? support::interned() : message;

    render_conditions(rendered, object, ready, message, now);
    render_certificate(rendered, object, state, now);
    if (!says_the_same(rendered, object.status))
    {
        rendered.updated_at = now;
    }
    return rendered;
}

}  // namespace binding
