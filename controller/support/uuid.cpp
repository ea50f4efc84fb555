#include "support/uuid.hpp"

namespace support {
namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
    {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f')
    {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F')
    {
        return c - 'A' + 10;
    }
    return -1;
}

bool dash_at(std::size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

std::optional<uuid> uuid::parse(std::string_view text)
{
    if (text.size() != 36)
    {
        return std::nullopt;
    }
    uuid id;
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (dash_at(i))
        {
            if (text[i] != '-')
            {
                return std::nullopt;
            }
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0)
        {
            return std::nullopt;
        }
        auto& byte = id.bytes_[nibble / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | value);
        ++nibble;
    }
    return id;
}

std::string uuid::str() const
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::uint8_t byte : bytes_)
    {
        if (dash_at(text.size()))
        {
            text += '-';
        }
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

std::size_t uuid::hash() const
{
    std::size_t h = 0xcbf29ce484222325;
    for (std::uint8_t byte : bytes_)
    {
        h = (h ^ byte) * 0x100000001b3;
    }
    return h;
}

}  // namespace support
