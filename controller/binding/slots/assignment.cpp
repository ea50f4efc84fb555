#include "binding/slots/assignment.hpp"

#include "binding/slots/ledger.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>

namespace binding {
namespace {

using cloud::container_ref;

std::set<container_ref> as_set(const std::vector<container_ref>& refs)
{
    return {refs.begin(), refs.end()};
}

class slot_assigner
{
public:
    explicit slot_assigner(const assignment_input& input)
        : input_(input), default_(input.now.default_ref), sni_(as_set(input.now.sni_refs))
    {
        result_.after.default_ref = input.now.default_ref;
        for (const slot_request& each : input.requests)
        {
            placement settled;
            settled.present = live(each) && each.ref && present(*each.ref, each.object->wanted_slot());
            result_.placements.push_back(std::move(settled));
        }
    }

    std::variant<assignment, unread_refs> run()
    {
        choose_winners();
        settle_sni();
        settle_default();
        if (!unknown_.refs.empty())
        {
            return std::move(unknown_);
        }
        keep_the_last();
        add_what_goes_later();
        list_entries();
        list_foreign();
        result_.change = narrow_change();
        return std::move(result_);
    }

private:
    static bool addable(const slot_request& each)
    {
        return each.attachable && !each.deferred && !each.of_peer;
    }

    static bool live(const slot_request& each) { return !each.leaving && !each.left_in_place; }

    bool present(const container_ref& ref, slot where) const
    {
        return where == slot::default_ ? default_ == ref : sni_.contains(ref);
    }

    bool dead(const container_ref& ref) const { return input_.dead.contains(ref); }

    // Whether an entry of ours makes what is in the slot ours.
    bool ours(const container_ref& ref, slot where) const
    {
        return std::ranges::any_of(input_.requests, [&](const slot_request& each) {
            return !each.left_in_place && holds(each.held, ref, where);
        });
    }

    // Rule 6: taking part is whose certificate is attached by its ledger, or could be attached now.
    bool takes_part(std::size_t i) const
    {
        const slot_request& each = input_.requests[i];
        const slot where = each.object->wanted_slot();
        if (!live(each))
        {
            return false;
        }
        if (each.ref)
        {
            if (each.attachable || (shows(i) && holds(each.held, *each.ref, where)))
            {
                return true;
            }
        }
        // A rotation that waits for its new certificate keeps its place in the slot by the old one.
        return where == slot::default_ && default_ && !dead(*default_) &&
               holds(each.held, *default_, slot::default_);
    }

    // Its certificate is there, whoever put it there.
    bool shows(std::size_t i) const
    {
        const slot_request& each = input_.requests[i];
        return live(each) && each.ref && result_.placements[i].present && !dead(*each.ref);
    }

    // How the claim's ledger holds the slot that it wants: with what is in it now, or else with an entry for
    // it.
    enum class hold_on_slot
    {
        attached,
        entered,
        none,
    };

    hold_on_slot hold_of(const slot_request& each) const
    {
        const slot where = each.object->wanted_slot();
        const auto in_slot = where == slot::default_ ? default_ : each.ref;
        if (in_slot && present(*in_slot, where) && holds(each.held, *in_slot, where))
        {
            return hold_on_slot::attached;
        }
        const bool entered =
            where == slot::default_ ? holds_default(each.held) : in_slot && holds(each.held, *in_slot, where);
        return entered ? hold_on_slot::entered : hold_on_slot::none;
    }

    // The order in which claims get the slot that they want (oldest-wins), and the one place that decides it.
    // Creation is known to the second: of the same second first comes who holds the slot, so that a tie
    // replaces nobody who is attached, and then the smaller uid. All that it goes by is the same for the
    // target of each credential, so they agree on the winner.
    std::vector<std::size_t> oldest_first() const
    {
        const auto precedence = [this](std::size_t i) {
            const certificate_binding& object = *input_.requests[i].object;
            return std::tuple(object.created, hold_of(input_.requests[i]), object.uid, i);
        };
        std::vector<std::size_t> order(input_.requests.size());
        std::iota(order.begin(), order.end(), std::size_t{});
        std::ranges::sort(order, {}, precedence);
        return order;
    }

    // Rule 14: what another credential's binding holds there is left to its own target; of two that leave, to
    // the older one's.
    bool left_to_elsewhere(const container_ref& ref, slot where) const
    {
        const certificate_binding* oldest = nullptr;
        for (const slot_request& each : input_.requests)
        {
            if (!each.of_peer && !each.left_in_place && holds(each.held, ref, where) &&
                (oldest == nullptr || older(*each.object, *oldest)))
            {
                oldest = each.object;
            }
        }
        return std::ranges::any_of(input_.requests, [&](const slot_request& each) {
            return each.of_peer && !each.left_in_place && holds(each.held, ref, where) &&
                   (live(each) || oldest == nullptr || (!each.cannot_act && older(*each.object, *oldest)));
        });
    }

