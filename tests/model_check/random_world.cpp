#include "model_check/random_world.hpp"

#include "binding/slots/ledger.hpp"
#include "model_check/end_state.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace prove {

using binding::certificate_binding;
using binding::slot;
using namespace std::chrono_literals;
using support::uuid;

namespace {

const std::vector<std::string> our_certificates{
    "aaaaaaaa-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-000000000002",
    "cccccccc-0000-4000-8000-000000000003",
    "dddddddd-0000-4000-8000-000000000004",
};
const std::vector<std::string> foreign_certificates{
    "eeeeeeee-0000-4000-8000-00000000000e",
    "ffffffff-0000-4000-8000-00000000000f",
};

uuid numbered(const char* prefix, int number)
{
    char text[37];
    std::snprintf(text, sizeof text, "%s-0000-4000-8000-%012d", prefix, number);
    return *uuid::parse(text);
}

cloud::container_ref spelled(const std::string& id, bool otherwise)
{
    return otherwise ? cloud::container_ref("https://other-name:9311/v1/containers/" + id)
                     : test::cloud_rows::ref(id);
}

}  // namespace

random_world::random_world(std::uint64_t seed)
    : random_(seed), world_(binding::settings{}), surveys_(seed % 3 == 0)
{
    world_.replica_lags = seed % 2 == 0;
    set_up();
}

void random_world::set_up()
{
    const int listeners = 1 + below(3);
    for (int i = 0; i < listeners; ++i)
    {
        const uuid balancer = numbered("99999999", chance(75) ? 1 : 2);
        world_.cloud.balancers[balancer] = cloud::provisioning_status::active;
        test::cloud_rows::listener_row row;
        row.load_balancer = balancer;
        if (chance(80))
        {
            row.slots.default_ref = spelled(foreign_certificates[0], chance(20));
        }
        if (!row.slots.default_ref || chance(30))
        {
            row.slots.sni_refs.push_back(spelled(foreign_certificates[1], chance(20)));
        }
        const uuid id = numbered(i == 0 ? "11111111" : i == 1 ? "22222222" : "33333333", i + 1);
        world_.cloud.listeners[id] = row;
        listeners_.push_back(id);
    }
    for (const std::string& id : our_certificates)
    {
        world_.set_usable(id, chance(85));
        for (auto& [usable, since] : world_.record.usable)
        {
            since = world_.now - 1h;  // usable long enough for every rule
        }
    }
    for (int i = below(4); i > 0; --i)
    {
        add_binding(chance(50));
    }
    trouble_ = chance(30) ? 0 : 1 + below(15);
    world_.start(world_.now);
}

void random_world::add_binding(bool with_ledger)
{
    certificate_binding object;
    // A later binding may have the smaller uid.
    object.uid = numbered(chance(50) ? "00000000" : "55555555", ++bindings_);
    object.name_space = support::interned("shop");
    object.name = "b" + std::to_string(bindings_);
    // The binding is of the same second as others, or of a second of its own.
    const auto second = chance(50) ? first_wall_ : world_.wall();
    object.created = second - std::chrono::seconds(below(3) * 100);
    object.spec.region = support::interned(world_.cloud.here.region);
    object.spec.resource_id = one_of(listeners_);
    object.spec.certificate_id = *uuid::parse(one_of(our_certificates));
    object.spec.sni = chance(50);
    object.spec.retain = chance(5);
    if (with_ledger)
    {
        give_ledger(object);
    }
    world_.create(std::move(object));
}

