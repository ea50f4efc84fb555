#pragma once

#include "cloudsim/support/environment.hpp"

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

// Faults on demand: what is to happen to the k-th request of a kind, and when.
namespace cloudsim {

// Which requests; an empty text is any.
struct request_match
{
    std::string service{};  // identity, key-manager, load-balancer
    std::string region{};
    std::string method{};
    std::string path{};                      // a regular expression, searched in path and query
    std::uint64_t skip = 0;                  // so many pass first
    std::optional<std::uint64_t> times = 1;  // empty: all
    // before: the service has not seen the request. during: of a listener's PUT, its refs were looked at, the
    // lock is not taken, nothing is stored. after: it has taken effect, the answer has not left.
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
    std::string action;    // hold, reply, drop, cut (whenever it leaves), delay
    false_reply answer{};  // of reply
    std::size_t bytes{};   // of the body, of cut
    duration wait{};       // of delay

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
    // Throws std::invalid_argument (or std::regex_error) for what it does not know.
    void add(rule wanted);
    void clear() { rules_.clear(); }

    // Of all rules the first that this request is for; counts it on every rule that it matches until then.
    const rule* match(const request_kind& asked);

private:
    std::vector<rule> rules_;
};

// Whether service, region, method and path fit.
bool matches(const request_match& wanted, const std::regex& path, const request_kind& asked);

}  // namespace cloudsim
