#pragma once

#include "net/http/http.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

// URLs of configuration and catalogs (RFC 3986), parsed by Boost.URL.
namespace net {

struct url
{
    net::origin origin;
    std::string path;   // percent-encoded, without a trailing '/'; empty for the root
    std::string query;  // percent-encoded, without '?'

    std::string str() const;
};

// Reads an absolute http or https URL; a URL with user info or a fragment is refused.
support::result<url> parse_url(std::string_view text);

// Encodes `text` as one path segment or query value: every character that is not unreserved becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace net
