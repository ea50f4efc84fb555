#include "cloud/container_ref.hpp"

#include <algorithm>
#include <ostream>
#include <unordered_set>

namespace cloud {

struct container_ref::entry
{
    std::string text;
    std::optional<ref_name> name;
    mutable std::uint32_t holders = 0;
};

namespace {

struct entry_hash
{
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    std::size_t operator()(const container_ref::entry& entry) const { return (*this)(entry.text); }
};

struct entry_equal
{
    using is_transparent = void;
    bool operator()(const container_ref::entry& a, const container_ref::entry& b) const
    {
        return a.text == b.text;
    }
    bool operator()(std::string_view a, const container_ref::entry& b) const { return a == b.text; }
    bool operator()(const container_ref::entry& a, std::string_view b) const { return a.text == b; }
};

using entries = std::unordered_set<container_ref::entry, entry_hash, entry_equal>;

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

}  // namespace

container_ref::container_ref(std::string_view text)
{
    if (text.empty())
    {
        return;
    }
    auto kept = table().find(text);
    if (kept == table().end())
    {
        kept = table().insert(entry{.text = std::string(text), .name = parse(text)}).first;
    }
    entry_ = &*kept;
}

std::string_view container_ref::view() const
{
    return entry_ ? std::string_view(entry_->text) : std::string_view();
}

std::optional<ref_name> container_ref::name() const
{
    return entry_ ? entry_->name : std::nullopt;
}

bool container_ref::names(const support::uuid& id) const
{
    return entry_ && entry_->name && entry_->name->id == id;
}

bool operator==(const container_ref& a, const container_ref& b)
{
    return a.spelled_as(b) || (a.entry_ && b.entry_ && a.entry_->name && a.entry_->name == b.entry_->name);
}

std::weak_ordering operator<=>(const container_ref& a, const container_ref& b)
{
    const auto name_of_a = a.name();
    const auto name_of_b = b.name();
    return name_of_a || name_of_b ? name_of_a <=> name_of_b : a.view() <=> b.view();
}

std::size_t container_ref::hash() const
{
    return entry_ && entry_->name ? entry_->name->id.hash() : std::hash<std::string_view>()(view());
}

std::ostream& operator<<(std::ostream& out, const container_ref& ref)
{
    return out << ref.view();
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
