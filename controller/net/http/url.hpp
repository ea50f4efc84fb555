#pragma once

#include "net/http/http.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

// URLs of configuration and catalogs (RFC 3986), with Boost.URL.
namespace net {

struct url
{
    net::origin origin;
    std::string path;   // percent-encoded, without a trailing '/'; empty for the root
    std::string query;  // percent-encoded, without '?'

    std::string str() const;
};

// Absolute http and https URLs only; user info and fragments are refused.
support::result<url> parse_url(std::string_view text);

// `text` as one path segment or query value: everything but unreserved characters percent-encoded.
std::string percent_encode(std::string_view text);

}  // namespace net