    void choose_winners()
    {
        for (const std::size_t i : oldest_first())
        {
            if (takes_part(i))
            {
                compete(i);
            }
        }
        // Rule 2: what is there and nobody's is adopted, though it could not be attached now.
        for (std::size_t i = 0; i < input_.requests.size(); ++i)
        {
            if (takes_part(i) || !shows(i) || input_.requests[i].of_peer)
            {
                continue;
            }
            if (!place_of(i))
            {
                compete(i);
            }
            else
            {
                result_.placements[i].present = false;  // that is another's
            }
        }
    }

    // Who has the place that the claim wants.
    std::optional<std::size_t>& place_of(std::size_t i)
    {
        const slot_request& each = input_.requests[i];
        return each.object->wanted_slot() == slot::sni ? sni_winners_[*each.ref] : default_winner_;
    }

    void compete(std::size_t i)
    {
        auto& scope = place_of(i);
        if (!scope)
        {
            scope = i;
            result_.placements[i].wins = true;
        }
        else
        {
            result_.placements[i].winner = input_.requests[*scope].object;
        }
    }

    // Rule 8: what a binding no longer wants stays until what it wants is in place.
    bool kept_until_placed(std::size_t i) const
    {
        return live(input_.requests[i]) && !result_.placements[i].placed;
    }

    void settle_sni()
    {
        std::vector<container_ref> added;
        for (const auto& [ref, winner] : sni_winners_)
        {
            placement& settled = result_.placements[*winner];
            settled.placed = (settled.present || addable(input_.requests[*winner])) && !dead(ref);
            if (settled.placed && !settled.present)
            {
                added.push_back(*input_.requests[*winner].ref);
            }
        }
        mark_default_placement();
        for (const container_ref& ref : input_.now.sni_refs)
        {
            if (stays_in_sni(ref))
            {
                result_.after.sni_refs.push_back(ref);
            }
            else if (goes_later(ref))
            {
                going_later_.push_back(ref);
            }
        }
        for (container_ref& ref : added)
        {
            result_.after.sni_refs.push_back(std::move(ref));
        }
        std::ranges::sort(result_.after.sni_refs, {}, &container_ref::view);
    }

    bool stays_in_sni(const container_ref& ref) const
    {
        if (!ours(ref, slot::sni))
        {
            return true;
        }
        if (dead(ref))
        {
            return false;
        }
        if (left_to_elsewhere(ref, slot::sni))
        {
            return true;
        }
        for (std::size_t i = 0; i < input_.requests.size(); ++i)
        {
            const slot_request& each = input_.requests[i];
            const bool wanted =
                result_.placements[i].placed && each.object->wanted_slot() == slot::sni && *each.ref == ref;
            if (wanted || (holds(each.held, ref, slot::sni) && kept_until_placed(i)))
            {
                return true;
            }
        }
        return false;
    }

    // On the listener only because it cannot be removed now, or its removal cannot be committed.
    bool goes_later(const container_ref& ref) const
    {
        return (input_.later.contains(ref) && !dead(ref)) ||
               std::ranges::any_of(input_.requests, [&](const slot_request& each) {
                   return each.unwritable && holds(each.held, ref, slot::sni);
               });
    }

    // Whether the winner's own certificate goes into the default slot; needed before what leaves is known.
    void mark_default_placement()
    {
        if (!default_winner_)
        {
            return;
        }
        const slot_request& winner = input_.requests[*default_winner_];
        placement& settled = result_.placements[*default_winner_];
        settled.placed = winner.ref && (settled.present || addable(winner)) && !dead(*winner.ref);
    }

    void settle_default()
    {
        if (default_winner_)
        {
            const slot_request& winner = input_.requests[*default_winner_];
            const placement& settled = result_.placements[*default_winner_];
            if (settled.placed)
            {
                result_.after.default_ref = settled.present ? input_.now.default_ref : winner.ref;
                result_.default_ref = settled.present ? default_end::unchanged : default_end::ours;
            }
            return;  // not placed: it keeps the slot by its old certificate, or its own target is to place it
        }
        if (!default_ || !ours(*default_, slot::default_) || left_to_elsewhere(*default_, slot::default_))
        {
            return;
        }
        std::optional<std::size_t> owner;
        for (std::size_t i = 0; i < input_.requests.size(); ++i)
        {
            const slot_request& each = input_.requests[i];
            if (each.left_in_place || each.of_peer || !holds(each.held, *default_, slot::default_))
            {
                continue;
            }
            if ((kept_until_placed(i) && !dead(*default_)) || each.unwritable)
            {
                return;
            }
            if (!owner || input_.requests[*owner].held.replaced_default_ref.empty())
            {
                owner = i;
            }
        }
        if (owner)
        {
            replace_default(*owner);
        }
    }

