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
    const bool revoked =
        ready.reason == reason::certificate_not_active && ready.attached == condition_status::true_;
    const bool fails_still = ready.reason == reason::cloud_unavailable && object.status.state == state::error;
    return revoked || fails_still ? state::error : state_of(ready.reason);
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
    into[type] = {value, why, generation, was.status == value ? was.last_transition : now, message};
}

// Renders the summary of the certificate and the condition CertificateActive.
void render_certificate(
    status& into,
    const certificate_binding& object,
    const binding_state& state,
    std::int64_t generation,
    support::wall_time now
)
{
    const bool ours = state.certificate_id == object.spec.certificate_id;
    if (!ours || !state.certificate)
    {
        if (object.status.certificate.id != object.spec.certificate_id)
        {
            into.certificate = {object.spec.certificate_id, {}, std::nullopt};
        }
        set_condition(
            into,
            object.status,
            condition_type::certificate_active,
            condition_status::unknown,
            reason::progressing,
            support::interned("the certificate was not read yet"),
            generation,
            now
        );
        return;
    }
    const auto& answer = state.certificate->value;
    condition_status active = condition_status::unknown;
    reason why = reason::cloud_unavailable;
    std::string message;
    if (answer)
    {
        const bool expired = answer->expires_at && *answer->expires_at <= now;
        active = answer->usable && !expired ? condition_status::true_ : condition_status::false_;
        why = expired          ? reason::certificate_expired
              : answer->usable ? reason::certificate_active
                               : reason::certificate_not_active;
        message = expired ? "the certificate has expired" : answer->missing;
        into.certificate = {
            object.spec.certificate_id,
            support::interned(support::clean(answer->status, 64)),
            answer->expires_at,
        };
    }
    else
    {
        message = answer.error().message;
        switch (answer.error().kind)
        {
            case cloud::failure::not_found:
                active = condition_status::false_;
                why = reason::certificate_not_found;
                break;
            case cloud::failure::access_denied:
                why = reason::certificate_access_denied;
                break;
            case cloud::failure::credentials_invalid:
                why = reason::credentials_invalid;
                break;
            default:
                break;
        }
        if (object.status.certificate.id != object.spec.certificate_id)
        {
            into.certificate = {object.spec.certificate_id, {}, std::nullopt};
        }
    }
    set_condition(
        into,
        object.status,
        condition_type::certificate_active,
        active,
        why,
        support::interned(support::clean(message, longest_message)),
        generation,
        now
    );
}

}  // namespace

ready_status status_for(const certificate_binding& object, reason why, std::string message)
{
    const bool waits_for_people = why == reason::last_certificate || why == reason::credentials_missing;
    return {object.deleting && !waits_for_people ? reason::detaching : why, std::move(message)};
}

bool says_the_same(const status& a, const status& b)
{
    status copy = a;
    copy.updated_at = b.updated_at;
    return copy == b;
}

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
    const bool lacks_message = ready.message.empty() && ready.reason != reason::attached;
    const support::interned message(support::clean(
        lacks_message ? name_of(ready.reason) : std::string_view(ready.message), longest_message
    ));
    rendered.identified = true;
    rendered.handled_request = object.requested_at;
    rendered.observed_generation = generation;
    rendered.state = state_for(object, ready);
    const bool active = rendered.state == state::active;
    rendered.error_message = active ? support::interned() : message;

    const bool unavailable = ready.reason == reason::cloud_unavailable;
    const bool failed = rendered.state == state::error && !unavailable;
    const auto ready_condition = active ? condition_status::true_
                                 : unavailable && ready.attached == condition_status::true_
                                     ? condition_status::unknown
                                     : condition_status::false_;
    set_condition(
        rendered,
        object.status,
        condition_type::ready,
        ready_condition,
        ready.reason,
        message,
        generation,
        now
    );
    set_condition(
        rendered,
        object.status,
        condition_type::reconciling,
        active || failed ? condition_status::absent : condition_status::true_,
        ready.reason,
        message,
        generation,
        now
    );
    set_condition(
        rendered,
        object.status,
        condition_type::stalled,
        failed ? condition_status::true_ : condition_status::absent,
        ready.reason,
        message,
        generation,
        now
    );
    set_condition(
        rendered,
        object.status,
        condition_type::attached,
        ready.attached,
        ready.attached == condition_status::true_ ? reason::attached : ready.reason,
        ready.attached == condition_status::true_ ? support::interned() : message,
        generation,
        now
    );
    render_certificate(rendered, object, state, generation, now);
    if (!says_the_same(rendered, object.status))
    {
        rendered.updated_at = now;
    }
    return rendered;
}

}  // namespace binding