// Makes the ledger that an earlier process left: its entries are on the listener, or its PUT may still take
// effect.
void random_world::give_ledger(certificate_binding& object)
{
    auto& row = world_.cloud.listeners.at(object.spec.resource_id);
    const bool rotates = chance(20);
    const std::string id = rotates ? one_of(our_certificates) : object.spec.certificate_id.str();
    const slot in_slot = chance(10) ? slot::sni : object.wanted_slot();
    const cloud::container_ref ref = test::cloud_rows::ref(id);
    object.finalizers.add(binding::finalizer);
    object.status.ledger.attachments.push_back({ref, in_slot, chance(60)});
    const auto& here = world_.cloud.here;
    object.status.ledger.scope = {
        support::interned(here.identity),
        support::interned(here.project_id),
        support::interned(here.region),
        support::interned(here.load_balancer_endpoint),
    };
    const slot_entry entry{ref, in_slot};
    const bool confirmed = object.status.ledger.attachments.front().confirmed;
    cloud::listener_change change;
    if (in_slot == slot::default_)
    {
        if (row.slots.default_ref && *row.slots.default_ref == spelled(foreign_certificates[0], false))
        {
            object.status.ledger.replaced_default_ref = *row.slots.default_ref;
        }
        change.default_ref = ref;
    }
    else
    {
        change.sni_refs = row.slots.sni_refs;
        if (!entries_of(row.slots).contains(entry))
        {
            change.sni_refs->push_back(ref);
        }
    }
    if (confirmed || chance(40))
    {
        const auto was = entries_of(row.slots);
        row.slots = with(row.slots, change);
        if (!was.contains(entry))
        {
            world_.record.put[object.uid].insert(entry);
            world_.record.ours[object.spec.resource_id].insert(entry);
        }
        const auto shown = entries_of(row.slots);
        std::erase_if(world_.record.ours[object.spec.resource_id], [&](const slot_entry& entry) {
            return !shown.contains(entry);
        });
        return;
    }
    world_.record.put[object.uid].insert(entry);
    const auto expires = world_.now + world_.settings.write_deadline;
    if (chance(70))
    {
        world_.late.push_back({object.spec.resource_id, change, expires, when_late(world_.now, expires)});
        world_.record.open.push_back(
            {object.spec.resource_id, row.load_balancer, with(row.slots, change), expires, false, false}
        );
    }
}

// ---- faults of requests ----

patch_fate random_world::of_patch()
{
    if (calm_ || !chance(trouble_))
    {
        return patch_fate::done;
    }
    static const std::vector<patch_fate> all{
        patch_fate::refused, patch_fate::dropped, patch_fate::lost, patch_fate::lost, patch_fate::crash
    };
    const patch_fate drawn = one_of(all);
    return nested_ && drawn == patch_fate::crash ? patch_fate::lost : drawn;
}

put_fate random_world::of_put()
{
    if (calm_ || !chance(3 * trouble_))
    {
        return put_fate::done;
    }
    if (world_.replica_lags && chance(20))
    {
        return put_fate::unsent;
    }
    static const std::vector<put_fate> all{
        put_fate::refused,
        put_fate::busy,
        put_fate::lost,
        put_fate::late,
        put_fate::late,
        put_fate::crash,
        put_fate::crash_early
    };
    const put_fate drawn = one_of(all);
    const bool dies = drawn == put_fate::crash || drawn == put_fate::crash_early;
    return nested_ && dies ? put_fate::late : drawn;
}

bool random_world::read_fails()
{
    return !calm_ && ((reads_fail_until_ && world_.now < *reads_fail_until_) || chance(trouble_ / 5));
}

bool random_world::read_is_stale()
{
    return !calm_ && chance(20);
}

bool random_world::list_is_wrong_about(const uuid&)
{
    return !calm_ && world_.replica_lags && chance(20);
}

std::optional<support::time_point> random_world::when_late(
    support::time_point now, support::time_point expires
)
{
    if (chance(20))
    {
        return std::nullopt;  // never
    }
    const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(expires - now).count();
    return now + std::chrono::milliseconds(1 + below(static_cast<int>(std::max<std::int64_t>(most - 1, 1))));
}

