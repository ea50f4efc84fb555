#pragma once

#include "cloudsim/support/environment.hpp"

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

// Faults on demand: what is to happen to the k-th request of a kind, and when.
namespace cloudsim {

enum class phase
{
    before,  // the service has not seen the request
    during,  // a listener's PUT: the refs were looked at, the lock is not taken, nothing is stored
    after,   // it has taken effect, the answer has not left
};

enum class fault_kind
{
    hold,   // until released
    reply,  // another answer than the service's
    drop,   // the connection ends without an answer
    cut,    // after some bytes of the body (phase after)
    delay,  // for a time
};

struct fault
{
    fault_kind kind = fault_kind::hold;
    phase when = phase::before;
    int status = 503;  // of reply, with the next three
    header_list headers;
    std::string content_type = "text/html";
    std::string body;
    std::size_t bytes = 0;  // of cut
    duration wait{};        // of delay
};

struct rule
{
    std::uint64_t id = 0;
    std::string service;  // empty: any; so for the next two
    std::string region;
    std::string method;
    std::string path;  // a regular expression, searched in path and query
    std::regex pattern;
    std::uint64_t skip = 0;                  // so many matching requests pass first
    std::optional<std::uint64_t> times = 1;  // how many it is for; empty: all
    std::uint64_t hits = 0;
    fault what;
};

struct request_kind
{
    std::string service;
    std::string region;
    std::string method;
    std::string target;
};

class rule_book
{
public:
    // Throws std::invalid_argument (or std::regex_error) for what it does not know.
    std::uint64_t add(const json& wanted);
    bool remove(std::uint64_t id);
    void clear() { rules_.clear(); }
    json to_json() const;

    // Of all rules the first that this request is for; counts it on every rule that it matches until then.
    const rule* match(const request_kind& asked);

private:
    std::vector<rule> rules_;
    std::uint64_t last_id_ = 0;
};

const char* to_string(phase when);

}  // namespace cloudsim
