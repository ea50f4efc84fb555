// What is held back: rule 7, what Octavia has refused does not keep the others from being attached; rule 13,
// what somebody else keeps undoing is not fought at full speed.
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace binding {

bool planner::is_quarantined(const view& each) const
{
    const auto& refused = each.memory->quarantine;
    return refused && refused->certificate_id == each.object->spec.certificate_id &&
           refused->refused_slot == each.object->wanted_slot() &&
           (w_.now < refused->until || in_conflict(*each.object));
}

bool planner::in_conflict(const certificate_binding& object) const
{
    const auto wants_the_same = [&](const auto& other) {
        const certificate_binding& its = *other.object;
        return its.uid != object.uid && !its.deleting && its.wanted_slot() == object.wanted_slot() &&
               (!object.spec.sni || its.spec.certificate_id == object.spec.certificate_id);
    };
    const auto takes_part = [&](const peer& other) {
        return other.reads_listener && !other.may_not_write && wants_the_same(other);
    };
    return std::ranges::any_of(views_, wants_the_same) || std::ranges::any_of(w_.peers, takes_part);
}

std::optional<view::hold> planner::held_back_as_named(const view& each) const
{
    const auto named = m_.refused_refs.find((*certificate_of(each))->container_ref);
    if (named == m_.refused_refs.end() || w_.now >= named->second.until)
    {
        return std::nullopt;
    }
    return view::hold{{reason::cloud_unavailable, named->second.message}, named->second.until};
}

bool planner::is_contested(slot where, const cloud::container_ref& ref, bool wanted) const
{
    const auto known = m_.ownership_changes.find({where, ref});
    return known != m_.ownership_changes.end() && known->second.added == wanted &&
           shows(ref, where) != wanted && w_.now < contested_until(known->second, s_);
}

std::optional<view::hold> planner::held_back_as_contested(const view& each) const
{
    const auto hold = [this](slot where, const cloud::container_ref& ref, const std::string& what) {
        return view::hold{
            {reason::contested,
             "somebody else keeps " + what + ": " + ref.str() +
                 "; this is repaired ever more seldom, at most once an hour, until it stays or a retry is "
                 "asked "
                 "for. Find out who else changes the listener, and let only one of the two do it"},
            contested_until(m_.ownership_changes.at({where, ref}), s_)
        };
    };
    if (each.object->deleting)
    {
        for (const attachment& entry : each.next.attachments)
        {
            if (entry.slot == slot::sni && is_contested(slot::sni, entry.container_ref, false))
            {
                return hold(slot::sni, entry.container_ref, "putting it back on the listener");
            }
        }
        return std::nullopt;
    }
    const cloud::container_ref ref = *wanted_ref(each);
    const slot where = each.object->wanted_slot();
    if (!is_contested(where, ref, true))
    {
        return std::nullopt;
    }
    return hold(
        where, ref, where == slot::sni ? "taking it off the listener" : "replacing it as the default"
    );
}

bool planner::hold_back_half()
{
    if (!m_.bisection)
    {
        return false;
    }
    std::vector<std::size_t> suspects;
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        const bool suspected = std::ranges::any_of(m_.bisection->suspects, [&](const auto& each) {
            return each.binding == views_[i].object->uid;
        });
        if (suspected && adds(i))
        {
            suspects.push_back(i);
        }
    }
    if (suspects.size() < m_.bisection->suspects.size())
    {
        return false;  // those that are left go together with the others
    }
    // Those whose payload has nothing against it, where that tells any apart.
    std::set<std::size_t> sent;
    std::ranges::copy_if(suspects, std::inserter(sent, sent.end()), [this](std::size_t i) {
        return (*certificate_of(views_[i]))->doubt.empty();
    });
    if (sent.empty() || sent.size() == suspects.size())
    {
        sent = {suspects.begin(), suspects.begin() + static_cast<std::ptrdiff_t>(suspects.size() / 2)};
    }
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        if (adds(i) && !sent.contains(i))
        {
            views_[i].held_back = view::hold{
                {reason::progressing,
                 "Octavia refused to attach several certificates at once and did not say for which of them; "
                 "finding it out"},
                std::nullopt
            };
            requests_[i].held_back = true;
        }
    }
    return true;
}

}  // namespace binding
