#include "api/texts.hpp"

#include "api/http_status.hpp"
#include "support/text.hpp"

#include <utility>

namespace api {
namespace {

constexpr std::size_t longest_quote = 64;

int hex_value(char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto at = digits.find(lower);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string in_quotes(std::string_view text)
{
    return "\"" + support::clean(text, longest_quote) + "\"";
}

std::unexpected<failure> bad_field(const std::string& field, const std::string& what, std::string details)
{
    return fail(http::bad_request, field + ": " + what, std::move(details));
}

std::string percent_decode(std::string_view text)
{
    constexpr int hex_base = 16;
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0)
        {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * hex_base + low);
        i += 2;
    }
    return decoded;
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
