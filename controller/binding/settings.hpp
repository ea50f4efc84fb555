#pragma once

#include "support/clock.hpp"

#include <vector>

namespace binding {

struct settings
{
    // Other controllers act on other bindings of the same cluster (--label-selector).
    bool divided = false;
    support::duration resync_period = std::chrono::minutes(10);
    support::duration write_deadline = std::chrono::seconds(30);  // of a PUT, besides per_ref
    support::duration per_ref = std::chrono::milliseconds(600);   // for each ref in its body
    support::duration settle =
        std::chrono::milliseconds(100);  // a PUT waits this long after the last arrival ...
    support::duration settle_at_most =
        std::chrono::seconds(2);  // ... but no longer than this after the first
    support::duration silent_wait =
        std::chrono::seconds(5);  // a change waits this long for its turn before statuses say so
    support::duration proof = std::chrono::seconds(5);  // between the two 404s that prove "gone" or "dead"
    support::duration replica_lag = std::chrono::seconds(2);  // between the two reads that prove a change
    support::duration fresh_certificate = std::chrono::seconds(10);  // age of the check of what a PUT adds
    support::duration fresh_lookup = std::chrono::seconds(60);       // age of the look-up of what a PUT keeps
    support::duration grace = std::chrono::minutes(5);  // in which what is not found may still be created
    support::duration pending_at_most =
        std::chrono::minutes(30);  // a load balancer that is PENDING for longer needs a person
    std::vector<int> expiry_warning_days{30, 14, 7, 3, 1};  // before the end of a certificate
};

}  // namespace binding
