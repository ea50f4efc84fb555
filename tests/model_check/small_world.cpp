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
// Of somebody else: the default, and the one on the SNI list.
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
constexpr support::duration long_wait = slow_wait;  // from here on nothing is under way
constexpr support::duration change_takes = 100ms;   // of a load balancer
constexpr support::duration looks_again = 20s;      // while a PUT is in doubt

// Whose certificate somebody else writes.
constexpr std::size_t ours_too = 0;
constexpr std::size_t theirs = 1;

// Nothing settles: a PUT waits for no other binding. And a resync is as long as a contest, so that all ages
// are over after a few.
binding::settings small_settings()
{
    binding::settings made;
    made.settle = {};
    made.resync_period = 1h;
    return made;
}

}  // namespace

small_world::small_world(const family& of) : family_(&of), world_(small_settings()), may_(of.may)
{
    world_.wall_stands = true;
    world_.pending_for = change_takes;
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
    for (auto& [id, since] : world_.seen.usable)
    {
        since = world_.now - 1h;  // it always was
    }
    world_.start();
}

const certificate_binding* small_world::find(std::size_t which) const
{
    const auto found = world_.objects.find(uids.at(which));
    return found == world_.objects.end() ? nullptr : &found->second;
}

// ---- what people and others do ----

std::vector<small_world::happening> small_world::happenings() const
{
    std::vector<happening> all;
    for (std::size_t i = 0; i < family_->bindings; ++i)
    {
        if (!created_.at(i))
        {
            all.push_back({what::create, i});
        }
    }
    bindings_may(all);
    // Within a round others come between a look and what follows it: see meanwhile().
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
                all.push_back({what::unusable, i});
                all.push_back({what::dies, i});
            }
        }
    }
    // After a write it is among the ends of the write.
    if (may_.faults > 0 && world_.running->passes.empty())
    {
        all.push_back({what::crash});
    }
    if (!in_order() && at_rest())
    {
        all.push_back({what::put_in_order});
    }
    return all;
}

void small_world::bindings_may(std::vector<happening>& all) const
{
    for (std::size_t i = 0; i < uids.size(); ++i)
    {
        const certificate_binding* object = find(i);
        if (object == nullptr)
        {
            continue;
        }
        if (!object->deleting)
        {
            all.push_back({what::remove, i});
        }
        if (may_.changes.at(i) == 0)
        {
            continue;
        }
        if (!object->deleting)
        {
            all.push_back({what::change_certificate, i});
            all.push_back({what::change_slot, i});
        }
        if (family_->with_retain && !object->spec.retain && !object->abandoned)
        {
            all.push_back({what::retain, i});
            all.push_back({what::abandon, i});
        }
    }
}

// `at_once`: the load balancer is ACTIVE again before anybody looks.
void small_world::others_may(std::vector<happening>& all, bool at_once) const
{
    for (std::size_t i = 0; i < world_.late.size(); ++i)
    {
        all.push_back({what::late_effect, i});
    }
    if (may_.foreign == 0 ||
        (!at_once && world_.cloud.balancers.at(balancer) != cloud::provisioning_status::active))
    {
        return;
    }
    for (const what kind : {what::default_by_another, what::sni_by_another})
    {
        if (kind == what::default_by_another ? !family_->default_is_written : !family_->sni_is_written)
        {
            continue;
        }
        for (const std::size_t which : {ours_too, theirs})
        {
            cloud::listener_change change;
            if (others_write({kind, which}, change))
            {
                all.push_back({kind, which});
            }
        }
    }
}

