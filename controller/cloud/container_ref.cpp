#include "cloud/container_ref.hpp"

#include "support/interned.hpp"

#include <algorithm>
#include <ostream>
#include <unordered_set>

namespace cloud {

struct container_ref::entry
{
    // The text; without the id at its end if the id is spelled in the usual way.
    support::interned begin;
    bool id_follows = false;
    std::optional<ref_kind> kind = {};  // empty: no URL of a certificate service
    support::uuid id = {};
    mutable std::uint32_t holders = 0;

    bool operator==(const entry& other) const
    {
        return begin == other.begin && id_follows == other.id_follows && id == other.id;
    }
};

namespace {

constexpr std::size_t uuid_length = 36;

struct entry_hash
{
    std::size_t operator()(const container_ref::entry& entry) const noexcept
    {
        return entry.kind ? entry.id.hash() : entry.begin.hash();
    }
};

using entries = std::unordered_set<container_ref::entry, entry_hash>;

// Never destroyed, so that holders with static lifetime may outlive it.
entries& table()
{
    static auto& all = *new entries;
    return all;
}

bool starts_with_scheme(std::string_view text, std::string_view scheme)
{
    const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return text.size() >= scheme.size() && std::ranges::equal(text.substr(0, scheme.size()), scheme, equal);
}

// Takes the last segment of `path` off, with the '/' in front of it.
std::string_view take_last_segment(std::string_view& path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos)
    {
        return {};
    }
    const auto segment = path.substr(slash + 1);
    path.remove_suffix(segment.size() + 1);
    return segment;
}

std::optional<ref_name> parse(std::string_view text)
{
    std::string_view rest = text;
    const std::size_t scheme = starts_with_scheme(rest, "https://")  ? 8
                               : starts_with_scheme(rest, "http://") ? 7
                                                                     : 0;
    const auto odd = [](unsigned char c) { return c <= ' ' || c >= 0x7F || c == '?' || c == '#'; };
    if (scheme == 0 || std::ranges::any_of(rest, odd))
    {
        return std::nullopt;
    }
    rest.remove_prefix(scheme);
    while (rest.ends_with('/'))
    {
        rest.remove_suffix(1);
    }
    const auto id = support::uuid::parse(take_last_segment(rest));
    const auto kind = take_last_segment(rest);
    const auto version = take_last_segment(rest);
    if (!id || (kind != "containers" && kind != "secrets") || version != "v1" || rest.empty() ||
        rest.starts_with('/'))
    {
        return std::nullopt;
    }
    return ref_name{kind == "containers" ? ref_kind::container : ref_kind::secret, *id};
}

container_ref::entry entry_of(std::string_view text)
{
    const auto name = parse(text);
    if (!name)
    {
        return {.begin = support::interned(text)};
    }
    const bool id_follows = text.ends_with(name->id.str());
    const auto begin = id_follows ? text.substr(0, text.size() - uuid_length) : text;
    return {support::interned(begin), id_follows, name->kind, name->id};
}

}  // namespace

container_ref::container_ref(std::string_view text)
{
    if (text.empty())
    {
        return;
    }
    entry_ = &*table().insert(entry_of(text)).first;
}

std::string container_ref::str() const
{
    return !entry_ ? std::string() : entry_->begin.str() + (entry_->id_follows ? entry_->id.str() : "");
}

std::optional<ref_name> container_ref::name() const
{
    return entry_ && entry_->kind ? std::optional(ref_name{*entry_->kind, entry_->id}) : std::nullopt;
}

bool container_ref::names(const support::uuid& id) const
{
    return entry_ && entry_->kind && entry_->id == id;
}

bool operator==(const container_ref& a, const container_ref& b)
{
    return a.spelled_as(b) || (a.entry_ && b.entry_ && a.entry_->kind && a.entry_->kind == b.entry_->kind &&
                               a.entry_->id == b.entry_->id);
}

std::weak_ordering operator<=>(const container_ref& a, const container_ref& b)
{
    const auto name_of_a = a.name();
    const auto name_of_b = b.name();
    return name_of_a || name_of_b ? name_of_a <=> name_of_b : a.str() <=> b.str();
}

std::size_t container_ref::hash() const
{
    return entry_ ? entry_hash()(*entry_) : 0;
}

std::ostream& operator<<(std::ostream& out, const container_ref& ref)
{
    return out << ref.str();
}

std::size_t container_ref::kept()
{
    return table().size();
}

void intrusive_ptr_add_ref(const container_ref::entry* kept)
{
    ++kept->holders;
}

void intrusive_ptr_release(const container_ref::entry* kept)
{
    if (--kept->holders == 0)
    {
        table().erase(table().find(*kept));
    }
}

}  // namespace cloud
