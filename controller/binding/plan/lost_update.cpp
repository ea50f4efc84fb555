#include "binding/plan/lost_update.hpp"

namespace binding {

std::vector<std::string> undone_changes(
    const listener_slots& from,
    const listener_slots& meanwhile,
    const listener_slots& expected,
    const listener_slots& after
)
{
    std::vector<std::string> undone;
    const auto in_sni = [](const listener_slots& slots, const cloud::container_ref& ref) {
        return holds(slots, ref, slot::sni);
    };
    for (const cloud::container_ref& ref : meanwhile.sni_refs)
    {
        if (!in_sni(from, ref) && !in_sni(expected, ref) && !in_sni(after, ref))
        {
            undone.push_back("added " + ref.str());
        }
    }
    for (const cloud::container_ref& ref : from.sni_refs)
    {
        if (!in_sni(meanwhile, ref) && in_sni(expected, ref) && in_sni(after, ref))
        {
            undone.push_back("removed " + ref.str());
        }
    }
    const auto& theirs = meanwhile.default_ref;
    if (theirs != from.default_ref && theirs != expected.default_ref && theirs != after.default_ref)
    {
        undone.push_back(
            theirs ? "made " + theirs->str() + " the default" : "removed " + from.default_ref->str()
        );
    }
    return undone;
}

}  // namespace binding
