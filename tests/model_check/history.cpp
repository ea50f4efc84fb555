#include "model_check/history.hpp"

#include "binding/slots/ledger.hpp"
#include "binding/status/ready_status.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace prove {
namespace {

using binding::certificate_binding;
using binding::slot;
using cloud::container_ref;
using rules::ledger_entry;
using rules::text_of;

void broken(history& h, std::string sentence)
{
    h.broken.push_back(std::move(sentence));
}

void broken(history& h, const rules::sentences& sentences)
{
    h.broken.insert(h.broken.end(), sentences.begin(), sentences.end());
}

std::vector<ledger_entry> ledgers_of(const history& h, const surroundings& at, const support::uuid& listener)
{
    std::vector<ledger_entry> all;
    for (const auto& [uid, object] : at.objects)
    {
        // A ref that its owner wants to leave on the listener belongs to nobody.
        const bool left = object.deleting && (object.spec.retain || object.abandoned);
        if (object.spec.resource_id != listener || !object.has_finalizer() || left)
        {
            continue;
        }
        const auto believed = h.believed.find(uid);
        if (believed == h.believed.end())
        {
            continue;
        }
        for (const ledger_entry& entry : rules::ledger_entries_of(object.status.ledger, &object))
        {
            // ownership: the controller never acts on an entry that somebody else wrote into the ledger.
            if (believed->second.contains(entry.held))
            {
                all.push_back(entry);
            }
        }
    }
    return all;
}

// never-without-default: whether the entry is a remembered default that goes back, and no binding wants it.
bool goes_back(
    const surroundings& at,
    const support::uuid& listener,
    const std::vector<ledger_entry>& all,
    const container_ref& before,
    const slot_entry& entry
)
{
    const bool wanted = std::ranges::any_of(at.objects, [&](const auto& row) {
        const certificate_binding& object = row.second;
        return object.spec.resource_id == listener && !object.deleting && wanted_by(object) == entry;
    });
    const slot_entry from{before, slot::default_};
    return !wanted && entry.slot == slot::default_ &&
           std::ranges::any_of(all, [&](const ledger_entry& in_ledger) {
               return in_ledger.held == from && in_ledger.remembered == entry.ref;
           });
}

bool before_pass(const history& h, const support::uuid& listener, support::time_point since)
{
    const auto began = h.pass_started.find(listener);
    return began != h.pass_started.end() && since < began->second;
}

// Whether the binding surely took part in conflicts when the pass began.
bool surely_takes_part(const history& h, const certificate_binding& object)
{
    const std::string id = object.spec.certificate_id.str();
    const auto since = h.usable.find(id);
    // quarantine: a process believes at its start that the binding is quarantined.
    const bool quarantined =
        object.status[binding::condition_type::ready].reason == binding::reason::certificate_refused;
    const bool kept_from =
        object.deleting || h.unsure.contains(object.uid) || h.refused.contains(object.uid) || quarantined;
    const bool was_away =
        h.away_since || (h.back_since && !before_pass(h, object.spec.resource_id, *h.back_since));
    // A binding that is created during a pass joins the next pass, because the pass might never end
    // otherwise.
    const bool joins_the_next = !before_pass(h, object.spec.resource_id, h.created.at(object.uid));
    // The controller reads a certificate that a binding waits for every 5 minutes at least.
    return !kept_from && !was_away && !joins_the_next && since != h.usable.end() &&
           before_pass(h, object.spec.resource_id, since->second + std::chrono::minutes(5));
}

// Whether the entry is for the slot that the binding wants: any ref in the default slot, or its own SNI ref.
bool is_for_wanted_slot(const slot_entry& entry, const certificate_binding& object)
{
    return object.wanted_slot() == slot::default_ ? entry.slot == slot::default_ : entry == wanted_by(object);
}

bool holds_wanted_slot(const std::set<slot_entry>& held, const certificate_binding& object)
{
    return std::ranges::any_of(held, [&](const slot_entry& entry) {
        return is_for_wanted_slot(entry, object);
    });
}

bool want_the_same(const certificate_binding& one, const certificate_binding& other)
{
    return one.spec.resource_id == other.spec.resource_id && one.wanted_slot() == other.wanted_slot() &&
           (!one.spec.sni || one.spec.certificate_id == other.spec.certificate_id);
}

contender contender_of(const history& h, const certificate_binding& object)
{
    const auto believed = h.believed.find(object.uid);
    return {&object, believed == h.believed.end() ? std::set<slot_entry>() : believed->second};
}

// oldest-wins, a tie: no binding enters itself for a slot that another binding of the same second is to have.
void check_entry_in_a_tie(
    history& h, const surroundings& at, const certificate_binding& object, const std::set<slot_entry>& keeps
)
{
    const contender taker = contender_of(h, object);
    const auto read = h.reads.find(object.spec.resource_id);
    if (read == h.reads.end() || object.deleting || holds_wanted_slot(taker.held, object) ||
        !holds_wanted_slot(keeps, object))
    {
        return;
    }
    const auto shown = entries_of(read->second.slots);
    for (const auto& [uid, other] : at.objects)
    {
        const bool rivals = uid != object.uid && other.created == object.created &&
                            want_the_same(object, other) &&
                            before_pass(h, object.spec.resource_id, h.changed.at(uid));
        if (rivals && surely_takes_part(h, other) && comes_first(contender_of(h, other), taker, shown))
        {
            broken(
                h,
                "oldest-wins: " + object.name + " takes the slot that is " + other.name +
                    "'s, of the same second"
            );
        }
    }
}

// oldest-wins, a tie: no binding of the same second replaces an attached one, whatever the state of the
// attached certificate. The exception is a binding whose ledger holds the attached ref as well.
void check_replaced_in_a_tie(
    history& h,
    const std::vector<ledger_entry>& all,
    const ledger_entry& taker,
    const container_ref& before,
    const container_ref& after
)
{
    const slot_entry there{before, slot::default_};
    if (contender_of(h, *taker.object).held.contains(there))
    {
        return;
    }
    for (const ledger_entry& entry : all)
    {
        const certificate_binding& object = *entry.object;
        const bool attached =
            entry.held == there && !entry.deleting && object.wanted_slot() == slot::default_;
        const bool another = object.uid != taker.object->uid && wanted_by(object).ref != after;
        if (attached && another && object.created == taker.object->created && !h.dead.contains(before) &&
            !h.unsure.contains(object.uid))
        {
            broken(
                h,
                "oldest-wins: " + taker.object->name + " replaces " + object.name +
                    ", which is of the same second"
            );
        }
    }
}

void check_new_default(
    history& h,
    const surroundings& at,
    const support::uuid& listener,
    const std::vector<ledger_entry>& all,
    const container_ref& before,
    const container_ref& after
)
{
    broken(h, rules::broken_by_default(before, after, all));
    if (after.empty())
    {
        return;
    }
    const std::set<slot_entry> shown{{before, slot::default_}};
    const certificate_binding* heir = nullptr;
    for (const auto& [uid, object] : at.objects)
    {
        const bool wants = object.spec.resource_id == listener && object.wanted_slot() == slot::default_;
        if (wants && surely_takes_part(h, object) &&
            (heir == nullptr || comes_first(contender_of(h, object), contender_of(h, *heir), shown)))
        {
            heir = &object;
        }
    }
    const ledger_entry* const taker = rules::taker_of_default(before, after, all);
    if (taker == nullptr)
    {
        if (heir != nullptr)
        {
            broken(
                h,
                "never-without-default: puts back " + after.str() + " although " + heir->name +
                    " wants the slot"
            );
        }
        return;
    }
    // A binding whose rotation must wait keeps its slot with the old certificate.
    if (heir != nullptr && wanted_by(*heir).ref != after &&
        comes_first(contender_of(h, *heir), contender_of(h, *taker->object), shown))
    {
        broken(h, "oldest-wins: " + taker->object->name + " takes the slot that is " + heir->name + "'s");
    }
    check_replaced_in_a_tie(h, all, *taker, before, after);
}

// gapless-rotation: a ref that a binding no longer wants stays until the wanted ref is on the listener. A
// dead ref goes at once, but not by one 404 alone (proven-gone).
void check_gap(
    history& h,
    const surroundings& at,
    const std::vector<ledger_entry>& all,
    const std::set<slot_entry>& was,
    const std::set<slot_entry>& is
)
{
    const auto taken_over = [&](const ledger_entry& entry) {
        return entry.held.slot == slot::default_ && std::ranges::any_of(all, [&](const ledger_entry& other) {
                   return !other.deleting && other.held.slot == slot::default_ && is.contains(other.held);
               });
    };
    for (const ledger_entry& entry : all)
    {
        const bool removed = was.contains(entry.held) && !is.contains(entry.held);
        if (!removed || entry.deleting || is.contains(wanted_by(*entry.object)) || taken_over(entry))
        {
            continue;
        }
        const auto dead = h.dead.find(entry.held.ref);
        if (dead == h.dead.end())
        {
            broken(
                h,
                "gapless-rotation: takes " + text_of(entry.held) + " away and gives " + entry.object->name +
                    " nothing"
            );
        }
        else if (dead->second.last - dead->second.first < at.settings.proof)
        {
            broken(h, "proven-gone: takes " + text_of(entry.held) + " away by one 404");
        }
    }
}

void check_dead_refs(
    history& h,
    const surroundings& at,
    const support::uuid& listener,
    const binding::listener_slots& before,
    const binding::listener_slots& after
)
{
    const auto dead_before_pass = [&](const support::uuid& of_listener, const container_ref& ref) {
        const auto since = h.harmful.find({of_listener, ref});
        return since != h.harmful.end() && before_pass(h, listener, since->second);
    };
    bool cleans = false;
    const auto kept = entries_of(after);
    const auto was = entries_of(before);
    const bool nobody_reads = h.away_since && before_pass(h, listener, *h.away_since);
    const auto added = [&](const container_ref& ref) {
        return std::ranges::any_of(kept, [&](const slot_entry& entry) {
            return entry.ref == ref && !was.contains(entry);
        });
    };
    for (const slot_entry& entry : was)
    {
        // A ref that the PUT also adds in the other slot was looked up a short time ago.
        const bool dead = dead_before_pass(listener, entry.ref) && !added(entry.ref);
        cleans = cleans || (dead && !kept.contains(entry));
        if (dead && kept.contains(entry))
        {
            broken(h, "readable-before-write: writes over the dead " + text_of(entry));
        }
        if (nobody_reads && kept.contains(entry) && !added(entry.ref))
        {
            broken(h, "readable-before-write: writes while nobody can read " + text_of(entry));
        }
    }
    const auto balancer = at.cloud.listeners.at(listener).load_balancer;
    std::set<support::uuid> others;
    for (const auto& [uid, object] : at.objects)
    {
        const auto row = at.cloud.listeners.find(object.spec.resource_id);
        if (object.spec.resource_id != listener && row != at.cloud.listeners.end() &&
            row->second.load_balancer == balancer && before_pass(h, listener, h.created.at(uid)))
        {
            others.insert(object.spec.resource_id);
        }
    }
    for (const support::uuid& other : others)
    {
        const auto ledgers = ledgers_of(h, at, other);
        for (const slot_entry& entry : entries_of(at.cloud.listeners.at(other).slots))
        {
            // Of two listeners that both let go of a dead ref one is written first.
            const bool goes_next = cleans && rules::holds(ledgers, entry);
            // Another pass may have found it readable a short time before.
            const auto since = h.harmful.find({other, entry.ref});
            const bool was_noticed = since != h.harmful.end() &&
                                     before_pass(h, listener, since->second + at.settings.fresh_certificate);
            if (was_noticed && !goes_next)
            {
                broken(
                    h,
                    "readable-before-write: makes Octavia drop listener " + other.str() + " for the dead " +
                        text_of(entry)
                );
            }
        }
    }
}

// unanswered-writes: whether a PUT of ours to the listener may still take effect.
bool in_doubt(const history& h, const surroundings& at, const support::uuid& listener)
{
    return std::ranges::any_of(h.open, [&](const open_put& put) {
        return put.listener == listener && at.now < put.deadline && (put.of_this_process || !put.left);
    });
}

bool holds_another(
    const history& h, const surroundings& at, const certificate_binding& object, const slot_entry& entry
)
{
    const support::uuid& listener = object.spec.resource_id;
    const bool held_in_kubernetes =
        std::ranges::any_of(ledgers_of(h, at, listener), [&](const ledger_entry& other) {
            // Another binding counts even if it is being deleted, because it has to prove by itself that the
            // ref is gone.
            return other.object->uid != object.uid && other.held == entry;
        });
    // The pass cannot know what people have done to another binding since it began. If they emptied its
    // status, the controller puts the ledger back (ownership). If they deleted it, it may leave its refs
    // where they are.
    const auto held_at_first = [&](const auto& row) {
        const auto& [uid, other] = row;
        const auto believed = h.believed.find(uid);
        return uid != object.uid && other.spec.resource_id == listener && other.has_finalizer() &&
               !before_pass(h, listener, h.changed.at(uid)) && believed != h.believed.end() &&
               believed->second.contains(entry);
    };
    return held_in_kubernetes || std::ranges::any_of(at.objects, held_at_first);
}

// The entries that must be proven to be gone before the binding may forget them.
std::set<slot_entry> to_be_proven(const history& h, const certificate_binding& object)
{
    std::set<slot_entry> all;
    const auto believed = h.believed.find(object.uid);
    for (const slot_entry& entry : entries_of(object.status.ledger))
    {
        if (believed != h.believed.end() && believed->second.contains(entry))
        {
            all.insert(entry);
        }
    }
    if (const auto put = h.put.find(object.uid); put != h.put.end())
    {
        all.insert(put->second.begin(), put->second.end());
    }
    return all;
}

// Octavia does not work on a listener that is at rest or in ERROR.
bool read_unchanging(const history& h, const support::uuid& listener)
{
    const auto balancer = h.balancers.find(listener);
    return h.reads.at(listener).status != cloud::provisioning_status::pending &&
           balancer != h.balancers.end() && balancer->second == cloud::provisioning_status::active;
}

bool read_at_rest(const history& h, const support::uuid& listener)
{
    const auto balancer = h.balancers.find(listener);
    return h.reads.at(listener).status == cloud::provisioning_status::active &&
           balancer != h.balancers.end() && balancer->second == cloud::provisioning_status::active;
}

}  // namespace

