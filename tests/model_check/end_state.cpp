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

    void check(std::vector<const certificate_binding*> bindings)
    {
        const auto row = world_.cloud.listeners.find(listener_);
        if (row == world_.cloud.listeners.end())
        {
            for (const certificate_binding* object : bindings)
            {
                // A ledger that a process believed at its start and never wrote names no cloud.
                const auto& held = object->status.ledger;
                const bool provable = held.attachments.empty() || !held.scope.empty();
                if (object->deleting && provable)
                {
                    fail("L2", *object, "is still there, though its listener is gone");
                }
                else if (!object->deleting && reason_of(*object) != reason::listener_not_found && provable)
                {
                    fail("L1", *object, "does not say that its listener is gone");
                }
            }
            return;
        }
        slots_ = &row->second.slots;
        shown_ = entries_of(*slots_);
        if (row->second.status == cloud::provisioning_status::error)
        {
            for (const certificate_binding* object : bindings)
            {
                check_one_in_error(*object, bindings);
            }
            return;
        }
        has_heir_ = std::ranges::any_of(bindings, [](const certificate_binding* object) {
            return !object->deleting && object->wanted_slot() == slot::default_;
        });
        const auto contender_of = [](const certificate_binding* object) {
            return contender{object, entries_of(object->status.ledger)};
        };
        std::ranges::sort(bindings, [&](const auto* one, const auto* other) {
            return comes_first(contender_of(one), contender_of(other), shown_);
        });
        for (const certificate_binding* object : bindings)
        {
            object->deleting ? check_deletion(*object) : check_live(*object);
        }
        if (const auto ours = world_.record.ours.find(listener_); ours != world_.record.ours.end())
        {
            for (const slot_entry& entry : ours->second)
            {
                if (shown_.contains(entry) && !accounted_.contains(entry))
                {
                    wrong_.push_back(
                        "S4: " + entry.ref.str() + " is left on the listener, and no binding wants it"
                    );
                }
            }
        }
    }

private:
    void fail(const char* name, const certificate_binding& object, const std::string& fault)
    {
        const auto& status = object.status;
        wrong_.push_back(
            std::string(name) + ": " + object.name + " " + fault + " (" +
            std::string(binding::name_of(reason_of(object))) + ": " + status.error_message.str() + ")"
        );
    }

    // narrow-writes, the exception: the controller sends an unconfirmed entry again until the listener leaves
    // ERROR. Without one, only a write by another client ends the ERROR, and until then no binding hands over
    // a ref that stays.
    void check_one_in_error(
        const certificate_binding& object, const std::vector<const certificate_binding*>& bindings
    )
    {
        bool unconfirmed = false;
        bool there = false;
        bool handed_over = false;
        for (const binding::attachment& attachment : object.status.ledger.attachments)
        {
            const slot_entry entry{attachment.container_ref, attachment.slot};
            unconfirmed = unconfirmed || !attachment.confirmed;
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

    void check_live(const certificate_binding& object)
    {
        const slot_entry want = wanted_by(object);
        const slot_entry contested = want.slot == slot::default_ ? slot_entry{{}, slot::default_} : want;
        if (!taken_.insert(contested).second)
        {
            // gapless-rotation: the refs that the binding held before stay.
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
        else if (slots_->default_ref ? !is_ready(object)
                                     : reason_of(object) != reason::no_default_certificate)
        {
            fail("L1", object, "is attached, but does not say how it is served");
        }
        bool entered = false;
        for (const binding::attachment& attachment : object.status.ledger.attachments)
        {
            const slot_entry entry{attachment.container_ref, attachment.slot};
            entered = entered || (entry == want && attachment.confirmed);
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

    // never-without-default: a ref stays in the default slot as long as no other ref is to go into the slot.
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

    void check_deletion(const certificate_binding& object)
    {
        if (reason_of(object) != reason::last_certificate)
        {
            fail("L2", object, "is still being deleted");
            return;
        }
        for (const slot_entry& entry : entries_of(object.status.ledger))
        {
            accounted_.insert(entry);
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

std::vector<std::string> check_end(const model& world)
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
        end_of_listener(world, target.listener, wrong).check(bindings);
    }
    return wrong;
}

}  // namespace prove
