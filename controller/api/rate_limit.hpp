#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"
#include "support/secret.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace api {

// Counts the requests of each token in each minute. Of a token only a digest is kept, for that minute.
class rate_limit
{
public:
    // `most` requests a minute; 0: no limit.
    explicit rate_limit(std::size_t most) : most_(most) {}

    struct count
    {
        bool admitted = true;
        std::size_t remaining = 0;
        std::chrono::seconds until_reset{};  // rounded up
    };
    count add(const support::secret& token, support::time_point now);

    // X-RateLimit-Limit, -Remaining and -Reset (Unix seconds), as the API has them on each answer. None
    // without a limit.
    std::vector<net::header> headers(const count& counted, support::wall_time now) const;

private:
    std::size_t most_;
    support::time_point minute_ends_{};
    std::unordered_map<std::string, std::size_t> requests_;  // by digest
};

}  // namespace api
