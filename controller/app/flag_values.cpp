#include "app/flag_values.hpp"

#include "api/request.hpp"
#include "support/go_duration.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <string_view>

namespace app {
namespace {

using support::errc;
using support::fail;

}  // namespace

support::result<support::duration> duration_between(
    const std::string& text, support::duration least, support::duration most
)
{
    auto value = support::parse_go_duration(text);
    if (value && (*value < least || *value > most))
    {
        return fail(
            errc::invalid,
            "must be from " + support::format_go_duration(least) + " to " +
                support::format_go_duration(most) + ", not " + text
        );
    }
    return value;
}

support::result<std::size_t> number_between(const std::string& text, std::size_t least, std::size_t most)
{
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number < least || number > most)
    {
        return fail(
            errc::invalid,
            "must be a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not \"" +
                text + "\""
        );
    }
    return number;
}

support::result<bool> yes_or_no(const std::string& text)
{
    if (text != "true" && text != "false")
    {
        return fail(errc::invalid, "must be true or false, not \"" + text + "\"");
    }
    return text == "true";
}

support::result<> check_namespaces(const std::vector<std::string>& names, const std::string& given_by)
{
    for (const std::string& name : names)
    {
        if (!api::is_namespace(name))
        {
            return fail(
                errc::invalid,
                given_by + ": \"" + name + "\" is not a namespace name (lower-case letters, digits and -)"
            );
        }
    }
    return {};
}

std::vector<std::string> split_at_commas(const std::string& list)
{
    std::vector<std::string> parts;
    for (const auto part : std::views::split(list, ','))
    {
        parts.emplace_back(part.begin(), part.end());
    }
    return parts;
}

}  // namespace app