// False if that would change nothing, or be just what a PUT in doubt would write: unanswered-writes takes
// that for the PUT.
bool small_world::others_write(const happening& wanted, cloud::listener_change& change) const
{
    const auto& slots = world_.cloud.listeners.at(listener).slots;
    const bool of_default = wanted.what == what::default_by_another;
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
    const auto& memories = world_.running->state.all();
    const bool as_ours =
        std::ranges::any_of(
            world_.seen.open, [&](const open_put& each) { return same_slots(each.expected, after); }
        ) ||
        std::ranges::any_of(memories, [&](const auto& each) {
            return each.second.facts().puts.under_way &&
                   same_slots(each.second.facts().puts.under_way->expected, after);
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
    object.created = world_.wall() - (is_older ? 2h : 1h);  // who comes first may have the larger uid
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
    switch (wanted.what)
    {
        case what::create:
            create(wanted.who);
            break;
        case what::remove:
            world_.remove(uids.at(wanted.who));
            break;
        case what::change_certificate:
            edit([](certificate_binding& each) {
                const bool first = each.spec.certificate_id.str() == ours[0];
                each.spec.certificate_id = *uuid::parse(ours.at(first ? 1 : 0));
            });
            break;
        case what::change_slot:
            edit([](certificate_binding& each) { each.spec.sni = !each.spec.sni; });
            break;
        case what::retain:
            edit([](certificate_binding& each) { each.spec.retain = true; });
            break;
        case what::abandon:
            edit([](certificate_binding& each) { each.abandoned = true; });
            break;
        case what::default_by_another:
        case what::sni_by_another: {
            cloud::listener_change change;
            --may_.foreign;
            if (others_write(wanted, change))
            {
                world_.foreign_put(listener, change);
            }
            break;
        }
        case what::late_effect:
            world_.take_effect(wanted.who);
            break;
        case what::unusable:
            --may_.certificates;
            world_.set_usable(ours.at(wanted.who), false);
            break;
        case what::dies:
            --may_.certificates;
            world_.set_dead(ours.at(wanted.who), true);
            break;
        case what::crash:
            --may_.faults;
            world_.crash();
            settle_down();
            break;
        case what::put_in_order:
            for (const std::string& id : ours)
            {
                world_.set_dead(id, false);
                world_.set_usable(id, true);
            }
            for (const auto& [uid, object] : std::map(world_.objects))
            {
                const bool again = object.requested_at.view() == "1";
                world_.edit(uid, [&](certificate_binding& each) {
                    each.requested_at = support::interned(again ? "2" : "1");
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
    return all_usable && std::ranges::none_of(world_.objects, [](const auto& each) {
               const auto& ready = each.second.status[binding::condition_type::ready];
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

// Who dies is started again at once: what happens in between is as if it happened before. And who waits has
// waited: what happens meanwhile is as if it happened at the end, but for a PUT that would be too late then.
void small_world::settle_down()
{
    if (!world_.running)
    {
        world_.start();
    }
    const auto due = world_.next_due();
    if (!world_.running->passes.empty() ||
        std::ranges::any_of(world_.late, [&](const late_put& each) { return !due || each.expires <= *due; }))
    {
        return;
    }
    rested_ = !due || *due - world_.now >= long_wait;
    if (due)
    {
        world_.advance(*due);
    }
}

// What is in Kubernetes of us, but for what is only said.
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
            return in_doubt ? std::min<support::duration>(looks_again, put->deadline - world_.now) : wait;
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

// ---- what goes wrong meanwhile ----

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
    static constexpr std::array all{
        patch_fate::done, patch_fate::refused, patch_fate::dropped, patch_fate::lost, patch_fate::crash
    };
    const auto made = choose(may_.faults > 0 ? all.size() : 1);
    may_.faults -= made > 0 ? 1 : 0;
    return all.at(made);
}

put_fate small_world::of_put()
{
    ++puts_;
    static constexpr std::array all{
        put_fate::done,
        put_fate::refused,
        put_fate::busy,
        put_fate::lost,
        put_fate::crash,
        put_fate::late,
        put_fate::crash_early
    };
    // unanswered-writes: what somebody else has just written is not told from the effect of the PUT.
    const auto& put = world_.running->state.all().begin()->second.facts().puts.under_way;
    const bool is_there = put && same_slots(put->expected, world_.cloud.listeners.at(listener).slots);
    const auto made = choose(may_.faults == 0 ? 1 : is_there ? all.size() - 2 : all.size());
    may_.faults -= made > 0 ? 1 : 0;
    return all.at(made);
}

bool small_world::read_fails()
{
    const auto made = choose(may_.faults > 0 ? 2 : 1);
    may_.faults -= made > 0 ? 1 : 0;
    return made > 0;
}

// Between a look and a write of the listener others write, between a plan and its write of a binding people
// do. What happens elsewhere is as if it happened before or after.
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
    const auto made = choose(all.size() + 1);
    if (made == 0)
    {
        return;
    }
    const happening& chosen = all.at(made - 1);
    const bool of_listener = chosen.what == what::late_effect || chosen.what == what::default_by_another ||
                             chosen.what == what::sni_by_another;
    if (!of_listener)
    {
        happen(chosen);
        return;
    }
    // Whoever writes waits until it can, and its work is done before anybody looks.
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
    into.number(static_cast<std::uint64_t>(may_.certificates));
    into.number(created_[0] ? 1 : 0);
    into.number(created_[1] ? 1 : 0);
    into.number(rested_ ? 1 : 0);
    take_in(into, world_, may_.certificates == 0 && world_.cloud.dead.empty());
    return into.made();
}

}  // namespace prove
