#include "support/text.hpp"

#include <utility>

namespace support {
namespace {

// The length of the well-formed UTF-8 sequence at the front of `text`; 0 if there is none (RFC 3629 section
// 4).
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80)
    {
        return 1;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
    {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i)
    {
        if ((byte(i) & 0xC0) != 0x80)
        {
            return 0;
        }
    }
    const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool beyond = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
    return overlong || beyond ? 0 : length;
}

// C0 and C1 controls, DEL, the line and paragraph separators U+2028 and U+2029, and the bidirectional
// controls U+202A .. U+202E and U+2066 .. U+2069 (https://www.unicode.org/reports/tr9/, section 2).
bool is_control(std::string_view character)
{
    const auto lead = static_cast<unsigned char>(character.front());
    if (character.size() == 1)
    {
        return lead < 0x20 || lead == 0x7F;
    }
    const auto second = static_cast<unsigned char>(character[1]);
    if (character.size() == 2)
    {
        return lead == 0xC2 && second < 0xA0;
    }
    const auto third = static_cast<unsigned char>(character[2]);
    return lead == 0xE2 && ((second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
                            (second == 0x81 && third >= 0xA6 && third <= 0xA9));
}

}  // namespace

std::string clean(std::string_view text, std::size_t limit)
{
    constexpr std::string_view ellipsis = "...";
    std::string cleaned;
    // Where to cut so that the ellipsis still fits.
    std::size_t cut = 0;
    // Whether a space stands before the next character, unless that is the first one.
    bool space = false;
    while (!text.empty())
    {
        const std::size_t length = sequence_length(text);
        const std::string_view character = length == 0 ? std::string_view("?") : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
        if (character == " " || is_control(character))
        {
            space = !cleaned.empty();
            continue;
        }
        if (cleaned.size() + (space ? 1 : 0) + character.size() > limit)
        {
            cleaned.resize(cut);
            cleaned += ellipsis;
            break;
        }
        if (std::exchange(space, false))
        {
            cleaned += ' ';
        }
        cleaned += character;
        if (cleaned.size() + ellipsis.size() <= limit)
        {
            cut = cleaned.size();
        }
    }
    return cleaned;
}

bool is_utf8(std::string_view text)
{
    while (!text.empty())
    {
        const std::size_t length = sequence_length(text);
        if (length == 0)
        {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string text;
    for (const std::string& part : parts)
    {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

}  // namespace support
