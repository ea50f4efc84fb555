#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/cloud/rules.hpp"
#include "cloudsim/support/environment.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Requests on their way through the cloud: held, delayed, taking effect, answered; and the log of them.
namespace cloudsim {

// How a request ended, or that it has not.
enum class progress
{
    under_way,
    held,
    answered,
    dropped,
    cut,
    refused,
    discarded,  // released without effect
};

struct log_entry
{
    std::uint64_t sequence = 0;
    exchange_id id = 0;
    duration at{};
    std::string wall;
    request_kind kind;
    json body;  // of writes to Octavia alone: the others' bodies hold passwords and payloads
    std::optional<int> status;
    std::optional<duration> effect_at;
    std::optional<duration> answered_at;
    progress state = progress::under_way;
    std::optional<std::uint64_t> rule;
    bool client_gone = false;

    json to_json() const;
};

class exchanges
{
public:
    explicit exchanges(environment& env) : env_(env) {}

    // What the service does with a request, asked when the request reaches it.
    using service = std::function<handling()>;

    void begin(exchange_id id, const request& asked, request_kind kind, service reach);
    void refuse(exchange_id id, const request& asked, request_kind kind);
    void abandon(exchange_id id);

    // Lets held requests go on; with `discard` they end without effect, as if they had never arrived.
    std::size_t release(std::optional<exchange_id> only, bool discard);
    json held() const;

    rule_book& rules() { return rules_; }
    const std::vector<log_entry>& log() const { return log_; }
    std::vector<departure> take_departures() { return std::exchange(departures_, {}); }

private:
    struct exchange
    {
        std::size_t log_index = 0;
        service reach;
        std::optional<fault> injected;
        std::function<void()> resume;  // while held
        phase held_in = phase::before;
    };

    log_entry& note(exchange_id id, const request& asked, request_kind kind);
    void arrive(exchange_id id);
    void take_effect(exchange_id id, const std::function<reply()>& effect);
    void leave(exchange_id id, reply answer);
    void end(exchange_id id, reply answer, progress how);
    // Does what the rule asks for in this phase; true if it takes the request from here.
    bool interfere(exchange_id id, phase now, const std::function<void()>& go_on);
    log_entry& entry(exchange_id id) { return log_[running_.at(id).log_index]; }

    environment& env_;
    rule_book rules_;
    std::map<exchange_id, exchange> running_;
    std::vector<log_entry> log_;
    std::vector<departure> departures_;
};

}  // namespace cloudsim
