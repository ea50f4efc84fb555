#include "api/rate_limit.hpp"

#include "net/certificates/sha256.hpp"

namespace api {
namespace {

using namespace std::chrono_literals;

// Further tokens of a minute are counted together, so that made-up tokens need no memory.
constexpr std::size_t most_tokens = 10'000;

}  // namespace

rate_limit::count rate_limit::add(const support::secret& token, support::time_point now)
{
    if (most_ == 0)
    {
        return {};
    }
    if (now >= minute_ends_)
    {
        minute_ends_ = now + 1min;
        requests_.clear();
    }
    std::string digest = net::sha256_hex(token.reveal());
    if (requests_.size() >= most_tokens && !requests_.contains(digest))
    {
        digest.clear();
    }
    std::size_t& requests = requests_[digest];
    count counted;
    counted.admitted = requests < most_;
    requests += counted.admitted ? 1 : 0;
    counted.remaining = most_ - requests;
    counted.until_reset = std::chrono::ceil<std::chrono::seconds>(minute_ends_ - now);
    return counted;
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
