#include "binding/targets/reconcile_state.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

constexpr std::size_t most_change_times = 1024;

// In the place of a load balancer: what its region did last.
load_balancer_key key_of_region(const target& which)
{
    return {which.region, {}, which.identity};
}

// Any entry may go, because the next change tells it again.
void record_in(
    std::map<load_balancer_key, change_times>& times,
    const load_balancer_key& key,
    support::duration under_way,
    support::duration over
)
{
    if (times.size() >= most_change_times && !times.contains(key))
    {
        times.erase(times.begin());
    }
    times[key].record(under_way, over);
}

}  // namespace

const target_facts* reconcile_state::facts_of(const target& which) const
{
    const auto known = targets_.find(which);
    if (known == targets_.end())
    {
        return nullptr;
    }
    if (known->second.rests())
    {
        looked_at_.push_back(which);
    }
    return &known->second.facts();
}

target_state* reconcile_state::find(const target& which)
{
    const auto known = targets_.find(which);
    return known == targets_.end() ? nullptr : &known->second;
}

bool reconcile_state::every_put_is_resolved(
    const binding_store& store, const settings& settings, support::time_point now
) const
{
    if (now < replicas_agree_at(settings))
    {
        return false;
    }
    const auto is_in_doubt = [now](const auto& row) {
        if (row.second.rests())
        {
            return false;
        }
        const auto& put = row.second.facts().puts.under_way;
        return put && put->phase != put_phase::accepted && now < put->deadline;
    };
    // A pass records the PUTs of others that its bindings tell of, so what is known is in doubt or resolved.
    const auto may_be_of_others = [&](const target& which) {
        return !targets_.contains(which) &&
               deadline_of_others(store.bindings_of(which), {}, others_sent_until_).has_value();
    };
    return std::ranges::none_of(targets_, is_in_doubt) &&
           (!others_sent_until_ || std::ranges::none_of(store.targets(), may_be_of_others));
}

void reconcile_state::record_listener(
    const target& which, const settings& settings, observed<cloud::answer<cloud::listener>> answer
)
{
    target_state& state = targets_[which];
    const auto before = state.facts().answers.load_balancer_id;
    state.record_listener(settings, std::move(answer));
    place(which, before, state.facts().answers.load_balancer_id);
}

const std::vector<target>& reconcile_state::read_on(const load_balancer_key& which) const
{
    static const std::vector<target> none;
    const auto known = read_on_.find(which);
    return known == read_on_.end() ? none : known->second;
}

void reconcile_state::place(
    const target& which,
    const std::optional<support::uuid>& load_balancer_before,
    const std::optional<support::uuid>& load_balancer
)
{
    if (load_balancer_before == load_balancer)
    {
        return;
    }
    if (load_balancer_before)
    {
        const load_balancer_key key{which.region, *load_balancer_before, which.identity};
        auto& there = read_on_[key];
        std::erase(there, which);
        if (there.empty())
        {
            read_on_.erase(key);
            change_times_.erase(key);
        }
    }
    if (load_balancer)
    {
        read_on_[{which.region, *load_balancer, which.identity}].push_back(which);
    }
}

std::optional<target> reconcile_state::forget(const target& which)
{
    const auto next = leave_turn(which);
    if (const target_facts* known = facts_of(which))
    {
        place(which, known->answers.load_balancer_id, std::nullopt);
    }
    targets_.erase(which);
    slow_passes_.erase(which);
    cleanup_requests_.erase(which);
    woken_.erase(which);
    return next;
}

void reconcile_state::hand_over(const target& from, const target& to, const support::uuid& uid)
{
    const auto old = targets_.find(from);
    if (from == to || old == targets_.end() || !old->second.facts().bindings.contains(uid))
    {
        return;
    }
    targets_[to].insert_binding(uid, old->second.extract_binding(uid), old->second.facts().puts.under_way);
}

void reconcile_state::let_go(const target& from, const support::uuid& uid)
{
    if (target_state* const old = find(from); old != nullptr && old->facts().bindings.contains(uid))
    {
        old->extract_binding(uid);
    }
}

void reconcile_state::rest(const target& which)
{
    if (target_state* const ended = find(which))
    {
        ended->rest();
    }
    for (const target& other : std::exchange(looked_at_, {}))
    {
        if (target_state* const known = find(other))
        {
            known->rest_again();
        }
    }
}

