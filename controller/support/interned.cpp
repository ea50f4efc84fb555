#include "support/interned.hpp"

#include <unordered_map>

namespace support {

struct interned::entry
{
    // A view of the key in table(); the key does not move while it is in the table.
    std::string_view text;
    std::size_t holders = 0;
};

namespace {

struct text_hash
{
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

using entries = std::unordered_map<std::string, interned::entry, text_hash, std::equal_to<>>;

// The table is never destroyed, because holders with static lifetime may outlive main().
entries& table()
{
    static auto& texts = *new entries;
    return texts;
}

}  // namespace

interned::interned(std::string_view text)
{
    if (text.empty())
    {
        return;
    }
    auto it = table().find(text);
    if (it == table().end())
    {
        it = table().try_emplace(std::string(text)).first;
        it->second.text = it->first;
    }
    entry_ = &it->second;
    ++entry_->holders;
}

interned::interned(const interned& other) : entry_(other.entry_)
{
    if (entry_ != nullptr)
    {
        ++entry_->holders;
    }
}

interned::~interned()
{
    if (entry_ != nullptr && --entry_->holders == 0)
    {
        table().erase(table().find(entry_->text));
    }
}

std::string_view interned::view() const
{
    return entry_ == nullptr ? std::string_view() : entry_->text;
}

std::size_t interned::kept()
{
    return table().size();
}

}  // namespace support
