#pragma once

#include "net/http/url.hpp"
#include "support/error.hpp"

#include <string>
#include <vector>

namespace cloud::openstack {

// The URLs to which the clouds.yaml of a tenant may send requests. A URL is admitted if it equals one of
// these or lies below it, with the same scheme, host and port. A path that servers may read in different ways
// is never admitted.
class allowed_urls
{
public:
    // `texts` are URLs; "*" admits every http and https URL. Errors: invalid.
    static support::result<allowed_urls> parse(const std::vector<std::string>& texts);

    explicit allowed_urls(std::vector<net::url> urls) : urls_(std::move(urls)) {}

    bool admit(const net::url& url) const;

private:
    std::vector<net::url> urls_;
    bool any_ = false;
};

}  // namespace cloud::openstack
