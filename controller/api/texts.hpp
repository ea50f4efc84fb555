#pragma once

#include "api/failure.hpp"
#include "net/http/http.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Small texts of requests and of answers about them.
namespace api {

// Of the bytes that an answer repeats from a request.
inline constexpr std::size_t longest_quote = 64;

// Fit for an answer, cut, in quotation marks.
std::string in_quotes(std::string_view text);

// The failure 400 about a field of the request.
std::unexpected<failure> bad_field(const std::string& field, const std::string& what, std::string details);

// Percent-decoded; as it is where a '%' begins no byte.
std::string decoded(std::string_view text);

// The value of a header that stands at most once. Failure: 400, the header is given twice.
result<std::optional<std::string>> header_of(
    const std::vector<net::header>& headers, const std::string& name
);

// The parts between the characters `at`; one part where there is none.
std::vector<std::string_view> split(std::string_view text, char at);

}  // namespace api
