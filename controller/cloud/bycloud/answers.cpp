#include "cloud/bycloud/answers.hpp"

#include "cloud/json.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cloud::bycloud {
namespace {

using nlohmann::json;
using odd = std::unexpected<std::string>;

constexpr std::size_t longest_crn = 256;
constexpr std::size_t longest_status = 64;
constexpr std::size_t longest_message = 1024;
constexpr std::size_t most_records = 16;

// ---- members ----

// The text of a member that may be missing or null; an oddity if it is anything else.
reading<std::string> optional_text(const json& object, std::string_view key)
{
    const json& held = member(object, key);
    if (held.is_null())
    {
        return std::string();
    }
    return held.is_string() ? reading<std::string>(held.get<std::string>())
                            : odd(std::string(key) + " is no text");
}

reading<support::uuid> id_of(const json& object, std::string_view key)
{
    const auto text = text_member(object, key);
    const auto id = text ? support::uuid::parse(*text) : std::nullopt;
    return id ? reading<support::uuid>(*id) : odd(std::string(key) + " is no UUID");
}

reading<std::optional<support::wall_time>> time_of(const json& object, std::string_view key)
{
    const auto text = optional_text(object, key);
    if (!text || text->empty())
    {
        return text ? reading<std::optional<support::wall_time>>(std::nullopt) : odd(text.error());
    }
    const auto time = support::parse_rfc3339(*text);
    return time ? reading<std::optional<support::wall_time>>(time) : odd(std::string(key) + " is no time");
}

reading<std::string> status_of(const json& object)
{
    const auto text = text_member(object, "status");
    return text && !text->empty() ? reading<std::string>(support::clean(*text, longest_status))
                                  : odd("status is missing");
}

certificate_state state_of(std::string_view status)
{
    static constexpr std::array<std::pair<std::string_view, certificate_state>, 6> states{{
        {"pending_dns", certificate_state::pending_dns},
        {"pending_issuance", certificate_state::pending_issuance},
        {"active", certificate_state::active},
        {"expired", certificate_state::expired},
        {"error", certificate_state::error},
        {"revoked", certificate_state::revoked},
    }};
    const auto* const known = std::ranges::find(states, status, &decltype(states)::value_type::first);
    return known == states.end() ? certificate_state::unknown : known->second;
}

// ---- a binding ----

reading<std::optional<bool>> sni_of(const json& object)
{
    const json& options = member(object, "options");
    if (options.is_null())
    {
        return std::optional<bool>();
    }
    if (!options.is_object())
    {
        return odd("options is no object");
    }
    const json& sni = member(options, "sni");
    if (sni.is_null())
    {
        return std::optional<bool>();
    }
    return sni.is_boolean() ? reading<std::optional<bool>>(sni.get<bool>())
                            : odd("options.sni is no boolean");
}

reading<service_binding> read_binding(const json& object, const support::uuid& certificate)
{
    if (!object.is_object())
    {
        return odd("a binding is no object");
    }
    const auto id = id_of(object, "id");
    const auto resource = id_of(object, "resource_id");
    const auto type = text_member(object, "resource_type");
    const auto sni = sni_of(object);
    const auto status = status_of(object);
    const auto crn = optional_text(object, "crn");
    const auto message = optional_text(object, "error_message");
    const auto created = time_of(object, "created_at");
    const auto updated = time_of(object, "updated_at");
    if (!type)
    {
        return odd("a binding has no resource_type");
    }
    for (const auto* problem :
         {id ? nullptr : &id.error(),
          resource ? nullptr : &resource.error(),
          sni ? nullptr : &sni.error(),
          status ? nullptr : &status.error(),
          crn ? nullptr : &crn.error(),
          message ? nullptr : &message.error(),
          created ? nullptr : &created.error(),
          updated ? nullptr : &updated.error()})
    {
        if (problem != nullptr)
        {
            return odd("of a binding: " + *problem);
        }
    }
    if (!member(object, "certificate_id").is_null() && id_of(object, "certificate_id") != certificate)
    {
        return odd("a binding is of another certificate");
    }
    return service_binding{
        *id,
        support::clean(*crn, longest_crn),
        *type,
        *resource,
        *sni,
        *status,
        support::clean(*message, longest_message),
        *created,
        *updated
    };
}

// "_acme-challenge.example.com CNAME example.com.acme.bycloud.io"
std::vector<std::string> read_dns_records(const json& certificate)
{
    std::vector<std::string> records;
    const json& listed = member(member(certificate, "dns_setup"), "records");
    if (!listed.is_array())
    {
        return records;
    }
    for (const json& record : listed)
    {
        const auto name = text_member(record, "record_name");
        const auto value = text_member(record, "record_value");
        if (name && value && records.size() < most_records)
        {
            const std::string type = text_member(record, "record_type").value_or("CNAME");
            records.push_back(support::clean(*name + " " + type + " " + *value));
        }
    }
    return records;
}

}  // namespace

reading<service_certificate> read_certificate(std::string_view body, const support::uuid& id)
{
    const json root = parse_json(body);
    const json& object = member(root, "certificate");
    if (!object.is_object())
    {
        return odd("it holds no certificate");
    }
    if (id_of(object, "id") != id)
    {
        return odd("it holds another certificate");
    }
    service_certificate read;
    read.id = id;
    const auto status = status_of(object);
    const auto message = optional_text(object, "error_message");
    const auto expires = time_of(object, "expires_at");
    if (!status || !message || !expires)
    {
        return odd(!status ? status.error() : !message ? message.error() : expires.error());
    }
    read.status = *status;
    read.state = state_of(*status);
    read.error_message = support::clean(*message, longest_message);
    read.expires_at = *expires;
    read.dns_records = read_dns_records(object);
    const json& bindings = member(object, "bindings");
    if (!bindings.is_array() && !(bindings.is_null() && object.contains("bindings")))
    {
        return odd("it holds no list of bindings");
    }
    for (const json& each : bindings)
    {
        auto binding = read_binding(each, id);
        if (!binding)
        {
            return odd(binding.error());
        }
        read.bindings.push_back(std::move(*binding));
    }
    return read;
}

reading<std::optional<service_binding>> read_created_binding(
    std::string_view body, const support::uuid& certificate, const support::uuid& listener
)
{
    const json root = parse_json(body);
    if (!root.is_object())
    {
        return odd("it is no JSON object");
    }
    const json& object = member(root, "binding");
    if (object.is_null())
    {
        return std::nullopt;
    }
    auto binding = read_binding(object, certificate);
    if (!binding)
    {
        return odd(binding.error());
    }
    if (binding->resource_id != listener)
    {
        return odd("it holds a binding of another listener");
    }
    return std::move(*binding);
}

}  // namespace cloud::bycloud
