#pragma once

#include "cloudsim/support/environment.hpp"

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

// Faults on demand: a rule names the k-th request of a kind, the fault, and its moment.
namespace cloudsim {

// The requests of a rule. An empty text fits every request.
struct request_match
{
    std::string service{};  // identity, key-manager, load-balancer, bycloud
    std::string region{};
    std::string method{};
    std::string path{};                      // a regular expression, searched in path and query
    std::uint64_t skip = 0;                  // the number of requests that pass first
    std::optional<std::uint64_t> times = 1;  // the number of requests with the fault; empty: all
    // before: the service has not seen the request. during (of a listener's PUT): the refs were read, the
    // lock is not taken, nothing is stored. after: the request has taken effect, the answer has not left.
    std::string when = "before";
};

struct false_reply
{
    int status = 503;
    std::string body = "<html><body>503 Service Unavailable</body></html>";
    std::string content_type = "text/html";
    std::map<std::string, std::string> headers{};
};

struct rule : request_match
{
    std::string action;          // hold, reply, drop, delay; when the answer leaves: cut, patch
    false_reply answer{};        // for reply
    std::size_t bytes{};         // for cut: bytes of the body
    duration wait{};             // for delay
    json patch = json::array();  // for patch: a JSON patch (RFC 6902) of the body

    std::uint64_t hits = 0;
    std::regex pattern{};
};

struct request_kind
{
    std::string service;
    std::string region;
    std::string method;
    std::string path;  // and query
};

class rule_book
{
public:
    // Throws std::invalid_argument or std::regex_error for an invalid rule.
    void add(rule wanted);
    void clear() { rules_.clear(); }

    // The first rule that is due for this request. Counts the request on every matching rule up to that one.
    const rule* match(const request_kind& asked);

private:
    std::vector<rule> rules_;
};

// Whether service, region, method and path fit.
bool matches(const request_match& wanted, const std::regex& path, const request_kind& asked);

}  // namespace cloudsim
