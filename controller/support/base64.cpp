#include "support/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace support {
namespace {

// The value of a base64 digit, 0 to 63; empty for any other character.
std::optional<std::uint32_t> digit(char c)
{
    if (c >= 'A' && c <= 'Z')
    {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z')
    {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9')
    {
        return c - '0' + 52;
    }
    if (c == '+' || c == '/')
    {
        return c == '+' ? 62 : 63;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
    {
        return std::nullopt;
    }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    std::string bytes;
    // Reserved, because a reallocation would leave a copy of a secret behind.
    bytes.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text)
    {
        const auto value = digit(c);
        if (!value)
        {
            return std::nullopt;
        }
        bits = bits << 6 | *value;
        held += 6;
        if (held >= 8)
        {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xFF);
        }
    }
    return bytes;
}

std::string encode_base64(std::string_view bytes)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3)
    {
        std::uint32_t bits = 0;
        for (std::size_t i = at; i < at + 3; ++i)
        {
            bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
        }
        const std::size_t used = std::min<std::size_t>(bytes.size() - at, 3) + 1;
        for (std::size_t i = 0; i < 4; ++i)
        {
            text += i < used ? digits[bits >> (18 - 6 * i) & 0x3F] : '=';
        }
    }
    return text;
}

}  // namespace support
