#include "model_check/model.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace prove {

using binding::certificate_binding;
using binding::target;
using namespace std::chrono_literals;
using support::time_point;
using support::uuid;

std::vector<std::string>* model::story = nullptr;

std::string model::name_of(const uuid& id)
{
    return id.str().substr(0, 8);
}

void model::tell(const std::function<std::string()>& line) const
{
    if (story != nullptr)
    {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - time_point(1h));
        story->push_back(std::to_string(since.count()) + " ms  " + line());
    }
}

support::wall_time model::wall() const
{
    const support::wall_time start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
    return wall_stands ? start : start + std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
}

support::duration fate::pause_of(binding::requeue how, int slow, support::duration wait)
{
    switch (how)
    {
        case binding::requeue::after:
        case binding::requeue::poll:
            return wait;
        case binding::requeue::retry:
            return std::max<support::duration>(wait, 1s);
        case binding::requeue::slow: {
            const auto pause = std::min<support::duration>(15s * (1 << std::min(slow, 5)), 5min);
            return wait > support::duration{} ? std::min(pause, wait) : pause;
        }
        case binding::requeue::turn:
            return wait > support::duration{} ? wait : 10min;
        case binding::requeue::resync:
            break;
    }
    return 10min;
}

std::vector<const certificate_binding*> model::shown() const
{
    std::map<uuid, const certificate_binding*> all;
    for (const auto& [uid, object] : objects)
    {
        all.emplace(uid, &object);
    }
    if (running)
    {
        for (const auto& [uid, object] : running->behind)
        {
            all.insert_or_assign(uid, &object);
        }
    }
    const auto values = std::views::values(all);
    return {values.begin(), values.end()};
}

std::vector<const certificate_binding*> model::bindings_of(const target& wanted) const
{
    std::vector<const certificate_binding*> bindings;
    const auto take = [&](const certificate_binding& object) {
        if (listener_of(object) == wanted)
        {
            bindings.push_back(&object);
        }
    };
    if (!running || running->behind.empty())
    {
        std::ranges::for_each(std::views::values(objects), take);
    }
    else
    {
        std::ranges::for_each(shown(), [&](const auto* object) { take(*object); });
    }
    std::ranges::sort(bindings, [](const auto* a, const auto* b) { return older(*a, *b); });
    return bindings;
}

// ---- the controller ----

void model::start(std::optional<time_point> others_sent_until, bool behind)
{
    tell([&] {
        return std::string("the controller starts") +
               (others_sent_until ? "" : "; every PUT of the last process is resolved") +
               (behind ? "; its watch does not show yet what the last pass wrote" : "");
    });
    running.emplace(process{binding::reconcile_state(others_sent_until), {}, {}, {}});
    if (behind)
    {
        running->behind = std::exchange(before_pass_, {});
    }
    record.reads.clear();
    record.balancers.clear();
    record.gone.clear();
    record.dead.clear();
    record.written.clear();
    record.certificate_active.clear();
    record.held.clear();
    record.pass_started.clear();
    record.unsure.clear();
    record.tried.clear();
    record.refused.clear();
    for (open_put& put : record.open)
    {
        put.of_this_process = false;
    }
    // A process believes the ledgers that it reads at its start.
    record.believed.clear();
    for (const auto& [uid, object] : objects)
    {
        believe(object);
        enqueue(listener_of(object));
    }
}

// ownership: a process believes a ledger when it first reads the binding. A ref that only a lost ledger held
// is foreign from then on.
void model::believe(const certificate_binding& object)
{
    record.believed[object.uid] = entries_of(object.status.ledger);
    record.held[object.uid] = object.status.ledger;
    if (object.status[binding::condition_type::ready].reason == binding::reason::certificate_refused)
    {
        // quarantine: a later reason of the binding does not end the quarantine.
        record.refused.insert(object.uid);
    }
    if (record.lost.erase(object.uid) == 0)
    {
        return;
    }
    std::erase_if(record.open, [&](const open_put& put) {
        return put.listener == object.spec.resource_id && !put.of_this_process;
    });
    const auto known = entries_of(object.status.ledger);
    std::erase_if(record.put[object.uid], [&](const slot_entry& entry) { return !known.contains(entry); });
    std::set<slot_entry> held;
    for (const certificate_binding* other : bindings_of(listener_of(object)))
    {
        held.merge(entries_of(other->status.ledger));
    }
    std::erase_if(record.ours[object.spec.resource_id], [&](const slot_entry& entry) {
        return !held.contains(entry);
    });
}

