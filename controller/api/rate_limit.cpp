#include "api/rate_limit.hpp"

#include "net/certificates/sha256.hpp"

#include <algorithm>
#include <utility>

namespace api {
namespace {

using namespace std::chrono_literals;

// Further tokens stay with those that are not known.
constexpr std::size_t most_known = 10'000;
constexpr std::size_t share_of_unknown = 10;
constexpr support::duration kept = 1h;

}  // namespace

void rate_limit::begin_minute(support::time_point now)
{
    minute_ends_ = now + 1min;
    of_unknown_ = 0;
    std::erase_if(known_, [&](const auto& each) { return now - each.second.last > kept; });
    for (auto& [digest, token] : known_)
    {
        token.requests = 0;
    }
}

rate_limit::count rate_limit::add(const support::secret& token, support::time_point now)
{
    if (most_ == 0)
    {
        return {};
    }
    if (now >= minute_ends_)
    {
        begin_minute(now);
    }
    const auto known = known_.find(net::sha256_hex(token.reveal()));
    count counted;
    counted.known = known != known_.end();
    std::size_t& requests = counted.known ? known->second.requests : of_unknown_;
    const std::size_t most = counted.known ? most_ : share_of_unknown * most_;
    counted.admitted = requests < most;
    requests += counted.admitted ? 1 : 0;
    // Of one that is not known: what it has if Kubernetes accepts it.
    counted.remaining = std::min(most - requests, counted.known ? most : most_ - 1);
    counted.until_reset = std::chrono::ceil<std::chrono::seconds>(minute_ends_ - now);
    return counted;
}

void rate_limit::accept(const support::secret& token, support::time_point now)
{
    if (most_ == 0)
    {
        return;
    }
    std::string digest = net::sha256_hex(token.reveal());
    if (const auto known = known_.find(digest); known != known_.end())
    {
        known->second.last = now;
    }
    else if (known_.size() < most_known)
    {
        known_.emplace(std::move(digest), known_token{1, now});
    }
}

std::vector<net::header> rate_limit::headers(const count& counted, support::wall_time now) const
{
    if (most_ == 0)
    {
        return {};
    }
    const auto reset = (now + counted.until_reset).time_since_epoch().count();
    return {
        {"X-RateLimit-Limit", std::to_string(most_)},
        {"X-RateLimit-Remaining", std::to_string(counted.remaining)},
        {"X-RateLimit-Reset", std::to_string(reset)},
    };
}

}  // namespace api
