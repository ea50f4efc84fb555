#pragma once

#include "cloudsim/control/control.hpp"

// The values of the control API as JSON, for the program and its client. A member has its C++ name, a time is
// RFC 3339, a span is in milliseconds.
namespace nlohmann {

template <class T>
struct adl_serializer<std::optional<T>>
{
    static void to_json(json& result, const std::optional<T>& value)
    {
        result = value ? json(*value) : json(nullptr);
    }
    static void from_json(const json& value, std::optional<T>& result)
    {
        result = value.is_null() ? std::nullopt : std::optional(value.get<T>());
    }
};

template <>
struct adl_serializer<cloudsim::wall_time>
{
    static void to_json(json& result, cloudsim::wall_time when) { result = cloudsim::iso_time(when) + "Z"; }
    static void from_json(const json& value, cloudsim::wall_time& result)
    {
        const auto when = cloudsim::parse_time(value.get<std::string>());
        if (!when)
        {
            throw cloudsim::control_error("not a time: " + value.dump());
        }
        result = *when;
    }
};

template <>
struct adl_serializer<cloudsim::duration>
{
    using milliseconds = std::chrono::duration<double, std::milli>;
    static void to_json(json& result, cloudsim::duration span) { result = milliseconds(span).count(); }
    static void from_json(const json& value, cloudsim::duration& result)
    {
        result = std::chrono::duration_cast<cloudsim::duration>(milliseconds(value.get<double>()));
    }
};

}  // namespace nlohmann

namespace cloudsim {

// clang-format off: several members stand in a line
#define CLOUDSIM_JSON NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT
CLOUDSIM_JSON(control::user_order, name, project, password, roles)
CLOUDSIM_JSON(control::credential_order, user, project, name)
CLOUDSIM_JSON(control::credential, id, secret, project_id)
CLOUDSIM_JSON(control::load_balancer_order, project, region)
CLOUDSIM_JSON(control::listener_order, load_balancer, default_ref, sni_refs, client_ca_ref, client_crl_ref,
              protocol, port, id)
CLOUDSIM_JSON(control::certificate_order, project, kind, names, state, not_after, pass_phrase, is_private,
              user, region, id, status)
CLOUDSIM_JSON(control::certificate, id, ref, crl_ref, secrets, not_after, pem)
CLOUDSIM_JSON(control::tls_answer, certificate, source)
CLOUDSIM_JSON(bycloud_control::credential_order, id, secret, token, organization, rights, expires_at, tier)
CLOUDSIM_JSON(bycloud_control::credential, id, secret, token, api_key)
CLOUDSIM_JSON(bycloud_control::certificate_order, name, type, domains, status, expires_at, error_message,
              organization, region, id)
CLOUDSIM_JSON(bycloud_control::certificate_change, status, error_message, expires_at)
CLOUDSIM_JSON(bycloud_control::listener_order, load_balancer, organization, region, id)
CLOUDSIM_JSON(bycloud_control::listener, id, load_balancer)
CLOUDSIM_JSON(bycloud_control::binding_order, certificate, listener, sni, status, error_message)
CLOUDSIM_JSON(bycloud_control::binding_change, status, error_message)
CLOUDSIM_JSON(bycloud_control::tls_answer, certificate, source)
CLOUDSIM_JSON(bycloud_control::usage, admitted, limited)
CLOUDSIM_JSON(bycloud_control::request_counts, requests, limited, credentials)
CLOUDSIM_JSON(request_match, service, region, method, path, skip, times, when)
CLOUDSIM_JSON(false_reply, status, body, content_type, headers)
CLOUDSIM_JSON(rule, service, region, method, path, skip, times, when, action, answer, bytes, wait, patch)
CLOUDSIM_JSON(logged_request, sequence, exchange, at, service, region, method, path, body, status, state,
              when, client_gone)
CLOUDSIM_JSON(state_change, sequence, at, cause, object)
#undef CLOUDSIM_JSON
// clang-format on

}  // namespace cloudsim