void model::crash()
{
    tell([] { return "the controller dies"; });
    running.reset();
    record.in_flight.clear();
    crashed_ = false;
}

void model::watch_catches_up()
{
    tell([] { return "the watch shows everything"; });
    running->behind.clear();
    for (const auto& [uid, object] : objects)
    {
        enqueue(listener_of(object));
    }
}

void model::enqueue(const target& target)
{
    if (running)
    {
        running->state.record_wake(target);
        auto& due = running->due.try_emplace(target, now).first->second;
        due = std::min(due, now);
    }
}

std::optional<time_point> model::next_due() const
{
    std::optional<time_point> next;
    if (running)
    {
        for (const auto& [target, at] : running->due)
        {
            next = std::min(next.value_or(at), at);
        }
    }
    return next;
}

void model::begin_pass(const target& target)
{
    now += tick;
    if (watch_lags)
    {
        before_pass_ = objects;
    }
    running->due.erase(target);
    record.pass_started[target.listener] = now;
    for (const certificate_binding* object : bindings_of(target))
    {
        record.unsure.erase(object->uid);
    }
    tell([&] { return "a pass of " + name_of(target.listener) + " begins"; });
}

void model::end_pass(const target& target, const binding::pass_end& end, fate& decides)
{
    process& p = *running;
    p.passes.erase(target);
    if (end.how == binding::pass_ending::endless)
    {
        record.broken.push_back("L1: a pass does not come to an end");
    }
    if (end.how == binding::pass_ending::no_bindings_left)
    {
        record.reads.erase(target.listener);  // the process forgets it
        return;
    }
    const auto wait = end.how == binding::pass_ending::planned
                          ? decides.pause_of(end.planned.next, end.slow_passes, end.planned.wait)
                          : end.planned.wait;
    const auto due = p.due.try_emplace(target, now + wait).first;
    due->second = std::min(due->second, now + wait);
    tell([&] {
        return "its pass ends; the next in " +
               std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()) + " ms";
    });
}

// ---- time ----

void model::advance(time_point to)
{
    for (auto next = next_event(); next && *next <= to; next = next_event())
    {
        now = std::max(now, *next);
        for (std::size_t i = 0; i < late.size();)
        {
            if (late[i].due && *late[i].due <= now)
            {
                take_effect(i);
            }
            else if (late[i].expires <= now)
            {
                late.erase(late.begin() + static_cast<std::ptrdiff_t>(i));
            }
            else
            {
                ++i;
            }
        }
        for (const auto& [balancer, until] : std::map(pending_until))
        {
            if (until <= now)
            {
                finish_work(balancer);
            }
        }
        if (certificates_back && *certificates_back <= now)
        {
            bring_certificates_back();
        }
    }
    now = std::max(now, to);
    std::erase_if(record.open, [&](const open_put& put) { return put.deadline <= now; });
}

std::optional<time_point> model::next_event() const
{
    std::optional<time_point> next;
    for (const late_put& put : late)
    {
        const auto at = put.due.value_or(put.expires);
        next = std::min(next.value_or(at), at);
    }
    for (const auto& [balancer, until] : pending_until)
    {
        next = std::min(next.value_or(until), until);
    }
    if (certificates_back)
    {
        next = std::min(next.value_or(*certificates_back), *certificates_back);
    }
    return next;
}

void model::finish_work(const uuid& balancer)
{
    pending_until.erase(balancer);
    cloud.work(balancer);
}