binding::listener_slots with(binding::listener_slots slots, const cloud::listener_change& change)
{
    slots.default_ref = change.default_ref.value_or(slots.default_ref);
    slots.sni_refs = change.sni_refs.value_or(slots.sni_refs);
    return slots;
}

slot_entry wanted_by(const certificate_binding& object)
{
    return {test::cloud_rows::ref(object.spec.certificate_id.str()), object.wanted_slot()};
}

bool comes_first(const contender& one, const contender& other, const std::set<slot_entry>& shown)
{
    const auto precedence = [&](const contender& rival) {
        const bool attached = std::ranges::any_of(rival.held, [&](const slot_entry& entry) {
            return is_for_wanted_slot(entry, *rival.object) && shown.contains(entry);
        });
        const bool entered = holds_wanted_slot(rival.held, *rival.object);
        return std::tuple(rival.object->created, !attached, !entered, rival.object->uid);
    };
    return precedence(one) < precedence(other);
}

void check_put(
    history& h, const surroundings& at, const support::uuid& listener, const cloud::listener_change& change
)
{
    const auto read = h.reads.find(listener);
    if (read == h.reads.end())
    {
        broken(h, "S5: writes to a listener that it has not read");
        return;
    }
    const binding::listener_slots& before = read->second.slots;
    const auto after = with(before, change);
    const auto balancer = at.cloud.listeners.at(listener).load_balancer;
    const bool in_error = read->second.status == cloud::provisioning_status::error;
    const auto all = ledgers_of(h, at, listener);
    const auto was = entries_of(before);
    const auto is = entries_of(after);

    broken(h, rules::broken_by_put(was, is, in_error, all));
    const bool default_moves = before.default_ref != after.default_ref;
    if (!in_error && change.default_ref && !default_moves)
    {
        broken(h, "S2: names a default that does not change");
    }
    const auto sni_moves =
        std::ranges::any_of(
            was, [&](const slot_entry& entry) { return entry.slot == slot::sni && !is.contains(entry); }
        ) ||
        std::ranges::any_of(is, [&](const slot_entry& entry) {
            return entry.slot == slot::sni && !was.contains(entry);
        });
    if (!in_error && change.sni_refs && !sni_moves)
    {
        broken(h, "S2: names SNI refs that do not change");
    }
    for (const slot_entry& entry : is)
    {
        if (!was.contains(entry) && rules::holds(all, entry) &&
            !goes_back(at, listener, all, before.default_ref.value_or(container_ref()), entry))
        {
            const auto asked = h.certificate_active.find(test::cloud_rows::id_of(entry.ref));
            if (asked == h.certificate_active.end() || at.now - asked->second > at.settings.fresh_certificate)
            {
                broken(h, "S3: adds " + text_of(entry) + " without a fresh look at its certificate");
            }
        }
    }
    if (default_moves)
    {
        check_new_default(
            h,
            at,
            listener,
            all,
            before.default_ref.value_or(container_ref()),
            after.default_ref.value_or(container_ref())
        );
    }
    check_gap(h, at, all, was, is);
    check_dead_refs(h, at, listener, before, after);
    if (const auto written = h.written.find(listener);
        written != h.written.end() && read->second.at <= written->second)
    {
        broken(h, "write-ahead: goes by what the listener was before the ledger was written");
    }
    for (const open_put& put : h.open)
    {
        // A listener that was deleted takes no PUT any more.
        if (put.balancer == balancer && at.cloud.listeners.contains(put.listener) && at.now < put.deadline &&
            (put.of_this_process || !put.left))
        {
            broken(
                h, "unanswered-writes: a PUT while an earlier one to the load balancer may still take effect"
            );
        }
    }
    if (!h.in_flight.insert(balancer).second)
    {
        broken(h, "unanswered-writes: two PUTs at a time to one load balancer");
    }
    for (const ledger_entry& entry : all)
    {
        if (is.contains(entry.held) && !was.contains(entry.held))
        {
            h.put[entry.object->uid].insert(entry.held);
        }
    }
}

