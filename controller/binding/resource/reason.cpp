#include "binding/resource/reason.hpp"

#include <array>

namespace binding {
namespace {

struct row
{
    reason value;
    std::string_view name;
    state result;
};

constexpr std::array<row, reason_count> reasons{{
    {reason::unset, "", state::unset},
    {reason::attached, "Attached", state::active},
    {reason::progressing, "Progressing", state::pending},
    {reason::load_balancer_busy, "LoadBalancerBusy", state::pending},
    {reason::certificate_not_active, "CertificateNotActive", state::error},
    {reason::certificate_not_found, "CertificateNotFound", state::error},
    {reason::certificate_access_denied, "CertificateAccessDenied", state::error},
    {reason::certificate_expired, "CertificateExpired", state::error},
    {reason::listener_not_found, "ListenerNotFound", state::error},
    {reason::listener_access_denied, "ListenerAccessDenied", state::error},
    {reason::listener_protocol, "ListenerProtocol", state::error},
    {reason::no_default_certificate, "NoDefaultCertificate", state::error},
    {reason::conflict, "Conflict", state::error},
    {reason::load_balancer_error, "LoadBalancerError", state::error},
    {reason::listener_error, "ListenerError", state::error},
    {reason::blocked_by_unreadable_ref, "BlockedByUnreadableRef", state::error},
    {reason::certificate_refused, "CertificateRefused", state::error},
    {reason::contested, "Contested", state::error},
    {reason::ledger_full, "LedgerFull", state::error},
    {reason::credentials_invalid, "CredentialsInvalid", state::error},
    {reason::credentials_missing, "CredentialsMissing", state::error},
    {reason::cloud_changed, "CloudChanged", state::error},
    {reason::cloud_unavailable, "CloudUnavailable", state::pending},
    {reason::detaching, "Detaching", state::deleting},
    {reason::last_certificate, "LastCertificate", state::deleting},
    {reason::detach_not_supported, "DetachNotSupported", state::error},
    {reason::certificate_active, "CertificateActive", state::active},
}};

constexpr std::array<std::string_view, 5> states{"", "pending", "active", "error", "deleting"};

}  // namespace

std::string_view name_of(reason value)
{
    return reasons.at(static_cast<std::size_t>(value)).name;
}

std::string_view name_of(state value)
{
    return states.at(static_cast<std::size_t>(value));
}

std::optional<reason> parse_reason(std::string_view name)
{
    for (const row& row : reasons)
    {
        if (row.name == name)
        {
            return row.value;
        }
    }
    return std::nullopt;
}

std::optional<state> parse_state(std::string_view name)
{
    for (std::size_t i = 0; i < states.size(); ++i)
    {
        if (states.at(i) == name)
        {
            return static_cast<state>(i);
        }
    }
    return std::nullopt;
}

state state_of(reason value)
{
    return reasons.at(static_cast<std::size_t>(value)).result;
}

bool deletion_waits_for_people(reason value)
{
    return value == reason::last_certificate || value == reason::credentials_missing ||
           value == reason::detach_not_supported;
}

}  // namespace binding
