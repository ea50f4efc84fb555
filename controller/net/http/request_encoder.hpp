#pragma once

#include "net/http/http.hpp"
#include "net/http/wiped.hpp"
#include "support/error.hpp"

#include <string_view>

namespace net {

// The whole request as it goes over the wire (HTTP/1.1, RFC 9112). errc::invalid if a part of it could be
// taken for something else (a line end in a header value), or names a header that is ours to write.
support::result<wiped_string> encode_request(const http_request& request, std::string_view user_agent);

}  // namespace net
