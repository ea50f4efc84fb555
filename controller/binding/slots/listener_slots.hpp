#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

// What the two slots of a listener hold.
namespace binding {

struct listener_slots
{
    std::optional<std::string> default_ref;
    std::vector<std::string> sni_refs;
};

std::set<std::string> keys_of(const std::vector<std::string>& refs);
bool same_slots(const listener_slots& a, const listener_slots& b);

}  // namespace binding