// People, other clients and other passes of this process go on while a request is under way.
void random_world::meanwhile(request kind)
{
    const bool is_put = kind == request::put;
    if (calm_ || nested_)
    {
        return;
    }
    if (chance(is_put ? 10 : 3))
    {
        happen();
    }
    if (is_put && world_.running)
    {
        nested_ = true;
        const uuid waits = world_.putting;
        std::vector<binding::target> others;
        for (const auto& [target, pass] : world_.running->passes)
        {
            others.push_back(target);
        }
        for (int i = below(6); i > 0 && others.size() > 1; --i)
        {
            const auto& other = one_of(others);
            const auto row = world_.cloud.listeners.find(other.listener);
            const auto& active = world_.running->passes;
            // The pass of this listener waits for the answer and cannot step.
            if (active.contains(other) && row != world_.cloud.listeners.end() && other.listener != waits)
            {
                world_.step(other, *this);
                ++steps_;
            }
        }
        nested_ = false;
    }
}

// ---- happenings ----

std::optional<uuid> random_world::some_binding()
{
    if (world_.objects.empty())
    {
        return std::nullopt;
    }
    auto at = world_.objects.begin();
    std::advance(at, below(static_cast<int>(world_.objects.size())));
    return at->first;
}

void random_world::happen()
{
    const int draw = below(100);
    if (draw < 50)
    {
        happen_to_bindings();
    }
    else if (draw < 75)
    {
        happen_to_listeners();
    }
    else if (draw < 92)
    {
        happen_to_certificates();
    }
    else if (draw < 95)
    {
        reads_fail_until_ = world_.now + std::chrono::milliseconds(below(20000));
        world_.tell([] { return "reads of listeners fail for a while"; });
    }
    else if (world_.running && !world_.running->passes.empty())
    {
        // A credential with another content is another credential, so no pass goes on with it.
        return;
    }
    else if (world_.elsewhere)
    {
        lead_back();
    }
    else
    {
        world_.elsewhere = cloud::project_scope{"http://keystone/v3", "another", "sao1", "http://octavia/v2"};
        world_.tell([] { return "the credential leads to another project"; });
    }
}

// The controller reads the certificates again when their time comes.
void random_world::lead_back()
{
    if (!world_.elsewhere)
    {
        return;
    }
    world_.elsewhere.reset();
    world_.tell([] { return "the credential leads to the right cloud again"; });
    for (auto& [id, since] : world_.record.usable)
    {
        since = world_.now;
    }
}

void random_world::happen_to_bindings()
{
    const auto uid = some_binding();
    const int draw = below(100);
    if (!uid || (draw < 35 && world_.objects.size() < 5))
    {
        if (bindings_ < 12)
        {
            add_binding(false);
        }
        return;
    }
    if (draw < 60)
    {
        if (!world_.objects.at(*uid).deleting)
        {
            world_.remove(*uid);
        }
        return;
    }
    world_.edit(*uid, [&](certificate_binding& object) {
        if (draw < 75)
        {
            object.spec.certificate_id = *uuid::parse(one_of(our_certificates));
        }
        else if (draw < 85)
        {
            object.spec.sni = !object.spec.sni;
        }
        else if (draw < 88)
        {
            object.spec.retain = !object.spec.retain;
        }
        else if (draw < 90)
        {
            object.abandoned = true;
        }
        else if (draw < 93)
        {
            object.requested_at = support::interned(std::to_string(below(1000)));
        }
        else if (draw < 97)
        {
            object.status = {};  // as restored from a backup
        }
        else
        {
            binding::ledger& held = object.status.ledger;
            const auto row = world_.cloud.listeners.find(object.spec.resource_id);
            if (row == world_.cloud.listeners.end() || held.attachments.size() >= 10)
            {
                return;
            }
            // The decoder shows an entry that is there twice once.
            const auto& ref = row->second.slots.default_ref;
            if (ref && !holds(held, *ref, slot::default_))
            {
                held.attachments.push_back({*ref, slot::default_, chance(50)});
            }
        }
    });
}

