#include "model_check/small_world.hpp"

#include <algorithm>

namespace prove {

using binding::certificate_binding;
using namespace std::chrono_literals;
using support::uuid;

namespace {

const std::array<std::string, 2> ours{
    "aaaaaaaa-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-000000000002",
};
// Certificates of another client: the default, and the one on the SNI list.
const std::array<std::string, 2> foreign{
    "eeeeeeee-0000-4000-8000-00000000000e",
    "ffffffff-0000-4000-8000-00000000000f",
};
const uuid listener = *uuid::parse("11111111-0000-4000-8000-000000000001");
const uuid balancer = *uuid::parse("99999999-0000-4000-8000-000000000001");
const std::array<uuid, 2> uids{
    *uuid::parse("00000000-0000-4000-8000-000000000001"),
    *uuid::parse("00000000-0000-4000-8000-000000000002"),
};

constexpr support::duration slow_wait = 5min;       // for people, or for a certificate
constexpr support::duration long_wait = slow_wait;  // nothing is under way during such a wait
constexpr support::duration far_too_late = 2h;      // longer than every wait of the rules
constexpr support::duration change_takes = 100ms;   // at a load balancer
constexpr support::duration reads_again = 20s;      // while a PUT is in doubt

// Whose certificate another client writes.
constexpr std::size_t ours_too = 0;
constexpr std::size_t theirs = 1;

// A PUT waits for no other binding to settle. A resync is as long as a contest, so that every age has passed
// its limit after a few resyncs.
binding::settings small_settings()
{
    binding::settings settings;
    settings.settle = {};
    settings.resync_period = 1h;
    return settings;
}

}  // namespace

small_world::small_world(const family& of) : family_(&of), world_(small_settings()), may_(of.may)
{
    world_.wall_stands = true;
    world_.pending_for = change_takes;
    world_.replica_lags = of.may.stale > 0;
    world_.watch_lags = of.starts_behind;
    world_.cloud.balancers[balancer] = cloud::provisioning_status::active;
    auto& row = world_.cloud.listeners[listener];
    row.load_balancer = balancer;
    if (of.default_there)
    {
        row.slots.default_ref = test::cloud_rows::ref(foreign[0]);
    }
    if (of.sni_there)
    {
        row.slots.sni_refs.push_back(test::cloud_rows::ref(foreign[1]));
    }
    world_.set_usable(ours[0], true);
    world_.set_usable(ours[1], of.second_usable);
    for (auto& [id, since] : world_.record.usable)
    {
        since = world_.now - 1h;  // usable long enough for every rule
    }
    world_.start(world_.now);
}

const certificate_binding* small_world::find(std::size_t which) const
{
    const auto object = world_.objects.find(uids.at(which));
    return object == world_.objects.end() ? nullptr : &object->second;
}

// ---- happenings: people, other clients, the cloud ----

std::vector<small_world::happening> small_world::happenings() const
{
    std::vector<happening> all;
    for (std::size_t i = 0; i < family_->bindings; ++i)
    {
        if (!created_.at(i))
        {
            all.push_back({kind::create, i});
        }
    }
    bindings_may(all);
    // In a pass others write between a read and the write after it: see meanwhile().
    if (world_.running->passes.empty())
    {
        others_may(all, false);
    }
    if (may_.certificates > 0)
    {
        for (std::size_t i = 0; i < ours.size(); ++i)
        {
            if (world_.cloud.certificates.at(ours.at(i)) && !world_.cloud.dead.contains(ours.at(i)))
            {
                all.push_back({kind::unusable, i});
                all.push_back({kind::dies, i});
            }
        }
    }
    // In a pass a crash is one fate of a write.
    if (may_.faults > 0 && world_.running->passes.empty())
    {
        all.push_back({kind::crash});
    }
    if (may_.take_overs > 0 && !world_.running->state.is_stopping())
    {
        all.push_back({kind::stop});
    }
    if (!world_.running->behind.empty())
    {
        all.push_back({kind::watch_catches_up});
    }
    if (!in_order() && at_rest())
    {
        all.push_back({kind::put_in_order});
    }
    return all;
}

void small_world::bindings_may(std::vector<happening>& all) const
{
    for (std::size_t i = 0; i < world_.late_patches.size(); ++i)
    {
        all.push_back({kind::late_patch, i});
    }
    for (std::size_t i = 0; i < uids.size(); ++i)
    {
        const certificate_binding* object = find(i);
        if (object == nullptr)
        {
            continue;
        }
        if (!object->deleting)
        {
            all.push_back({kind::remove, i});
        }
        if (may_.changes.at(i) == 0)
        {
            continue;
        }
        if (!object->deleting)
        {
            all.push_back({kind::change_certificate, i});
            all.push_back({kind::change_slot, i});
        }
        if (family_->with_retain && !object->spec.retain && !object->abandoned)
        {
            all.push_back({kind::retain, i});
            all.push_back({kind::abandon, i});
        }
    }
}

// `at_once`: the load balancer is ACTIVE again before anybody reads it.
void small_world::others_may(std::vector<happening>& all, bool at_once) const
{
    for (std::size_t i = 0; i < world_.late.size(); ++i)
    {
        all.push_back({kind::late_effect, i});
    }
    if (may_.foreign == 0 ||
        (!at_once && world_.cloud.balancers.at(balancer) != cloud::provisioning_status::active))
    {
        return;
    }
    for (const kind by_another : {kind::default_by_another, kind::sni_by_another})
    {
        if (by_another == kind::default_by_another ? !family_->default_is_written : !family_->sni_is_written)
        {
            continue;
        }
        for (const std::size_t which : {ours_too, theirs})
        {
            cloud::listener_change change;
            if (others_write({by_another, which}, change))
            {
                all.push_back({by_another, which});
            }
        }
    }
}

// False if the change would change nothing, or write the same as a PUT in doubt, because unanswered-writes
// would take the change for that PUT.
bool small_world::others_write(const happening& wanted, cloud::listener_change& change) const
{
    const auto& slots = world_.cloud.listeners.at(listener).slots;
    const bool of_default = wanted.kind == kind::default_by_another;
    const std::string& id = wanted.who == ours_too ? ours[0] : foreign.at(of_default ? 0 : 1);
    if (world_.cloud.dead.contains(id))
    {
        return false;
    }
    const cloud::container_ref ref = test::cloud_rows::ref(id);
    if (of_default)
    {
        change.default_ref = ref;
    }
    else
    {
        change.sni_refs = slots.sni_refs;
        if (std::erase(*change.sni_refs, ref) == 0)
        {
            change.sni_refs->push_back(ref);
        }
    }
    const auto after = with(slots, change);
    const auto& states = world_.running->state.all();
    const bool as_ours =
        std::ranges::any_of(
            world_.record.open, [&](const open_put& put) { return same_slots(put.expected, after); }
        ) ||
        std::ranges::any_of(states, [&](const auto& row) {
            return row.second.facts().puts.under_way &&
                   same_slots(row.second.facts().puts.under_way->expected, after);
        });
    return !as_ours && !entries_of(after).empty() && !same_slots(slots, after);
}

void small_world::create(std::size_t which)
{
    certificate_binding object;
    object.uid = uids.at(which);
    object.name_space = support::interned("shop");
    object.name = "b" + std::to_string(which + 1);
    const bool is_older = family_->of_two_ages && which == 0;
    object.created = world_.wall() - (is_older ? 2h : 1h);  // the older binding may have the larger uid
    object.spec.region = support::interned(world_.cloud.here.region);
    object.spec.resource_id = listener;
    object.spec.certificate_id = *uuid::parse(ours.at(family_->one_certificate ? 0 : which));
    object.spec.sni = family_->sni.at(which);
    created_.at(which) = true;
    world_.create(std::move(object));
}

void small_world::happen(const happening& wanted)
{
    rested_ = false;
    const auto edit = [&](const auto& change) {
        --may_.changes.at(wanted.who);
        world_.edit(uids.at(wanted.who), change);
    };
    switch (wanted.kind)
    {
        case kind::create:
            create(wanted.who);
            break;
        case kind::remove:
            world_.remove(uids.at(wanted.who));
            break;
        case kind::change_certificate:
            edit([](certificate_binding& object) {
                const bool first = object.spec.certificate_id.str() == ours[0];
                object.spec.certificate_id = *uuid::parse(ours.at(first ? 1 : 0));
            });
            break;
        case kind::change_slot:
            edit([](certificate_binding& object) { object.spec.sni = !object.spec.sni; });
            break;
        case kind::retain:
            edit([](certificate_binding& object) { object.spec.retain = true; });
            break;
        case kind::abandon:
            edit([](certificate_binding& object) { object.abandoned = true; });
            break;
        case kind::default_by_another:
        case kind::sni_by_another: {
            cloud::listener_change change;
            --may_.foreign;
            if (others_write(wanted, change))
            {
                world_.foreign_put(listener, change);
            }
            break;
        }
        case kind::late_effect:
            world_.take_effect(wanted.who);
            break;
        case kind::unusable:
            --may_.certificates;
            world_.set_usable(ours.at(wanted.who), false);
            break;
        case kind::dies:
            --may_.certificates;
            world_.set_dead(ours.at(wanted.who), true);
            break;
        case kind::crash:
            --may_.faults;
            world_.crash();
            settle_down();
            break;
        case kind::stop:
            --may_.take_overs;
            world_.tell([] { return "the controller is asked to end"; });
            world_.running->state.stop();
            settle_down();
            break;
        case kind::late_patch:
            world_.patch_takes_effect(wanted.who);
            break;
        case kind::watch_catches_up:
            world_.watch_catches_up();
            break;
        case kind::put_in_order:
            for (const std::string& id : ours)
            {
                world_.set_dead(id, false);
                world_.set_usable(id, true);
            }
            for (const auto& [uid, object] : std::map(world_.objects))
            {
                const bool again = object.requested_at.view() == "1";
                world_.edit(uid, [&](certificate_binding& edited) {
                    edited.requested_at = support::interned(again ? "2" : "1");
                });
            }
            break;
    }
}

bool small_world::in_order() const
{
    const bool all_usable = std::ranges::all_of(ours, [&](const std::string& id) {
        return world_.cloud.certificates.at(id) && !world_.cloud.dead.contains(id);
    });
    return all_usable && std::ranges::none_of(world_.objects, [](const auto& row) {
               const auto& ready = row.second.status[binding::condition_type::ready];
               return ready.reason == binding::reason::certificate_refused;
           });
}

// ---- the controller ----

bool small_world::step(script& answers)
{
    answers_ = &answers;
    rested_ = false;
    bool ends = true;
    if (const auto due = world_.next_due(); world_.running->passes.empty() && (!due || world_.now < *due))
    {
        const auto until = due ? due : world_.next_event();
        world_.advance(until.value_or(world_.now));
    }
    else
    {
        const auto target = world_.running->passes.empty() ? world_.running->due.begin()->first
                                                           : world_.running->passes.begin()->first;
        const auto before = ledgers();
        const auto puts = puts_;
        world_.step(target, *this);
        ends = puts != puts_ || !world_.running || world_.running->passes.empty() || before != ledgers();
    }
    answers_ = nullptr;
    if (ends)
    {
        settle_down();
    }
    return ends;
}

// A process that dies starts again at once, because a happening in between is as if it came before the crash.
// A wait ends at once, because a happening during the wait is as if it came at the end. A PUT that expires
// during the wait is the exception.
void small_world::settle_down()
{
    if (!world_.running)
    {
        world_.start(world_.now, family_->starts_behind);
    }
    else if (world_.running->state.is_stopping() && world_.running->passes.empty())
    {
        const bool resolved = world_.end_in_order() || family_->promises_too_much;
        world_.start(resolved ? std::nullopt : std::optional(world_.now));
    }
    const auto due = world_.next_due();
    if (!world_.running->passes.empty() ||
        std::ranges::any_of(world_.late, [&](const late_put& put) { return !due || put.expires <= *due; }))
    {
        return;
    }
    rested_ = !due || *due - world_.now >= long_wait;
    if (due)
    {
        world_.advance(*due);
    }
}

// The finalizers and ledgers in Kubernetes.
std::vector<std::pair<bool, binding::ledger>> small_world::ledgers() const
{
    std::vector<std::pair<bool, binding::ledger>> all;
    for (const auto& [uid, object] : world_.objects)
    {
        all.emplace_back(object.has_finalizer(), object.status.ledger);
    }
    return all;
}

support::duration small_world::pause_of(binding::requeue how, int slow, support::duration wait)
{
    switch (how)
    {
        case binding::requeue::after: {
            const auto& put = world_.running->state.all().begin()->second.facts().puts.under_way;
            const bool in_doubt =
                put && put->phase == binding::put_phase::in_doubt && world_.now < put->deadline;
            return in_doubt ? std::min<support::duration>(reads_again, put->deadline - world_.now) : wait;
        }
        case binding::requeue::resync:
            return world_.settings.resync_period;
        case binding::requeue::slow:
            return wait > support::duration{} ? std::min(wait, slow_wait) : slow_wait;
        case binding::requeue::poll:
            return std::max(wait, slow_wait);
        case binding::requeue::retry:
        case binding::requeue::turn:
            break;
    }
    return fate::pause_of(how, slow, wait);
}

// ---- faults, and happenings in a pass ----

std::size_t small_world::choose(std::size_t options)
{
    if (options < 2)
    {
        return 0;
    }
    const auto at = answers_->options.size();
    answers_->options.push_back(static_cast<std::uint8_t>(options));
    if (at == answers_->chosen.size())
    {
        answers_->chosen.push_back(0);
    }
    return answers_->chosen.at(at);
}

patch_fate small_world::of_patch()
{
    std::vector all{patch_fate::done};
    if (may_.faults > 0)
    {
        all = {
            patch_fate::done, patch_fate::refused, patch_fate::dropped, patch_fate::lost, patch_fate::crash
        };
    }
    if (may_.take_overs > 0)
    {
        all.push_back(patch_fate::late);
    }
    const auto drawn = all.at(choose(all.size()));
    may_.take_overs -= drawn == patch_fate::late ? 1 : 0;
    may_.faults -= drawn != patch_fate::late && drawn != patch_fate::done ? 1 : 0;
    return drawn;
}

put_fate small_world::of_put()
{
    ++puts_;
    static constexpr std::array all{
        put_fate::done,
        put_fate::refused,
        put_fate::busy,
        put_fate::unsent,
        put_fate::lost,
        put_fate::crash,
        put_fate::late,
        put_fate::crash_early
    };
    // unanswered-writes: nobody can tell the same write by another client from the effect of the PUT.
    const auto& put = world_.running->state.all().begin()->second.facts().puts.under_way;
    const bool is_there = put && same_slots(put->expected, world_.cloud.listeners.at(listener).slots);
    const auto drawn = choose(may_.faults == 0 ? 1 : is_there ? all.size() - 2 : all.size());
    may_.faults -= drawn > 0 ? 1 : 0;
    return all.at(drawn);
}

bool small_world::read_fails()
{
    const auto drawn = choose(may_.faults > 0 ? 2 : 1);
    may_.faults -= drawn > 0 ? 1 : 0;
    return drawn > 0;
}

support::duration small_world::beyond_deadline()
{
    return family_->sends_too_late ? far_too_late : support::duration{};
}

bool small_world::read_is_stale()
{
    const auto drawn = choose(may_.stale > 0 ? 2 : 1);
    may_.stale -= drawn > 0 ? 1 : 0;
    return drawn > 0;
}

// Other clients write between a read of the listener and the write after it. People write between a plan and
// its write to a binding. A happening at any other moment is as if it came before or after.
void small_world::meanwhile(request kind)
{
    std::vector<happening> all;
    switch (kind)
    {
        case request::read:
            others_may(all, true);
            break;
        case request::patch:
            bindings_may(all);
            break;
        case request::put:
            put_decided_ = !put_decided_;
            if (put_decided_)
            {
                others_may(all, true);
            }
            break;
    }
    choose_among(all);
}

void small_world::choose_among(const std::vector<happening>& all)
{
    const auto drawn = choose(all.size() + 1);
    if (drawn == 0)
    {
        return;
    }
    const happening& chosen = all.at(drawn - 1);
    const bool of_listener = chosen.kind == kind::late_effect || chosen.kind == kind::default_by_another ||
                             chosen.kind == kind::sni_by_another;
    if (!of_listener)
    {
        happen(chosen);
        return;
    }
    // The writer waits until the load balancer is free, and the load balancer is done before anybody reads
    // it.
    world_.finish_work(balancer);
    happen(chosen);
    world_.finish_work(balancer);
}

digest128 small_world::digest() const
{
    digester into;
    into.number(static_cast<std::uint64_t>(may_.faults));
    into.number(static_cast<std::uint64_t>(may_.foreign));
    into.number(static_cast<std::uint64_t>(may_.changes[0]));
    into.number(static_cast<std::uint64_t>(may_.changes[1]));
    into.number(static_cast<std::uint64_t>(may_.stale));
    into.number(static_cast<std::uint64_t>(may_.certificates));
    into.number(static_cast<std::uint64_t>(may_.take_overs));
    into.number(created_[0] ? 1 : 0);
    into.number(created_[1] ? 1 : 0);
    into.number(rested_ ? 1 : 0);
    take_in(into, world_, may_.certificates == 0 && world_.cloud.dead.empty());
    return into.value();
}

}  // namespace prove
