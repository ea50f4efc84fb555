#include "binding/observed/lost_update.hpp"

#include "cloud/container_ref.hpp"

#include <algorithm>

namespace binding {
namespace {

bool has(const std::vector<std::string>& refs, const std::string& ref)
{
    return std::ranges::any_of(refs, [&](const std::string& each) { return cloud::same_ref(each, ref); });
}

bool same(const std::optional<std::string>& a, const std::optional<std::string>& b)
{
    return a && b ? cloud::same_ref(*a, *b) : !a && !b;
}

}  // namespace

std::vector<std::string> undone_changes(
    const listener_slots& from,
    const listener_slots& meanwhile,
    const listener_slots& expected,
    const listener_slots& after
)
{
    std::vector<std::string> undone;
    for (const std::string& ref : meanwhile.sni_refs)
    {
        if (!has(from.sni_refs, ref) && !has(expected.sni_refs, ref) && !has(after.sni_refs, ref))
        {
            undone.push_back("added " + ref);
        }
    }
    for (const std::string& ref : from.sni_refs)
    {
        if (!has(meanwhile.sni_refs, ref) && has(expected.sni_refs, ref) && has(after.sni_refs, ref))
        {
            undone.push_back("removed " + ref);
        }
    }
    const auto& made = meanwhile.default_ref;
    if (!same(made, from.default_ref) && !same(made, expected.default_ref) && !same(made, after.default_ref))
    {
        undone.push_back(made ? "made " + *made + " the default" : "removed " + *from.default_ref);
    }
    return undone;
}

}  // namespace binding
