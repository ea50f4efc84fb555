#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <string>
#include <vector>

// Reads the values of flags. Errors: invalid, without the name of the flag unless it is given.
namespace app {

support::result<support::duration> duration_between(
    const std::string& text, support::duration least, support::duration most
);

support::result<std::size_t> number_between(const std::string& text, std::size_t least, std::size_t most);

// "true" or "false".
support::result<bool> yes_or_no(const std::string& text);

std::vector<std::string> split_at_commas(const std::string& list);

support::result<> check_namespaces(const std::vector<std::string>& names, const std::string& given_by);

}  // namespace app