void check_status(
    history& h, const surroundings& at, const certificate_binding& object, const binding::status& wanted
)
{
    const support::uuid& listener = object.spec.resource_id;
    const auto read = h.reads.find(listener);
    const auto keeps = entries_of(wanted.ledger);
    check_entry_in_a_tie(h, at, object, keeps);
    for (const slot_entry& entry : to_be_proven(h, object))
    {
        if (keeps.contains(entry) || holds_another(h, at, object, entry))
        {
            continue;
        }
        if (read == h.reads.end())
        {
            broken(
                h,
                "proven-gone: " + object.name + " gives up " + text_of(entry) +
                    " without having read the listener"
            );
        }
        else if (const auto sentence =
                     rules::broken_by_giving_up(object.name, entry, entries_of(read->second.slots)))
        {
            broken(h, *sentence);
        }
        else if (in_doubt(h, at, listener))
        {
            broken(
                h,
                "unanswered-writes: " + object.name + " gives up " + text_of(entry) +
                    " while a PUT is in doubt"
            );
        }
    }

    const binding::status& before = object.status;
    const auto is_true = [](const binding::condition& condition) {
        return condition.status == binding::condition_status::true_;
    };
    const auto& ready = wanted[binding::condition_type::ready];
    if (is_true(ready) && !is_ready(object))
    {
        const slot_entry want = wanted_by(object);
        const bool was_read = read != h.reads.end();
        const auto shown = was_read ? entries_of(read->second.slots) : std::set<slot_entry>();
        const bool at_rest = was_read && read_at_rest(h, listener);
        const auto ledger = rules::ledger_entries_of(wanted.ledger, &object);
        broken(h, rules::broken_by_ready(object.name, want, shown, at_rest, ledger));
        if (in_doubt(h, at, listener))
        {
            broken(h, "unanswered-writes: " + object.name + " becomes Ready while a PUT is in doubt");
        }
        if (wanted.observed_generation != object.generation)
        {
            broken(h, "S6: " + object.name + " becomes Ready for another generation");
        }
    }
    if (wanted.observed_generation < before.observed_generation)
    {
        broken(h, "S6: the observedGeneration of " + object.name + " decreases");
    }
    for (std::size_t i = 0; i < binding::condition_types; ++i)
    {
        const binding::condition& was = before.conditions.at(i);
        const binding::condition& is = wanted.conditions.at(i);
        if (was.status == is.status && was.last_transition != is.last_transition)
        {
            broken(h, "S6: a lastTransitionTime of " + object.name + " changes without its status");
        }
    }
    const auto known = h.held.find(object.uid);
    if (says_the_same(wanted, before) && known != h.held.end() && known->second == wanted.ledger)
    {
        broken(h, "S8: " + object.name + " is written as it is");
    }
}

