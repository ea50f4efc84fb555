#include "api/texts.hpp"

#include "api/http_status.hpp"
#include "support/percent.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace api {

std::string in_quotes(std::string_view text)
{
    return "\"" + support::clean(text, longest_quote) + "\"";
}

std::unexpected<failure> bad_field(const std::string& field, const std::string& what, std::string details)
{
    return fail(http::bad_request, field + ": " + what, std::move(details));
}

std::string decoded(std::string_view text)
{
    return support::percent_decode(text).value_or(std::string(text));
}

result<std::optional<std::string>> header_of(const std::vector<net::header>& headers, const std::string& name)
{
    const auto is_it = [&](const net::header& header) { return net::same_name(header.name, name); };
    const auto times = std::ranges::count_if(headers, is_it);
    if (times > 1)
    {
        return bad_field(name, "the header is given twice", "Send the header once.");
    }
    return times == 0 ? std::nullopt : std::optional<std::string>(net::find_header(headers, name));
}

std::vector<std::string_view> split(std::string_view text, char at)
{
    std::vector<std::string_view> parts;
    for (;;)
    {
        const auto end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
        {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace api
