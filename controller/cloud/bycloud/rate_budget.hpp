#pragma once

#include "cloud/binding_service.hpp"
#include "cloud/bycloud/rate_report.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <deque>
#include <optional>

// How many requests the cloud admits for one credential, without I/O
// (https://docs.bycoded.cloud/api/rate-limits): so many in a minute, and so many in an hour.
namespace cloud::bycloud {

// The requests that were sent in the last `length`, counted so coarsely that none is forgotten too soon.
class sent_requests
{
public:
    explicit sent_requests(support::duration length);

    void add(support::time_point now);
    std::uint32_t count(support::time_point now) const;
    // The earliest time at which fewer than `allowed` count; needs allowed > 0.
    support::time_point below(std::uint32_t allowed, support::time_point now) const;

private:
    struct bucket
    {
        support::time_point since;
        std::uint32_t count = 0;
    };

    bool counts(const bucket& old, support::time_point now) const;

    support::duration length_;
    support::duration width_;  // of a bucket
    std::deque<bucket> buckets_;
};

// Flow: sent() before each request, answered() or lost() after it; ready_at() says when the next one of a
//   purpose may be sent.
// Guarantees: of the requests that sent() counted, never more than the limit are within any minute or hour,
//   and none is sent before a Retry-After has passed or after the cloud said that none remains.
// Assumptions: until an answer says more, the limits are those of the lowest tier. The pages do not say which
//   window the headers describe: one that ends in more than a minute is the hour.
// Caveats: the requests of other programs with the same credential are known only as far as
//   X-RateLimit-Remaining tells.
class rate_budget
{
public:
    rate_budget();

    // When a request for this purpose may be sent; `now` or earlier: at once. Later purposes leave a share of
    // each window to the earlier ones.
    support::time_point ready_at(purpose what_for, support::time_point now) const;

    void sent(support::time_point now);
    void answered(const rate_report& report, support::time_point now);
    void lost();  // the request has ended without an answer

    // How many requests may be sent at once.
    std::uint32_t left(support::time_point now) const;
    std::uint32_t minute_limit() const { return minute_.limit; }
    std::uint32_t hour_limit() const { return hour_.limit; }

private:
    // What the cloud said about a window: so many remain until then.
    struct told
    {
        std::uint32_t remaining = 0;
        support::time_point until;
    };
    struct window
    {
        std::uint32_t limit = 0;
        sent_requests sent;
        std::optional<told> said = {};
        bool is_known = false;  // an answer told this limit

        std::uint32_t left(support::time_point now) const;
        support::time_point ready_at(std::uint32_t kept, support::time_point now) const;
    };

    void learn(const rate_report& report, support::time_point now);
    bool is_hour(const rate_report& report, support::time_point now);

    window minute_;
    window hour_;
    support::time_point blocked_until_{};
    std::uint32_t in_flight_ = 0;
    // The end of the window that the last answer with the same limit named.
    std::optional<support::time_point> last_reset_;
};

}  // namespace cloud::bycloud
