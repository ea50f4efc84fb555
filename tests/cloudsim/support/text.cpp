#include "cloudsim/support/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <openssl/evp.h>

#include <array>
#include <cctype>
#include <ctime>

namespace cloudsim {

namespace {

char lower(char c)
{
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

}  // namespace

std::string python_repr(const std::vector<std::string>& items)
{
    std::string result = "[";
    for (const auto& item : items)
    {
        const char quote = item.contains('\'') && !item.contains('"') ? '"' : '\'';
        result += result.size() > 1 ? ", " : "";
        result += quote + item + quote;
    }
    return result + "]";
}

std::string member_text(const json& value, std::string_view name)
{
    const auto member = value.is_object() ? value.find(name) : value.end();
    return member != value.end() && member->is_string() ? member->get<std::string>() : "";
}

json text_or_null(const std::optional<std::string>& text)
{
    return text ? json(*text) : json(nullptr);
}

std::string iso_time(wall_time when)
{
    const auto seconds = std::chrono::system_clock::to_time_t(when);
    std::tm fields{};
    ::gmtime_r(&seconds, &fields);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields)};
}

std::string keystone_time(wall_time when)
{
    return iso_time(when) + ".000000Z";
}

std::optional<wall_time> parse_time(std::string_view text)
{
    std::tm fields{};
    return ::strptime(std::string(text).c_str(), "%Y-%m-%dT%H:%M:%S", &fields) == nullptr
               ? std::nullopt
               : std::optional(std::chrono::system_clock::from_time_t(::timegm(&fields)));
}

std::string to_lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

bool is_uuid(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
        {
            return false;
        }
    }
    return text.size() == 36;
}

bool target::is(const std::vector<std::string_view>& pattern) const
{
    return std::ranges::equal(pattern, segments, [](std::string_view wanted, const std::string& segment) {
        return wanted == "*" || wanted == segment;
    });
}

target parse_target(std::string_view text)
{
    target result;
    const auto url = boost::urls::parse_origin_form(text);
    if (!url)
    {
        return result;
    }
    for (const std::string segment : url->segments())
    {
        if (!segment.empty())
        {
            result.segments.push_back(segment);
        }
    }
    for (const auto& parameter : url->params())
    {
        result.query[parameter.key] = parameter.value;
        result.parameters.emplace_back(parameter.key, parameter.value);
    }
    return result;
}

std::string authority_of(const std::string& url)
{
    return std::string(boost::urls::url_view(url).encoded_authority());
}

std::optional<std::string> base64_decode(std::string_view text)
{
    std::string result(text.size(), '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(result.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size())
    );
    if (size < 0)
    {
        return std::nullopt;
    }
    // OpenSSL decodes the padding to zeros.
    const auto padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    result.resize(static_cast<std::size_t>(size - padding));
    return result;
}

}  // namespace cloudsim