void random_world::happen_to_listeners()
{
    const uuid& listener = one_of(listeners_);
    const auto row = world_.cloud.listeners.find(listener);
    if (row == world_.cloud.listeners.end())
    {
        return;
    }
    const auto slots = row->second.slots;
    cloud::listener_change change;
    const int draw = below(100);
    if (draw < 40)
    {
        change.default_ref =
            spelled(chance(70) ? one_of(foreign_certificates) : one_of(our_certificates), chance(30));
    }
    else if (draw < 70)
    {
        const cloud::container_ref ref =
            spelled(chance(60) ? one_of(foreign_certificates) : one_of(our_certificates), chance(30));
        change.sni_refs = slots.sni_refs;
        if (!entries_of(slots).contains({ref, slot::sni}))
        {
            change.sni_refs->push_back(ref);
        }
    }
    else if (draw < 92)
    {
        change.sni_refs = slots.sni_refs;
        if (!change.sni_refs->empty())
        {
            change.sni_refs->erase(
                change.sni_refs->begin() + below(static_cast<int>(change.sni_refs->size()))
            );
        }
    }
    else if (draw < 95)
    {
        world_.delete_listener(listener);
        return;
    }
    if (!world_.foreign_put(listener, change) && chance(50))
    {
        world_.finish_work(row->second.load_balancer);
    }
}

void random_world::happen_to_certificates()
{
    if (chance(8))
    {
        world_.take_certificates_away(world_.now + std::chrono::milliseconds(below(60000)));
        return;
    }
    const bool foreign = chance(25);
    const std::string& id = one_of(foreign ? foreign_certificates : our_certificates);
    if (!foreign && chance(50))
    {
        world_.set_usable(id, !world_.cloud.certificates[id]);
        return;
    }
    world_.set_dead(id, !world_.cloud.dead.contains(id));
}

// ---- the order of things ----

void random_world::step_one()
{
    std::vector<binding::target> ready;
    for (const auto& [target, pass] : world_.running->passes)
    {
        ready.push_back(target);
    }
    for (const auto& [target, at] : world_.running->due)
    {
        if (at <= world_.now && !world_.running->passes.contains(target))
        {
            ready.push_back(target);
        }
    }
    if (ready.empty())
    {
        wait();
        return;
    }
    ++steps_;
    world_.step(one_of(ready), *this);
}

void random_world::wait()
{
    auto next = world_.next_due();
    for (const auto& at : {world_.next_event(), starts_at_, survey_at_})
    {
        if (at)
        {
            next = std::min(next.value_or(*at), *at);
        }
    }
    world_.advance(next.value_or(world_.now + 1s));
}

void random_world::start_again()
{
    starts_at_.reset();
    world_.start(std::exchange(resolved_, false) ? std::nullopt : std::optional(world_.now));
}

// A process that is asked to end begins no pass.
void random_world::go_on_to_the_end()
{
    if (world_.running->passes.empty())
    {
        resolved_ = world_.end_in_order();
        return;
    }
    std::vector<binding::target> under_way;
    for (const auto& [target, pass] : world_.running->passes)
    {
        under_way.push_back(target);
    }
    ++steps_;
    world_.step(one_of(under_way), *this);
}

void random_world::turn()
{
    if (!world_.running)
    {
        if (!starts_at_)
        {
            starts_at_ = world_.now + std::chrono::milliseconds(below(2) * below(60000));
        }
        if (world_.now >= *starts_at_)
        {
            start_again();
            return;
        }
        chance(30) ? happen() : wait();
        return;
    }
    if (surveys_ && !world_.running->state.is_stopping() && chance(world_.running->survey ? 20 : 3))
    {
        world_.step_survey(*this);
        return;
    }
    const int draw = below(100);
    if (draw < 6)
    {
        happen();
    }
    else if (world_.running->state.is_stopping())
    {
        go_on_to_the_end();
    }
    else if (draw == 6 && chance(10 * trouble_))
    {
        chance(50) ? world_.crash() : world_.running->state.stop();
    }
    else if (draw == 7 && world_.running->passes.empty())
    {
        world_.advance(world_.now + std::chrono::milliseconds(below(700000)));
    }
    else
    {
        step_one();
    }
}

