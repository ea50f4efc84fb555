#pragma once

#include "api/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

// Small texts of requests and of answers about them.
namespace api {

// Fit for an answer, cut, in quotation marks.
std::string in_quotes(std::string_view text);

// The failure 400 about a field of the request.
std::unexpected<failure> bad_field(const std::string& field, const std::string& what, std::string details);

// A '%' that begins no byte stands for itself (RFC 3986 section 2.1).
std::string percent_decode(std::string_view text);

// The parts between the characters `at`; one part where there is none.
std::vector<std::string_view> split(std::string_view text, char at);

}  // namespace api
