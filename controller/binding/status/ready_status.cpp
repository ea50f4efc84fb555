#include "binding/status/ready_status.hpp"

#include "support/text.hpp"

#include <algorithm>

namespace binding {
namespace {

constexpr std::size_t longest_message = 1024;  // of status.errorMessage and of a condition

state state_for(const certificate_binding& object, const ready_status& said)
{
    if (object.deleting)
    {
        return state::deleting;
    }
    if (said.within_grace_period)
    {
        return state::pending;
    }
    const bool revoked =
        said.reason == reason::certificate_not_active && said.attached == condition_status::true_;
    const bool fails_still = said.reason == reason::cloud_unavailable && object.status.state == state::error;
    return revoked || fails_still ? state::error : state_of(said.reason);
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

// What is known of the certificate: its summary and the condition CertificateActive.
void render_certificate(
    status& into,
    const certificate_binding& object,
    const binding_state& memory,
    std::int64_t generation,
    support::wall_time now
)
{
    const bool ours = memory.certificate_id == object.spec.certificate_id;
    if (!ours || !memory.certificate)
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
            support::interned("the certificate has not been looked at yet"),
            generation,
            now
        );
        return;
    }
    const auto& answer = memory.certificate->value;
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

bool says_the_same(const status& a, const status& b)
{
    status copy = a;
    copy.updated_at = b.updated_at;
    return copy == b;
}

status render(
    const certificate_binding& object,
    const ready_status& said,
    const ledger& written,
    const binding_state& memory,
    support::wall_time now
)
{
    status made = object.status;
    made.ledger = written;
    if (said.keep_status)
    {
        if (!says_the_same(made, object.status))
        {
            made.updated_at = now;
        }
        return made;
    }
    // A status that came with a restored object speaks of generations that this one never had.
    const auto seen = object.status.identified ? object.status.observed_generation : 0;
    const auto generation = std::max(object.generation, seen);
    const bool silent = said.message.empty() && said.reason != reason::attached;
    const support::interned message(
        support::clean(silent ? name_of(said.reason) : std::string_view(said.message), longest_message)
    );
    made.identified = true;
    made.handled_request = object.requested_at;
    made.observed_generation = generation;
    made.state = state_for(object, said);
    const bool active = made.state == state::active;
    made.error_message = active ? support::interned() : message;

    const bool unavailable = said.reason == reason::cloud_unavailable;
    const bool failed = made.state == state::error && !unavailable;
    const auto ready = active                                                    ? condition_status::true_
                       : unavailable && said.attached == condition_status::true_ ? condition_status::unknown
                                                                                 : condition_status::false_;
    set_condition(made, object.status, condition_type::ready, ready, said.reason, message, generation, now);
    set_condition(
        made,
        object.status,
        condition_type::reconciling,
        active || failed ? condition_status::absent : condition_status::true_,
        said.reason,
        message,
        generation,
        now
    );
    set_condition(
        made,
        object.status,
        condition_type::stalled,
        failed ? condition_status::true_ : condition_status::absent,
        said.reason,
        message,
        generation,
        now
    );
    set_condition(
        made,
        object.status,
        condition_type::attached,
        said.attached,
        said.attached == condition_status::true_ ? reason::attached : said.reason,
        said.attached == condition_status::true_ ? support::interned() : message,
        generation,
        now
    );
    render_certificate(made, object, memory, generation, now);
    if (!says_the_same(made, object.status))
    {
        made.updated_at = now;
    }
    return made;
}

}  // namespace binding
