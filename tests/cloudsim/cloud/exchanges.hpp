#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/cloud/rules.hpp"
#include "cloudsim/support/environment.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The requests on their way through the cloud (held, delayed, in effect, answered), and their log.
namespace cloudsim {

struct logged_request
{
    std::uint64_t sequence = 0;
    exchange_id exchange = 0;
    duration at{};  // since the start
    std::string service;
    std::string region;
    std::string method;
    std::string path{};  // and query
    // Of writes to Octavia and of ByCloud's bindings alone, because other bodies hold passwords and payloads.
    json body{};
    std::optional<int> status{};  // empty: not answered
    // under_way, held, answered, dropped, cut, refused, discarded (released without effect)
    std::string state = "under_way";
    std::string when{};  // of a held request: before, during, after
    bool client_gone = false;
};

class exchanges
{
public:
    explicit exchanges(environment& env) : env_(env) {}

    // The service's work on a request, which the cloud asks for when the request reaches the service.
    using service = std::function<handling()>;

    void begin(exchange_id id, const request& asked, const request_kind& kind, service reach);
    void refuse(exchange_id id, const request& asked, const request_kind& kind);
    void abandon(exchange_id id);

    // Lets held requests go on. With `discard` they end without effect, as if they had never arrived.
    std::size_t release(bool discard);
    std::vector<logged_request> held() const;

    rule_book& rules() { return rules_; }
    const std::vector<logged_request>& log() const { return log_; }
    std::vector<departure> take_departures() { return std::exchange(departures_, {}); }

private:
    struct exchange
    {
        std::size_t log_index = 0;
        service reach;
        std::optional<rule> injected;
        std::function<void()> resume;  // continues a held request
    };

    void note(exchange_id id, const request& asked, const request_kind& kind);
    void arrive(exchange_id id);
    void take_effect(exchange_id id, const std::function<reply()>& effect);
    void leave(exchange_id id, reply answer);
    void end(exchange_id id, reply answer, const std::string& state);
    // Calls `go_on`, unless a rule holds, delays or ends the request here.
    void pass(exchange_id id, const std::string& when, const std::function<void()>& go_on);
    bool interfere(exchange_id id, const std::string& when, const std::function<void()>& go_on);
    logged_request& entry(exchange_id id) { return log_[running_.at(id).log_index]; }

    environment& env_;
    rule_book rules_;
    std::map<exchange_id, exchange> running_;
    std::vector<logged_request> log_;
    std::vector<departure> departures_;
};

}  // namespace cloudsim
