#pragma once

#include "net/http/http.hpp"

#include <nlohmann/json.hpp>

#include <string>

// Answers of the ByCloud API as https://docs.bycoded.cloud/api shows them.
namespace test::bycloud {

inline const std::string certificate_id = "550e8400-e29b-41d4-a716-446655440001";
inline const std::string listener_id = "550e8400-e29b-41d4-a716-446655440002";
inline const std::string binding_id = "550e8400-e29b-41d4-a716-446655440010";

inline net::http_response json(int status, const nlohmann::json& body)
{
    return {status, {{"Content-Type", "application/json"}}, body.dump()};
}

inline net::http_response fault(int status, const std::string& message)
{
    return json(
        status,
        {{"error", {{"code", status}, {"message", message}, {"details", ""}, {"request_id", "req-1"}}}}
    );
}

inline nlohmann::json binding(const std::string& id = binding_id)
{
    return {
        {"id", id},
        {"crn", "crn:sao1:certificate:binding:" + id},
        {"certificate_id", certificate_id},
        {"resource_type", "octavia:listener"},
        {"resource_id", listener_id},
        {"options", {{"sni", false}}},
        {"status", "active"},
        {"error_message", ""},
        {"created_at", "2026-11-24T10:00:00Z"},
        {"updated_at", "2026-11-24T10:00:05Z"}
    };
}

inline nlohmann::json certificate(const std::string& status = "active")
{
    return {
        {"id", certificate_id},
        {"crn", "crn:sao1:certificate:certificate:" + certificate_id},
        {"name", "shop"},
        {"type", "acme"},
        {"domains", {"shop.example"}},
        {"status", status},
        {"expires_at", "2027-02-22T00:00:00Z"},
        {"renew_after", "2027-01-23T00:00:00Z"},
        {"error_message", nullptr},
        {"created_at", "2026-11-24T09:00:00Z"},
        {"updated_at", "2026-11-24T09:00:00Z"},
        {"dns_setup",
         {{"records",
           {{{"record_name", "_acme-challenge.shop.example"},
             {"record_type", "CNAME"},
             {"record_value", "shop.example.acme.bycloud.io"}}}},
          {"instructions", "create these records"}}},
        {"bindings", nlohmann::json::array()}
    };
}

}  // namespace test::bycloud