int reconcile_state::count_slow_pass(const target& which, bool is_slow)
{
    if (!is_slow)
    {
        slow_passes_.erase(which);
        return 0;
    }
    return ++slow_passes_[which];
}

// ---- how long changes take ----

std::optional<load_balancer_key> reconcile_state::key_of_load_balancer(const target& which) const
{
    const target_facts* facts = facts_of(which);
    return facts == nullptr || !facts->answers.load_balancer_id
               ? std::nullopt
               : std::optional(
                     load_balancer_key{which.region, *facts->answers.load_balancer_id, which.identity}
                 );
}

const change_times& reconcile_state::change_times_of(const target& which) const
{
    static const change_times nothing;
    const auto key = key_of_load_balancer(which);
    if (const auto known = key ? change_times_.find(*key) : change_times_.end(); known != change_times_.end())
    {
        return known->second;
    }
    const auto of_region = change_times_of_regions_.find(key_of_region(which));
    return of_region == change_times_of_regions_.end() ? nothing : of_region->second;
}

void reconcile_state::record_change(const target& which, support::duration under_way, support::duration over)
{
    const auto key = key_of_load_balancer(which);
    if (!key)
    {
        return;
    }
    record_in(change_times_, *key, under_way, over);
    record_in(change_times_of_regions_, key_of_region(which), under_way, over);
}

// ---- what the lists of a project confirm ----

void reconcile_state::record_wake(const target& which)
{
    // The first pass of a target reads anyway.
    if (targets_.contains(which))
    {
        woken_.insert(which);
    }
}

support::duration reconcile_state::begin_spared(
    const target& which,
    support::time_point now,
    support::wall_time wall,
    support::duration holds,
    support::time_point read_since
)
{
    const bool woken = woken_.erase(which) > 0;
    const resting_target* known = resting(which);
    return woken || known == nullptr ? support::duration{} : known->spared_for(now, wall, holds, read_since);
}

const resting_target* reconcile_state::resting(const target& which) const
{
    const auto known = targets_.find(which);
    return known == targets_.end() ? nullptr : known->second.resting();
}

bool reconcile_state::confirm(const target& which, support::time_point asked_at)
{
    target_state* const known = find(which);
    return known != nullptr && known->confirm(asked_at);
}

// ---- turns at the load balancers ----

std::optional<load_balancer_key> reconcile_state::queue_key(const target& which) const
{
    const target_facts* facts = facts_of(which);
    const cloud::listener* listener = facts == nullptr ? nullptr : facts->answers.listener_read();
    if (listener == nullptr)
    {
        return std::nullopt;
    }
    return load_balancer_key{which.region, listener->load_balancer_id, which.identity};
}

turn_state reconcile_state::turn(const target& which) const
{
    if (held_turns_.contains(which))
    {
        return turn_state::ours;
    }
    const auto key = queue_key(which);
    return key ? queue_.state(*key, which) : turn_state::free;
}

bool reconcile_state::peer_has_turn(const target& which) const
{
    if (turn(which) != turn_state::taken)
    {
        return false;
    }
    const auto holder = queue_.taken_by(*queue_key(which));
    return holder && same_listener(*holder, which);
}

bool reconcile_state::is_turn_wanted(const target& which) const
{
    const auto held = held_turns_.find(which);
    return held != held_turns_.end() && queue_.is_wanted(held->second);
}

void reconcile_state::take_turn(const target& which)
{
    const auto key = queue_key(which);
    if (key && queue_.take(*key, which))
    {
        held_turns_[which] = *key;
    }
}

void reconcile_state::wait_for_turn(const target& which)
{
    if (const auto key = queue_key(which))
    {
        queue_.wait(*key, which);
    }
}

std::optional<target> reconcile_state::leave_turn_unless_written(const target& which, support::time_point now)
{
    const target_facts* facts = facts_of(which);
    const bool may_take_effect =
        facts != nullptr && facts->puts.under_way && now < facts->puts.under_way->deadline;
    if (may_take_effect && held_turns_.contains(which))
    {
        return std::nullopt;
    }
    return leave_turn(which);
}

std::optional<target> reconcile_state::leave_turn(const target& which)
{
    const auto held = held_turns_.find(which);
    if (held == held_turns_.end())
    {
        return queue_.let_pass(which);
    }
    const auto key = held->second;
    held_turns_.erase(held);
    return queue_.leave(key, which);
}

}  // namespace binding
