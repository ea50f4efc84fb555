#include "net/http/http.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <charconv>

namespace net {
namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view find_header(const std::vector<header>& headers, std::string_view name)
{
    const auto it =
        std::ranges::find_if(headers, [name](const header& field) { return same_name(field.name, name); });
    return it == headers.end() ? std::string_view() : std::string_view(it->value);
}

std::string redirect_target(const std::vector<header>& headers)
{
    constexpr std::size_t longest = 200;
    std::string target(find_header(headers, "Location"));
    target.resize(std::min(target.find_first_of("?#"), target.size()));
    if (const auto user_info = target.rfind('@'); user_info != std::string::npos)
    {
        const auto authority = target.find("//");
        const auto begin = authority < user_info ? authority + 2 : 0;
        target.erase(begin, user_info + 1 - begin);
    }
    return support::clean(target, longest);
}

std::optional<std::chrono::seconds> retry_after(const std::vector<header>& headers)
{
    constexpr std::chrono::seconds longest{60};
    const auto value = find_header(headers, "Retry-After");
    unsigned seconds = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (failed == std::errc::result_out_of_range || value.ends_with(" GMT"))
    {
        return longest;
    }
    if (failed != std::errc() || end != value.data() + value.size())
    {
        return std::nullopt;
    }
    return std::min(longest, std::chrono::seconds(seconds));
}

}  // namespace net
