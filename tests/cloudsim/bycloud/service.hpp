#pragma once

#include "cloudsim/bycloud/credentials.hpp"
#include "cloudsim/bycloud/rate_limit.hpp"
#include "cloudsim/bycloud/store.hpp"

#include <expected>
#include <string>
#include <vector>

// The HTTP API of ByCloud's certificates.
//
// A request is checked in this order: the credential (401), its rate limit (429), X-Region (400), the path
// (404 of the router, which is no JSON), the right (403), the method (405 of the router), the request itself
// (400), the objects that it names (404), their state (409). A request counts when it arrives, whatever
// becomes of it. One that is refused with 401 or 429 does not count.
namespace cloudsim::bycloud {

class service
{
public:
    service(environment& env, std::vector<std::string> regions)
        : env_(env), regions_(std::move(regions)), data_(env)
    {}

    handling handle(const request& asked);

    // For the control API.
    store& data() { return data_; }
    credential_list& credentials() { return credentials_; }
    const rate_limiter& limiter() const { return limiter_; }

private:
    struct call
    {
        request asked;
        target url;
        credential who;
        std::string region{};
    };
    using answer_or = std::expected<json, reply>;

    struct page
    {
        std::size_t limit = 0;
        std::string marker{};
        std::string status{};
    };

    reply answer(const call& c);
    reply route(const call& c);
    reply under_certificate(const call& c);

    reply list_certificates(const call& c);
    reply list_of_listener(const call& c);
    reply create_certificate(const call& c);
    reply get_certificate(const call& c);
    reply validate(const call& c);
    reply renew(const call& c);
    void issue(const std::string& id);

    reply create_binding(const call& c);
    reply delete_binding(const call& c);

    std::expected<page, reply> page_of(const call& c, const std::vector<std::string_view>& filters);
    reply page_reply(const page& wanted, const std::vector<const certificate*>& all);
    answer_or body_of(const call& c, const std::vector<std::string_view>& known);
    // The object, if this credential and region have it.
    certificate* certificate_of(const call& c);
    const listener* listener_of(const call& c, const std::string& id);

    reply ok(int status, const json& body) { return json_reply(status, body, {}); }
    reply problem(int status, const std::string& message, const std::string& details = "");
    reply no_certificate(const call& c);

    environment& env_;
    std::vector<std::string> regions_;
    store data_;
    credential_list credentials_;
    rate_limiter limiter_;
};

// Throws std::invalid_argument for a value that no setting bycloud_... has.
void must_be_known(const settings& config);

}  // namespace cloudsim::bycloud
