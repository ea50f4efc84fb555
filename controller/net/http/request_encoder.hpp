#pragma once

#include "net/http/http.hpp"
#include "net/http/wiped.hpp"
#include "support/error.hpp"

#include <string_view>

namespace net {

// Encodes the whole request for the wire (HTTP/1.1, RFC 9112). errc::invalid if a part of the request could
// be read as something else (a line end in a header value), or if a header is one that the encoder writes
// itself.
support::result<wiped_string> encode_request(const http_request& request, std::string_view user_agent);

}  // namespace net
