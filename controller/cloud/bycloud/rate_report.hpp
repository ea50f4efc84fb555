#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace cloud::bycloud {

// What one answer says about the limits of its credential (https://docs.bycoded.cloud/api/rate-limits). A
// header that is missing or malformed leaves its field empty.
struct rate_report
{
    bool over_limit = false;                            // 429
    std::optional<support::duration> retry_after = {};  // Retry-After, an hour at most
    std::optional<std::uint32_t> limit = {};            // X-RateLimit-Limit
    std::optional<std::uint32_t> remaining = {};        // X-RateLimit-Remaining
    // X-RateLimit-Reset, which is in Unix seconds, as the time until then by the cloud's own clock (Date),
    // else by `wall`; two hours at most.
    std::optional<support::duration> reset_in = {};

    bool operator==(const rate_report&) const = default;
};

rate_report read_rate_report(const net::http_response& answer, support::wall_time wall);

// Retry-After in seconds, an hour at most; a date counts as a minute. Empty if there is none.
std::optional<support::duration> pause_of(const std::vector<net::header>& headers);

}  // namespace cloud::bycloud
