#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

// A text that many objects share: stored once, 8 bytes for each holder, freed with the last holder.
// For regions, namespaces, container refs and the like; not for secrets. For one thread alone.
// Not Boost.Flyweight, because its headers would be heavy in this, the most included header of the program.
namespace support {

class interned
{
public:
    interned() = default;  // the empty text
    explicit interned(std::string_view text);
    interned(const interned& other);
    interned(interned&& other) noexcept : entry_(other.entry_) { other.entry_ = nullptr; }
    interned& operator=(interned other) noexcept
    {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~interned();

    std::string_view view() const;
    std::string str() const { return std::string(view()); }
    bool empty() const { return entry_ == nullptr; }

    // Compares the entries, because equal texts share one.
    bool operator==(const interned& other) const { return entry_ == other.entry_; }
    std::strong_ordering operator<=>(const interned& other) const { return view() <=> other.view(); }
    std::size_t hash() const { return std::hash<const void*>()(entry_); }

    // The number of different texts that are stored (for tests and metrics).
    static std::size_t kept();

    struct entry;

private:
    entry* entry_ = nullptr;
};

}  // namespace support

template <>
struct std::hash<support::interned>
{
    std::size_t operator()(const support::interned& text) const { return text.hash(); }
};
