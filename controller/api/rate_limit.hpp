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

// Counts the requests of each token in each minute. A token has a count of its own once Kubernetes has
// accepted it; all others share one count, so that made-up tokens need no memory and lock nobody out who is
// known. Of a token only a digest is kept, until it is idle for an hour.
class rate_limit
{
public:
    // `most` requests of a token a minute; 0: no limit. The tokens that are not known share ten times as
    // many.
    explicit rate_limit(std::size_t most) : most_(most) {}

    struct count
    {
        bool admitted = true;
        bool known = true;  // the token has a count of its own
        std::size_t remaining = 0;
        std::chrono::seconds until_reset{};  // rounded up
    };
    count add(const support::secret& token, support::time_point now);

    // Kubernetes has accepted the token.
    void accept(const support::secret& token, support::time_point now);

    // X-RateLimit-Limit, -Remaining and -Reset (Unix seconds), as the API has them on each answer. None
    // without a limit.
    std::vector<net::header> headers(const count& counted, support::wall_time now) const;

private:
    struct known_token
    {
        std::size_t requests = 0;
        support::time_point last{};
    };

    void begin_minute(support::time_point now);

    std::size_t most_;
    support::time_point minute_ends_{};
    std::size_t of_unknown_ = 0;
    std::unordered_map<std::string, known_token> known_;  // by digest
};

}  // namespace api
