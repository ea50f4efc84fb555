#include "cloudsim/bycloud/objects.hpp"

namespace cloudsim::bycloud {

namespace {

std::string time_text(wall_time when)
{
    return iso_time(when) + "Z";
}

json time_or_null(const std::optional<wall_time>& when)
{
    return when ? json(time_text(*when)) : json(nullptr);
}

std::string crn(const std::string& region, const std::string& kind, const std::string& id)
{
    return "crn:" + region + ":certificate:" + kind + ":" + id;
}

json dns_setup(const std::vector<std::string>& domains)
{
    auto records = json::array();
    for (const auto& domain : domains)
    {
        const auto name = domain.starts_with("*.") ? domain.substr(2) : domain;
        records.push_back(
            {{"record_name", "_acme-challenge." + name},
             {"record_type", "CNAME"},
             {"record_value", name + ".acme.bycloud.io"}}
        );
    }
    return {{"records", records}, {"instructions", "Set these records, then validate the certificate."}};
}

}  // namespace

const std::vector<std::string> certificate_statuses = {
    "pending_dns", "pending_issuance", "active", "expired", "error", "revoked"
};

json to_json(const certificate& shown)
{
    return {
        {"id", shown.id},
        {"crn", crn(shown.region, "certificate", shown.id)},
        {"name", shown.name},
        {"type", shown.type},
        {"domains", shown.domains},
        {"status", shown.status},
        {"expires_at", time_or_null(shown.expires_at)},
        {"renew_after", time_or_null(shown.renew_after)},
        {"error_message", text_or_null(shown.error_message)},
        {"created_at", time_text(shown.created_at)},
        {"updated_at", time_text(shown.updated_at)}
    };
}

json to_json(const certificate& shown, const std::vector<const binding*>& bindings)
{
    auto result = to_json(shown);
    if (shown.status == "pending_dns")
    {
        result["dns_setup"] = dns_setup(shown.domains);
    }
    result["bindings"] = json::array();
    for (const auto* bound : bindings)
    {
        result["bindings"].push_back(to_json(*bound));
    }
    return result;
}

json to_json(const binding& shown)
{
    return {
        {"id", shown.id},
        {"crn", crn(shown.region, "binding", shown.id)},
        {"certificate_id", shown.certificate_id},
        {"resource_type", listener_type},
        {"resource_id", shown.resource_id},
        {"options", {{"sni", shown.sni}}},
        {"status", shown.status},
        {"error_message", text_or_null(shown.error_message)},
        {"created_at", time_text(shown.created_at)},
        {"updated_at", time_text(shown.updated_at)}
    };
}

}  // namespace cloudsim::bycloud
