#include "support/text.hpp"

namespace support {
namespace {

// The length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none (RFC 3629 section
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

}  // namespace

std::string clean(std::string_view text, std::size_t limit)
{
    constexpr std::string_view ellipsis = "...";
    std::string cleaned;
    std::size_t cut = 0;  // where to cut so that the ellipsis still fits
    while (!text.empty())
    {
        const std::size_t length = sequence_length(text);
        std::string_view piece = length == 0 ? std::string_view("?") : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
        const auto lead = static_cast<unsigned char>(piece.front());
        // C1 controls are the two-byte sequences C2 80 .. C2 9F.
        const bool control =
            lead < 0x20 || lead == 0x7F || (lead == 0xC2 && static_cast<unsigned char>(piece[1]) < 0xA0);
        if (control || piece == " ")
        {
            if (cleaned.empty() || cleaned.back() == ' ')
            {
                continue;
            }
            piece = " ";
        }
        if (cleaned.size() + piece.size() > limit)
        {
            cleaned.resize(cut);
            cleaned += ellipsis;
            return cleaned;
        }
        cleaned += piece;
        if (cleaned.size() + ellipsis.size() <= limit)
        {
            cut = cleaned.size();
        }
    }
    if (!cleaned.empty() && cleaned.back() == ' ')
    {
        cleaned.pop_back();
    }
    return cleaned;
}

}  // namespace support
