#include "binding/slots/listener_slots.hpp"

#include "cloud/container_ref.hpp"

namespace binding {
namespace {

using cloud::ref_key;

std::optional<std::string> key_of(const std::optional<std::string>& ref)
{
    return ref ? std::optional(ref_key(*ref)) : std::nullopt;
}

}  // namespace

std::set<std::string> keys_of(const std::vector<std::string>& refs)
{
    std::set<std::string> keys;
    for (const std::string& ref : refs)
    {
        keys.insert(ref_key(ref));
    }
    return keys;
}

bool same_slots(const listener_slots& a, const listener_slots& b)
{
    return key_of(a.default_ref) == key_of(b.default_ref) && keys_of(a.sni_refs) == keys_of(b.sni_refs);
}

}  // namespace binding
