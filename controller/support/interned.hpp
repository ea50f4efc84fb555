#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

// A text that many objects share: stored once, 4 bytes for each holder, freed with the last holder.
// For regions, namespaces, messages and the like; not for secrets. For one thread alone.
// Not Boost.Flyweight, because its headers would be heavy in this, the most included header of the program.
namespace support {

class interned
{
public:
    interned() = default;  // the empty text
    explicit interned(std::string_view text);
    interned(const interned& other);
    interned(interned&& other) noexcept : place_(std::exchange(other.place_, 0)) {}
    interned& operator=(interned other) noexcept
    {
        std::swap(place_, other.place_);
        return *this;
    }
    ~interned()
    {
        if (place_ != 0)
        {
            release();
        }
    }

    // Holds as long as the text has a holder.
    std::string_view view() const;
    std::string str() const { return std::string(view()); }
    bool empty() const { return place_ == 0; }

    // Compares the places, because equal texts share one.
    bool operator==(const interned& other) const { return place_ == other.place_; }
    std::strong_ordering operator<=>(const interned& other) const
    {
        return place_ == other.place_ ? std::strong_ordering::equal : view() <=> other.view();
    }
    std::size_t hash() const { return std::hash<std::uint32_t>()(place_); }

    // The number of different texts that are stored (for tests and metrics).
    static std::size_t kept();

private:
    void release() noexcept;

    std::uint32_t place_ = 0;  // in the table of texts; 0: the empty text
};

}  // namespace support

template <>
struct std::hash<support::interned>
{
    std::size_t operator()(const support::interned& text) const { return text.hash(); }
};
