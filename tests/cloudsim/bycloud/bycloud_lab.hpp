#pragma once

#include "cloudsim/cloud/lab.hpp"
#include "cloudsim/control/json.hpp"

#include <string>

namespace cloudsim::test {

// A client of ByCloud with one credential, and a listener.
class bycloud_lab : public lab
{
protected:
    bycloud_control cloud = sim.bycloud();
    bycloud_control::credential key = cloud.add_credential({});
    bycloud_control::listener on = cloud.add_listener({});

    header_list usual_headers() const { return {{"X-Api-Key", key.api_key}, {"X-Region", "sao1"}}; }

    reply call(const std::string& method, const std::string& path, const json& body = {})
    {
        return call_with(usual_headers(), method, path, body);
    }
    reply call_with(
        const header_list& headers, const std::string& method, const std::string& path, const json& body = {}
    )
    {
        return ask(
            {.method = method,
             .url = bycloud_url(path),
             .body = body.is_null() ? "" : body.dump(),
             .headers = headers}
        );
    }

    // The body of an answer with this status; null if the answer has another status or no JSON.
    static json body_of(const reply& answer, int status = 200)
    {
        EXPECT_EQ(answer.status, status) << answer.body;
        return answer.status == status ? json::parse(answer.body, nullptr, false) : json();
    }
    // The details of an error in the documented form, for this status.
    static std::string details_of(const reply& answer, int status)
    {
        const auto error = body_of(answer, status).value("error", json::object());
        EXPECT_EQ(error.value("code", 0), status);
        EXPECT_FALSE(error.value("message", "").empty());
        EXPECT_TRUE(error.value("request_id", "").starts_with("req-"));
        return error.value("details", "");
    }

    json show(const std::string& certificate)
    {
        return body_of(call("GET", "/v1/certificates/" + certificate))["certificate"];
    }
    static std::string bindings_of(const std::string& certificate)
    {
        return "/v1/certificates/" + certificate + "/bindings";
    }
    json order(bool sni) const { return order(on.id, sni); }
    static json order(const std::string& listener, bool sni)
    {
        return {
            {"resource_type", "octavia:listener"}, {"resource_id", listener}, {"options", {{"sni", sni}}}
        };
    }
    // Binds the certificate and gives the binding.
    json bind(const std::string& certificate, bool sni = false)
    {
        return body_of(call("POST", bindings_of(certificate), order(sni)), 201)["binding"];
    }
};

}  // namespace cloudsim::test
