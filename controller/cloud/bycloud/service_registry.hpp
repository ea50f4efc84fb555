#pragma once

#include "cloud/bycloud/service_entry.hpp"
#include "cloud/credentials.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cloud::bycloud {

// The credentials in use, one for each content: whoever acts with the same key shares its budget.
class service_registry
{
public:
    // All references must outlive the registry and its credentials. `timeout`: of a read.
    service_registry(
        net::http_client& http,
        support::clock& clock,
        support::random_engine& random,
        support::duration timeout
    )
        : http_(http), clock_(clock), random_(random), timeout_(timeout)
    {}

    // `http`: what a new credential sends with; null: what all share.
    std::shared_ptr<credential> share(
        service_entry entry, const std::function<std::unique_ptr<net::http_client>()>& http = {}
    );

private:
    net::http_client& http_;
    support::clock& clock_;
    support::random_engine& random_;
    support::duration timeout_;
    std::map<std::string, std::weak_ptr<credential>> known_;  // by id
    std::size_t clean_at_ = 64;  // known_ of this size is cleaned of what is gone
};

}  // namespace cloud::bycloud