void model::take_effect(std::size_t late_index)
{
    const late_put put = late.at(late_index);
    late.erase(late.begin() + static_cast<std::ptrdiff_t>(late_index));
    if (!cloud.listeners.contains(put.listener))
    {
        return;
    }
    const bool taken = change_slots(put.listener, put.change).has_value();
    tell([&] {
        return "a PUT to " + name_of(put.listener) + " from before " +
               (taken ? "takes effect" : "is refused");
    });
    if (taken)
    {
        note_effect(put.listener, put.change, true);
    }
}

void model::forget_late_patches(const uuid& binding)
{
    std::erase_if(late_patches, [&](const late_patch& late) { return late.binding == binding; });
}

void model::patch_takes_effect(std::size_t late_index)
{
    const late_patch of_old = late_patches.at(late_index);
    late_patches.erase(late_patches.begin() + static_cast<std::ptrdiff_t>(late_index));
    tell([] { return "a write to a binding from before takes effect:"; });
    write(of_old.request, true);
    const auto object = objects.find(of_old.binding);
    if (object == objects.end())
    {
        return;
    }
    record.changed[of_old.binding] = now;
    object_changed(object->second);
}

// ---- people ----

void model::object_changed(const certificate_binding& object)
{
    enqueue(listener_of(object));
}

void model::create(certificate_binding object)
{
    object.resource_version = ++versions_;
    object.generation = 1;
    tell([&] {
        return "binding " + object.name + " is created: " + wanted_by(object).ref.str() +
               (object.spec.sni ? " (sni) on " : " (default) on ") + name_of(object.spec.resource_id);
    });
    const auto uid = object.uid;
    record.created[uid] = now;
    record.changed[uid] = now;
    objects.insert_or_assign(uid, std::move(object));
    object_changed(objects.at(uid));
}

void model::edit(const uuid& uid, const std::function<void(certificate_binding&)>& change)
{
    certificate_binding& object = objects.at(uid);
    const auto before = object.spec;
    const auto held = object.status.ledger;
    change(object);
    record.changed[uid] = now;
    if (object.status.ledger != held)
    {
        record.lost.insert(uid);
    }
    object.generation += object.spec == before ? 0 : 1;
    object.resource_version = ++versions_;
    forget_late_patches(uid);
    tell([&] {
        return "binding " + object.name + " is edited: " + wanted_by(object).ref.str() +
               (object.spec.sni ? " (sni)" : " (default)") + (object.spec.retain ? ", Retain" : "") +
               (object.abandoned ? ", abandoned" : "");
    });
    object_changed(object);
}

void model::remove(const uuid& uid)
{
    certificate_binding& object = objects.at(uid);
    tell([&] { return "binding " + object.name + " is deleted"; });
    forget_late_patches(uid);
    if (object.finalizers.empty())
    {
        const auto target = listener_of(object);
        objects.erase(uid);
        enqueue(target);
        return;
    }
    object.deleting = true;
    record.changed[uid] = now;
    ++object.generation;
    object.resource_version = ++versions_;
    object_changed(object);
}

bool model::foreign_put(const uuid& listener, const cloud::listener_change& change)
{
    const auto row = cloud.listeners.find(listener);
    if (row == cloud.listeners.end() ||
        cloud.balancers.at(row->second.load_balancer) != cloud::provisioning_status::active)
    {
        return false;
    }
    // Octavia reads the refs in the body. A ref that dies later is on the listener already.
    if (!change_slots(listener, change))
    {
        return false;
    }
    tell([&] {
        std::string slots;
        for (const slot_entry& entry : entries_of(cloud.listeners.at(listener).slots))
        {
            slots += " " + entry.ref.str() + (entry.slot == binding::slot::default_ ? " (default)" : "");
        }
        return "somebody else writes to " + name_of(listener) + ":" + slots;
    });
    note_effect(listener, change, false);
    return true;
}

