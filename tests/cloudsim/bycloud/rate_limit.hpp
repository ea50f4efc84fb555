#pragma once

#include "cloudsim/bycloud/credentials.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

// The rate limits of ByCloud: requests of one credential in a minute and in an hour.
namespace cloudsim::bycloud {

struct limits
{
    std::uint64_t per_minute = 0;
    std::uint64_t per_hour = 0;
};

// The limits of a tier: standard, professional, enterprise, or "PER_MINUTE/PER_HOUR". Empty: off, no limits.
// Throws std::invalid_argument for another text.
std::optional<limits> limits_of(const std::string& tier);

struct verdict
{
    bool admitted = true;
    duration wait{};        // until the next request is admitted
    header_list headers{};  // X-RateLimit-...; none while limits are off
};

struct usage
{
    std::uint64_t admitted = 0;
    std::uint64_t limited = 0;  // answered with 429
};

class rate_limiter
{
public:
    // A request arrives. An admitted one counts.
    verdict admit(const credential& who, const settings& config, const instant& now);
    // The headers of a request without a credential, which counts for nobody.
    static header_list headers_of_nobody(const settings& config, const instant& now);

    const std::map<std::string, usage>& totals() const { return totals_; }

private:
    std::map<std::string, std::deque<time_point>> admitted_;  // of the last hour, by credential
    std::map<std::string, usage> totals_;
};

}  // namespace cloudsim::bycloud
