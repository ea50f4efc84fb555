#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// An id of Kubernetes or OpenStack in 16 bytes (RFC 9562).
// Not Boost.UUID, because its parser throws and accepts braces.
namespace support {

class uuid
{
public:
    constexpr uuid() = default;  // nil

    // Reads 8-4-4-4-12 hexadecimal digits of either case; empty for any other text.
    static std::optional<uuid> parse(std::string_view text);

    // Lower case, with dashes.
    std::string str() const;

    bool is_nil() const { return *this == uuid(); }

    friend auto operator<=>(const uuid&, const uuid&) = default;

    std::size_t hash() const;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace support

template <>
struct std::hash<support::uuid>
{
    std::size_t operator()(const support::uuid& id) const { return id.hash(); }
};