void model::delete_listener(const uuid& listener)
{
    tell([&] { return "listener " + name_of(listener) + " is deleted"; });
    deleted[listener] = cloud.listeners.at(listener).load_balancer;
    cloud.listeners.erase(listener);
    std::erase_if(record.harmful, [&](const auto& row) { return row.first.first == listener; });
    // No PUT takes effect on a deleted listener.
    std::erase_if(record.open, [&](const open_put& put) { return put.listener == listener; });
}

void model::set_usable(const std::string& id, bool usable)
{
    tell([&] { return "certificate " + id + (usable ? " is usable" : " is not usable"); });
    cloud.certificates[id] = usable;
    const bool works = usable && !cloud.dead.contains(id);
    works ? (void)record.usable.try_emplace(id, now) : (void)record.usable.erase(id);
}

void model::set_dead(const std::string& id, bool dead)
{
    tell([&] { return "certificate " + id + (dead ? " dies" : " is restored"); });
    dead ? (void)cloud.dead.insert(id) : (void)cloud.dead.erase(id);
    const auto row = cloud.certificates.find(id);
    const bool works = !dead && row != cloud.certificates.end() && row->second;
    works ? (void)record.usable.try_emplace(id, now) : (void)record.usable.erase(id);
    for (const auto& [listener, of_cloud] : cloud.listeners)
    {
        note_slots(listener);
    }
}

void model::take_certificates_away(time_point until)
{
    tell([] { return "the certificate service does not answer any more"; });
    cloud.away = true;
    certificates_back = until;
    record.away_since = record.away_since.value_or(now);
}

void model::bring_certificates_back()
{
    tell([] { return "the certificate service answers again"; });
    cloud.away = false;
    certificates_back.reset();
    record.away_since.reset();
    record.back_since = now;
}

cloud::answer<cloud::listener> model::change_slots(const uuid& listener, const cloud::listener_change& change)
{
    const binding::listener_slots before = cloud.listeners.at(listener).slots;
    auto taken = cloud.change(listener, change);
    if (taken && replica_lags)
    {
        outdated[listener] = {before, now + settings.replica_lag};
    }
    return taken;
}

// The outdated answer, if fate wants one and the replica can still lag.
const model::outdated_slots* model::outdated_answer(const uuid& listener, fate& decides)
{
    const auto known = outdated.find(listener);
    const bool differs = known != outdated.end() && now < known->second.until &&
                         !same_slots(known->second.slots, cloud.listeners.at(listener).slots);
    return differs && decides.read_is_stale() ? &known->second : nullptr;
}

void model::note_slots(const uuid& listener)
{
    std::set<cloud::container_ref> harmful;
    for (const slot_entry& entry : entries_of(cloud.listeners.at(listener).slots))
    {
        if (cloud.dead.contains(test::cloud_rows::id_of(entry.ref)))
        {
            harmful.insert(entry.ref);
        }
    }
    std::erase_if(record.harmful, [&](const auto& row) {
        return row.first.first == listener && !harmful.contains(row.first.second);
    });
    for (const cloud::container_ref& ref : harmful)
    {
        record.harmful.try_emplace({listener, ref}, now);
    }
}

void model::note_effect(const uuid& listener, const cloud::listener_change& /*change*/, bool ours)
{
    const auto balancer = cloud.listeners.at(listener).load_balancer;
    pending_until[balancer] = now + pending_for;
    note_slots(listener);
    const auto shown = entries_of(cloud.listeners.at(listener).slots);
    auto& provenance = record.ours[listener];
    std::erase_if(provenance, [&](const slot_entry& entry) { return !shown.contains(entry); });
    if (!ours)
    {
        return;
    }
    for (const auto& [uid, object] : objects)
    {
        if (object.spec.resource_id != listener)
        {
            continue;
        }
        for (const slot_entry& entry : entries_of(object.status.ledger))
        {
            if (shown.contains(entry) && record.put[uid].contains(entry))
            {
                provenance.insert(entry);
            }
        }
    }
}

certificate_binding* model::find_by_name(const std::string& name)
{
    for (auto& [uid, object] : objects)
    {
        if (object.name == name)
        {
            return &object;
        }
    }
    return nullptr;
}

}  // namespace prove
