#include "model_check/end_state.hpp"

#include "binding/status/ready_status.hpp"

#include <algorithm>
#include <utility>

namespace prove {
namespace {

using binding::certificate_binding;
using binding::condition_type;
using binding::reason;
using binding::slot;

reason reason_of(const certificate_binding& object)
{
    return object.status[condition_type::ready].reason;
}

class end_of_listener
{
public:
    end_of_listener(const model& world, const support::uuid& listener, std::vector<std::string>& wrong)
        : world_(world), listener_(listener), wrong_(wrong)
    {}

    void look(std::vector<const certificate_binding*> bindings)
    {
        const auto found = world_.cloud.listeners.find(listener_);
        if (found == world_.cloud.listeners.end())
        {
            for (const certificate_binding* each : bindings)
            {
                // A ledger that a start believed and that we never wrote says of no cloud that it is its own.
                const auto& held = each->status.ledger;
                const bool provable = held.attachments.empty() || !held.scope.empty();
                if (each->deleting && provable)
                {
                    fail("L2", *each, "is still there, though its listener is gone");
                }
                else if (!each->deleting && reason_of(*each) != reason::listener_not_found && provable)
                {
                    fail("L1", *each, "does not say that its listener is gone");
                }
            }
            return;
        }
        slots_ = &found->second.slots;
        shown_ = entries_of(*slots_);
        if (found->second.status == cloud::provisioning_status::error)
        {
            for (const certificate_binding* each : bindings)
            {
                look_at_one_in_error(*each, bindings);
            }
            return;
        }
        has_heir_ = std::ranges::any_of(bindings, [](const certificate_binding* each) {
            return !each->deleting && each->wanted_slot() == slot::default_;
        });
        const auto contender_of = [](const certificate_binding* each) {
            return contender{each, entries_of(each->status.ledger)};
        };
        std::ranges::sort(bindings, [&](const auto* one, const auto* other) {
            return comes_first(contender_of(one), contender_of(other), shown_);
        });
        for (const certificate_binding* each : bindings)
        {
            each->deleting ? look_at_deletion(*each) : look_at_live(*each);
        }
        if (const auto ours = world_.seen.ours.find(listener_); ours != world_.seen.ours.end())
        {
            for (const slot_entry& each : ours->second)
            {
                if (shown_.contains(each) && !accounted_.contains(each))
                {
                    wrong_.push_back(
                        "S4: " + each.ref.str() + " is left on the listener, and no binding wants it"
                    );
                }
            }
        }
    }

private:
    void fail(const char* name, const certificate_binding& object, const std::string& what)
    {
        const auto& status = object.status;
        wrong_.push_back(
            std::string(name) + ": " + object.name + " " + what + " (" +
            std::string(binding::name_of(reason_of(object))) + ": " + status.error_message.str() + ")"
        );
    }

    // narrow-writes, the exception: what is unconfirmed is sent again until the listener is well. Otherwise
    // nothing but a change by somebody else brings it back; nor can what stays be handed over before.
    void look_at_one_in_error(
        const certificate_binding& object, const std::vector<const certificate_binding*>& bindings
    )
    {
        bool unconfirmed = false;
        bool there = false;
        bool handed_over = false;
        for (const binding::attachment& each : object.status.ledger.attachments)
        {
            const slot_entry entry{each.container_ref, each.slot};
            unconfirmed = unconfirmed || !each.confirmed;
            there = there || shown_.contains(entry);
            handed_over = handed_over || std::ranges::any_of(bindings, [&](const auto* other) {
                              return !other->deleting && wanted_by(*other) == entry;
                          });
        }
        const auto why = reason_of(object);
        if (unconfirmed)
        {
            fail("L1", object, "has something unconfirmed on a listener in ERROR, and leaves it so");
        }
        if (object.deleting && (!there || (why != reason::last_certificate && !handed_over)))
        {
            fail("L2", object, "is still being deleted from a listener in ERROR");
        }
        if (!object.deleting && there && why != reason::listener_error && why != reason::conflict)
        {
            fail("L1", object, "does not say that its listener is in ERROR");
        }
    }

