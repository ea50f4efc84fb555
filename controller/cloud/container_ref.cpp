#include "cloud/container_ref.hpp"

#include <algorithm>

namespace cloud {
namespace {

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

}  // namespace

std::string ref_name::str() const
{
    return (kind == ref_kind::container ? "containers/" : "secrets/") + id.str();
}

std::optional<ref_name> parse_container_ref(std::string_view container_ref)
{
    std::string_view rest = container_ref;
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

std::string ref_key(std::string_view container_ref)
{
    const auto name = parse_container_ref(container_ref);
    return name ? name->str() : std::string(container_ref);
}

bool same_ref(std::string_view a, std::string_view b)
{
    if (a == b)
    {
        return true;
    }
    const auto left = parse_container_ref(a);
    return left && left == parse_container_ref(b);
}

}  // namespace cloud
