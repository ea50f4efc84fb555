#include "support/interned.hpp"

#include <unordered_map>

namespace support {

struct interned::entry
{
    std::string_view text;  // of the key in table(), whose address does not change
    std::size_t holders = 0;
};

namespace {

struct text_hash
{
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

using entries = std::unordered_map<std::string, interned::entry, text_hash, std::equal_to<>>;

// Never destroyed, so that holders with static lifetime may outlive it.
entries& table()
{
    static auto& all = *new entries;
    return all;
}

}  // namespace

interned::interned(std::string_view text)
{
    if (text.empty())
    {
        return;
    }
    auto found = table().find(text);
    if (found == table().end())
    {
        found = table().try_emplace(std::string(text)).first;
        found->second.text = found->first;
    }
    entry_ = &found->second;
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