void random_world::ask_again(const std::string& when)
{
    for (const auto& [uid, object] : std::map(world_.objects))
    {
        world_.edit(uid, [&](certificate_binding& editedct) {
            editedct.requested_at = support::interned(when);
        });
    }
}

// Whether this process knows each binding.
bool random_world::all_known() const
{
    return std::ranges::all_of(world_.objects, [&](const auto& row) {
        const auto* state = world_.running->state.facts_of(listener_of(row.second));
        return state != nullptr && state->bindings.contains(row.first);
    });
}

void random_world::put_in_order()
{
    calm_ = true;
    world_.tell([] { return "the world is put in order and left alone"; });
    lead_back();
    for (const std::string& id : std::set(world_.cloud.dead))
    {
        world_.set_dead(id, false);
    }
    if (world_.cloud.away)
    {
        world_.bring_certificates_back();
    }
    for (const std::string& id : our_certificates)
    {
        world_.set_usable(id, true);
    }
    ask_again("now");
    while (world_.running && world_.running->state.is_stopping())
    {
        go_on_to_the_end();
    }
    if (!world_.running)
    {
        start_again();
    }
    if (!all_known())
    {
        // A request for a retry counts only for a binding that the process knows already.
        for (const auto watched = world_.now + 2min; world_.now < watched && world_.record.broken.empty();)
        {
            step_one();
        }
        ask_again("later");
    }
}

void random_world::look_at_lists()
{
    do
    {
        world_.step_survey(*this);
    } while (world_.running->survey);
    survey_at_ = world_.now + world_.settings.resync_period;
}

// Another client takes a certificate of ours off a listener, when all are at rest.
void random_world::undo_something()
{
    for (const auto& [listener, ours] : world_.record.ours)
    {
        const auto row = world_.cloud.listeners.find(listener);
        if (ours.empty() || row == world_.cloud.listeners.end() ||
            row->second.status != cloud::provisioning_status::active)
        {
            continue;
        }
        const slot_entry entry = *ours.begin();
        cloud::listener_change change;
        if (entry.slot == slot::default_)
        {
            change.default_ref = spelled(foreign_certificates[0], false);
        }
        else
        {
            change.sni_refs = row->second.slots.sni_refs;
            std::erase(*change.sni_refs, entry.ref);
        }
        world_.foreign_put(listener, change);
        return;
    }
}

std::vector<std::string> random_world::left_alone()
{
    const auto begin = world_.now;
    const auto end = begin + (surveys_ ? 70min : 45min);
    const auto quiet = end - 21min;
    std::optional<support::time_point> undone_at;
    if (surveys_)
    {
        survey_at_ = begin;
        undone_at = begin + 22min;
    }
    int writes = world_.writes;
    for (int i = 0; world_.now < end; ++i)
    {
        if (i > 20000)
        {
            return {"L1: the controller does not come to rest"};
        }
        if (undone_at && world_.now >= *undone_at)
        {
            undone_at.reset();
            undo_something();
        }
        survey_at_&& world_.now >= *survey_at_ ? look_at_lists() : step_one();
        if (!world_.record.broken.empty())
        {
            return world_.record.broken;
        }
        if (world_.now < quiet)
        {
            writes = world_.writes;
        }
    }
    auto wrong = check_end(world_);
    if (writes != world_.writes)
    {
        wrong.push_back("S8: the controller goes on writing to a world that does not change");
    }
    return wrong;
}

std::vector<std::string> random_world::run()
{
    for (int i = 60 + below(140); i > 0; --i)
    {
        turn();
        if (!world_.record.broken.empty())
        {
            return world_.record.broken;
        }
    }
    put_in_order();
    return left_alone();
}

}  // namespace prove
