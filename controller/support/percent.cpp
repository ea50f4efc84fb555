#include "support/percent.hpp"

#include "support/secret.hpp"

#include <charconv>

namespace support {

std::optional<std::string> percent_decode(std::string_view text)
{
    constexpr int hexadecimal = 16;
    std::string decoded;
    decoded.reserve(text.size());  // so that no copy of a part is left behind
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '%')
        {
            decoded += text[i];
            continue;
        }
        unsigned char byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const char* end = digits.data() + digits.size();
        const auto [read, failed] = std::from_chars(digits.data(), end, byte, hexadecimal);
        if (digits.size() != 2 || failed != std::errc() || read != end)
        {
            wipe(decoded);
            return std::nullopt;
        }
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

}  // namespace support