    void look_at_live(const certificate_binding& object)
    {
        const slot_entry want = wanted_by(object);
        const slot_entry contested = want.slot == slot::default_ ? slot_entry{{}, slot::default_} : want;
        if (!taken_.insert(contested).second)
        {
            // gapless-rotation: what it had before it wanted this stays.
            const auto holds = entries_of(object.status.ledger);
            accounted_.insert(holds.begin(), holds.end());
            if (reason_of(object) != reason::conflict || holds.contains(want))
            {
                fail("oldest-wins", object, "is not the first, but does not end as one that lost");
            }
            return;
        }
        accounted_.insert(want);
        if (!shown_.contains(want))
        {
            fail("L1", object, "does not have its certificate on the listener");
        }
        else if (!is_ready(object))
        {
            fail("L1", object, "is attached, but not Ready");
        }
        bool entered = false;
        for (const binding::attachment& each : object.status.ledger.attachments)
        {
            const slot_entry entry{each.container_ref, each.slot};
            entered = entered || (entry == want && each.confirmed);
            if (entry != want && !is_last_default(object, entry))
            {
                fail("S12", object, "still holds " + entry.ref.str());
            }
        }
        if (!entered)
        {
            fail("S12", object, "does not end with a confirmed entry");
        }
    }

    // never-without-default: what leaves the default slot stays there as long as nothing else is to go into
    // it.
    bool is_last_default(const certificate_binding& object, const slot_entry& entry)
    {
        const cloud::container_ref& remembered = object.status.ledger.replaced_default_ref;
        const bool last = entry.slot == slot::default_ && shown_.contains(entry) && !has_heir_ &&
                          (remembered.empty() || remembered == entry.ref);
        if (last)
        {
            accounted_.insert(entry);
        }
        return last;
    }

    void look_at_deletion(const certificate_binding& object)
    {
        if (reason_of(object) != reason::last_certificate)
        {
            fail("L2", object, "is still being deleted");
            return;
        }
        for (const slot_entry& each : entries_of(object.status.ledger))
        {
            accounted_.insert(each);
        }
        const bool has_default =
            slots_->default_ref &&
            entries_of(object.status.ledger).contains({*slots_->default_ref, slot::default_});
        if (has_default && has_heir_)
        {
            fail("never-without-default", object, "waits as the last certificate, but there is an heir");
        }
        if (has_default && !object.status.ledger.replaced_default_ref.empty() &&
            object.status.ledger.replaced_default_ref != *slots_->default_ref)
        {
            fail("never-without-default", object, "waits as the last certificate, but remembers a default");
        }
        if (!has_default && (slots_->default_ref || slots_->sni_refs.size() != 1))
        {
            fail("never-without-default", object, "waits as the last certificate, but there are others");
        }
    }

    const model& world_;
    const support::uuid& listener_;
    std::vector<std::string>& wrong_;
    const binding::listener_slots* slots_ = nullptr;
    bool has_heir_ = false;
    std::set<slot_entry> shown_;
    std::set<slot_entry> accounted_;
    std::set<slot_entry> taken_;
};

}  // namespace

std::vector<std::string> look_at_end(const model& world)
{
    std::map<binding::target, std::vector<const certificate_binding*>> by_target;
    for (const auto& [uid, object] : world.objects)
    {
        by_target[listener_of(object)];
    }
    for (const auto& [listener, row] : world.cloud.listeners)
    {
        by_target[{support::interned(world.cloud.here.region), listener}];
    }
    std::vector<std::string> wrong;
    for (auto& [target, bindings] : by_target)
    {
        bindings = world.bindings_of(target);
        end_of_listener(world, target.listener, wrong).look(bindings);
    }
    return wrong;
}

}  // namespace prove
