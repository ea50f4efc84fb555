#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace test {

// A UUID that ends with `number`; `group` keeps kinds of objects apart.
std::string numbered_id(int group, int number);

// The certificate API of ByCloud inside this process, as https://docs.bycoded.cloud shows it, with its limits
// of a minute and of an hour in fixed windows. What the pages leave open is set by the test.
class fake_bycloud final : public net::http_client
{
public:
    using json = nlohmann::json;
    using reply = support::result<net::http_response>;

    explicit fake_bycloud(support::clock& clock) : clock_(clock) {}

    // The id of a new certificate.
    std::string add_certificate(const std::string& status = "active");
    json& certificate(const std::string& id) { return certificates_.at(id); }
    void delete_certificate(const std::string& id) { certificates_.erase(id); }
    // The binding of the certificate to the listener; null: none.
    json* binding(const std::string& certificate, const std::string& listener);
    std::size_t bindings() const;

    support::duration takes = std::chrono::milliseconds(20);
    // The status of a new binding, and how long it stays before it is active.
    std::string first_status = "active";
    support::duration pending_for{};
    // Whether a second default of one listener is refused, and a second binding of one certificate.
    bool one_default = false;
    bool knows_delete = true;
    std::uint32_t minute_limit = 1'000'000;
    std::uint32_t hour_limit = 1'000'000;

    // Called before a request takes effect; an answer replaces it.
    std::function<std::optional<reply>(const net::http_request&)> before;
    // Called after a request took effect; an answer replaces that of the API.
    std::function<std::optional<reply>(const net::http_request&)> after;

    struct record
    {
        support::time_point at;
        std::string line;  // "GET /v1/certificates/<id>"
        int status = 0;
    };
    std::vector<record> requests;
    std::size_t count(const std::string& method) const;
    std::size_t refused() const;  // with 429

    support::task<reply> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    struct window
    {
        support::duration length;
        support::time_point ends{};
        std::uint32_t used = 0;
    };

    net::http_response answer(const net::http_request& request);
    net::http_response create(const std::string& certificate, const json& body);
    net::http_response remove(const std::string& certificate, const std::string& id);
    bool admits();
    void let_time_pass();
    std::string now_text() const;
    std::string new_id();

    support::clock& clock_;
    std::map<std::string, json> certificates_;
    std::map<std::string, support::time_point> active_at_;  // by binding
    window minute_{std::chrono::minutes(1)};
    window hour_{std::chrono::hours(1)};
    int ids_ = 0;
};

}  // namespace test
