#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "cloud/client.hpp"
#include "cloud/container_ref.hpp"

#include <optional>
#include <vector>

// What the two slots of a listener hold.
namespace binding {

struct listener_slots
{
    std::optional<cloud::container_ref> default_ref;
    std::vector<cloud::container_ref> sni_refs;  // sorted by their text, as cloud::listener has them
};

listener_slots slots_of(const cloud::listener& listener);

// Whether the ref is in that slot, however it is spelled there.
bool holds(const listener_slots& slots, const cloud::container_ref& ref, slot where);
// Whether both hold the same certificates, however they are spelled and however often.
bool same_slots(const listener_slots& a, const listener_slots& b);

}  // namespace binding