    // Rule 5, after the heirs: the remembered foreign default, else it stays. Without a default there is no
    // TLS, whatever the SNI refs are: Octavia's driver names the list of certificates to haproxy only for a
    // listener that has one (octavia/common/jinja/haproxy/combined_listeners/jinja_cfg.py), and the port
    // speaks plain HTTP.
    void replace_default(std::size_t owner)
    {
        const container_ref& remembered = input_.requests[owner].held.replaced_default_ref;
        if (!remembered.empty() && remembered != *default_ && readable(remembered))
        {
            result_.after.default_ref = remembered;
            result_.default_ref = default_end::restored;
            result_.restored_ref = remembered;
            return;
        }
        result_.placements[owner].kept_as_last = unknown_.refs.empty();
    }

    bool readable(const container_ref& ref)
    {
        const bool just_checked = std::ranges::any_of(input_.requests, [&](const slot_request& each) {
            return each.attachable && !each.of_peer && each.ref && *each.ref == ref;
        });
        if (just_checked)
        {
            return true;
        }
        const auto known = input_.readable.find(ref);
        if (known == input_.readable.end())
        {
            unknown_.refs.push_back(ref);
            return false;
        }
        return known->second;
    }

    // Rule 5, the end: of what would empty the listener one stays, the default's, else the oldest deletion's;
    // a dead one only if there is no other.
    void keep_the_last()
    {
        if (result_.after.default_ref || !result_.after.sni_refs.empty())
        {
            return;
        }
        std::optional<container_ref> last;
        for (const auto& [is_dead, leaving] : {std::pair(false, true), {true, true}, {true, false}})
        {
            for (std::size_t i = 0; i < input_.requests.size() && !last; ++i)
            {
                const slot_request& each = input_.requests[i];
                for (const container_ref& ref : input_.now.sni_refs)
                {
                    if (!last && each.leaving == leaving && dead(ref) == is_dead &&
                        holds(each.held, ref, slot::sni))
                    {
                        last = ref;
                        result_.placements[i].kept_as_last = each.leaving;
                    }
                }
            }
        }
        if (last)
        {
            result_.after.sni_refs.push_back(*last);
            std::erase_if(going_later_, [&](const container_ref& ref) { return ref.spelled_as(*last); });
        }
    }

    void add_what_goes_later()
    {
        std::ranges::copy(going_later_, std::back_inserter(result_.after.sni_refs));
        std::ranges::sort(result_.after.sni_refs, {}, &container_ref::view);
    }

    void list_entries()
    {
        for (std::size_t i = 0; i < input_.requests.size(); ++i)
        {
            const slot_request& each = input_.requests[i];
            placement& settled = result_.placements[i];
            if (each.left_in_place || each.of_peer)
            {
                continue;
            }
            const auto wanted = live(each) ? each.ref : std::nullopt;
            for (const attachment& entry : each.held.attachments)
            {
                const bool there_now = present(entry.container_ref, entry.slot);
                const bool there_after = holds(result_.after, entry.container_ref, entry.slot);
                if (there_now && !there_after)
                {
                    settled.removed.push_back(entry);
                }
                else if (there_now &&
                         (wanted != entry.container_ref || each.object->wanted_slot() != entry.slot))
                {
                    settled.kept.push_back(entry);
                }
            }
        }
    }

    void list_foreign()
    {
        if (default_ && !ours(*default_, slot::default_))
        {
            result_.foreign.push_back(*input_.now.default_ref);
        }
        for (const container_ref& ref : input_.now.sni_refs)
        {
            if (!ours(ref, slot::sni))
            {
                result_.foreign.push_back(ref);
            }
        }
    }

    // Rule 1: only the keys that differ, compared as sets.
    cloud::listener_change narrow_change() const
    {
        cloud::listener_change change;
        if (result_.after.default_ref != default_)
        {
            change.default_ref = result_.after.default_ref;
        }
        if (as_set(result_.after.sni_refs) != sni_)
        {
            change.sni_refs = result_.after.sni_refs;
        }
        return change;
    }

    const assignment_input& input_;
    std::optional<container_ref> default_;
    std::set<container_ref> sni_;
    std::optional<std::size_t> default_winner_;
    std::map<container_ref, std::optional<std::size_t>> sni_winners_;
    std::vector<container_ref> going_later_;
    unread_refs unknown_;
    assignment result_;
};

}  // namespace

std::variant<assignment, unread_refs> assign_slots(const assignment_input& input)
{
    return slot_assigner(input).run();
}

}  // namespace binding
