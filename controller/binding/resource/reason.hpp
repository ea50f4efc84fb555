#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// The closed set of Ready reasons and what each means for state and kstatus (docs/status.md).
namespace binding {

enum class state : std::uint8_t
{
    unset,
    pending,
    active,
    error,
    deleting,
};

enum class reason : std::uint8_t
{
    unset,
    attached,
    progressing,
    load_balancer_busy,
    certificate_not_active,
    certificate_not_found,
    certificate_access_denied,
    certificate_expired,
    listener_not_found,
    listener_access_denied,
    listener_protocol,
    no_default_certificate,
    conflict,
    load_balancer_error,
    listener_error,
    blocked_by_unreadable_ref,
    certificate_refused,
    contested,
    ledger_full,
    credentials_invalid,
    credentials_missing,
    cloud_changed,
    cloud_unavailable,
    detaching,
    last_certificate,
    detach_not_supported,
    certificate_active,  // a reason of the condition CertificateActive alone
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(reason::certificate_active) + 1;

// "CertificateNotActive"; empty for unset.
std::string_view name_of(reason value);
std::string_view name_of(state value);

// Empty for texts outside the set, as a newer or older version may have written.
std::optional<reason> parse_reason(std::string_view name);
std::optional<state> parse_state(std::string_view name);

// The state of a binding with this reason that is not being deleted, once its grace period is over. A binding
// that fails already keeps its state with CloudUnavailable; see ready_status.cpp.
state state_of(reason value);

// A deletion with this reason waits until people act, and is reported so. Any other deletion is Detaching.
bool deletion_waits_for_people(reason value);

}  // namespace binding