void check_release(history& h, const surroundings& at, const certificate_binding& object)
{
    if (!object.deleting)
    {
        broken(h, "S4: the finalizer of " + object.name + " goes, but nobody deletes it");
        return;
    }
    const support::uuid& listener = object.spec.resource_id;
    if (object.abandoned || object.spec.retain)
    {
        for (open_put& put : h.open)
        {
            put.left = put.left || put.listener == listener;
        }
        return;
    }
    const auto gone = h.gone.find(listener);
    const auto read = h.reads.find(listener);
    for (const slot_entry& entry : to_be_proven(h, object))
    {
        if (holds_another(h, at, object, entry))
        {
            continue;
        }
        if (gone != h.gone.end())
        {
            const auto& scope = object.status.ledger.scope;
            if (gone->second.last - gone->second.first < at.settings.proof)
            {
                broken(h, "proven-gone: " + object.name + " goes by one 404");
            }
            if (!scope.empty() && !binding::same_cloud(scope, gone->second.scope))
            {
                broken(h, "proven-gone: " + object.name + " goes by the 404 of another cloud");
            }
            continue;
        }
        if (read == h.reads.end())
        {
            broken(h, "S4: " + object.name + " goes, and nobody has read the listener");
            continue;
        }
        const auto shown = entries_of(read->second.slots);
        if (const auto sentence =
                rules::broken_by_release(object.name, entry, shown, read_unchanging(h, listener)))
        {
            broken(h, *sentence);
        }
        if (in_doubt(h, at, listener))
        {
            broken(h, "unanswered-writes: " + object.name + " goes while a PUT is in doubt");
        }
    }
}

}  // namespace prove
