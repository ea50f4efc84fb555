#include "binding/plan/report.hpp"

#include "binding/plan/conclusions.hpp"
#include "binding/plan/event_differences.hpp"
#include "binding/plan/ledgers.hpp"
#include "binding/policies/certificates.hpp"
#include "binding/policies/deferrals.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/policies/overdue.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

std::optional<write> write_for(const observation& observation, const conclusion& conclusion)
{
    const member& member = *conclusion.of;
    const certificate_binding& object = member.object();
    if (conclusion.release)
    {
        return write{object.uid, write_kind::remove_finalizer, {}, events_of_release(observation, member)};
    }
    if (!conclusion.next.attachments.empty() && !object.has_finalizer())
    {
        return write{object.uid, write_kind::add_finalizer};
    }
    const ready_status ready = judge_wait(observation, member, conclusion.ready);
    status wanted = render(object, ready, conclusion.next, *member.state, observation.wall);
    // An equal ledger that the controller did not write itself is written again, because a PUT relies only on
    // ledgers that the controller wrote.
    if (says_the_same(wanted, object.status) && member.state->held == conclusion.next)
    {
        return std::nullopt;
    }
    return write{
        object.uid,
        write_kind::status,
        std::move(wanted),
        events_between(object, member.held(), conclusion.next)
    };
}

class earliest
{
public:
    void at(support::duration wait) { wait_ = std::min(wait_.value_or(wait), wait); }
    const std::optional<support::duration>& wait() const { return wait_; }

private:
    std::optional<support::duration> wait_;
};

void consider_certificate(const observation& observation, const member& member, earliest& next)
{
    if (is_quarantined(observation, member) && observation.now < member.state->quarantine->until)
    {
        next.at(member.state->quarantine->until - observation.now);
    }
    const auto* usable = usable_certificate_of(member);
    if (usable == nullptr && certificate_of(member) != nullptr)
    {
        next.at(std::max<support::duration>(next_read_at(observation, member) - observation.now, 1ms));
    }
    if (usable != nullptr && usable->expires_at && *usable->expires_at > observation.wall)
    {
        next.at(std::min<support::duration>(
            observation.settings->resync_period, *usable->expires_at - observation.wall
        ));
    }
}

// The end of a grace period changes a status, so the target is reconciled then.
done no_later_than_grace(const observation& observation, const conclusions& conclusions, done end)
{
    earliest next;
    if (end.next == requeue::after || end.next == requeue::retry)
    {
        return end;
    }
    for (const conclusion& conclusion : conclusions)
    {
        const auto left = grace_left(observation, *conclusion.of, conclusion.ready.reason);
        if (left && conclusion.ready.within_grace_period)
        {
            next.at(*left);
        }
    }
    if (!next.wait())
    {
        return end;
    }
    if (end.next == requeue::resync)
    {
        end = {requeue::poll, observation.settings->resync_period, std::move(end.cleanup_requests)};
    }
    const bool has_wait = end.wait > support::duration{};
    end.wait = has_wait ? std::min(end.wait, *next.wait()) : *next.wait();
    return end;
}

// Ready, for this generation.
bool says_ready(const certificate_binding& object)
{
    return is_ready(object) && object.status.observed_generation == object.generation;
}

}  // namespace

conclusions conclude(const listener_update& update)
{
    return conclude_each(update.members, [&](conclusion& conclusion) {
        conclusion = of_read(update, *conclusion.of);
    });
}

conclusions conclude_waiting(const listener_update& update, const wait& wait)
{
    const auto concerns = [&](const member& member) {
        return member.affected() || (wait.concerns_attached && member.placement.present);
    };
    return conclude_each(update.members, [&](conclusion& conclusion) {
        const member& member = *conclusion.of;
        if (!concerns(member))
        {
            conclusion = of_read(update, member);
            return;
        }
        conclusion = of_assignment(update.observation, member);
        conclusion.ready.keep_status =
            conclusion.ready.keep_status || (wait.silent && !says_ready(member.object()));
        if (!wait.message.empty())
        {
            const auto attached = conclusion.ready.attached;
            conclusion.ready = status_for(member.object(), wait.why, wait.message);
            conclusion.ready.attached = attached;
        }
    });
}

std::vector<write> writes_ahead(const listener_update& update)
{
    const observation& observation = update.observation;
    std::vector<write> writes;
    const auto conclude_ahead = [&](conclusion& conclusion) {
        const member& member = *conclusion.of;
        conclusion = member.affected() ? of_assignment(observation, member) : of_read(update, member);
        conclusion.next = member.affected() ? ledger_ahead(update, member) : conclusion.next;
    };
    for (const conclusion& conclusion : conclude_each(update.members, conclude_ahead))
    {
        const member& member = *conclusion.of;
        auto write = observation.unwritable.contains(member.object().uid)
                         ? std::nullopt
                         : write_for(observation, conclusion);
        const bool ledger_moves =
            conclusion.next != member.object().status.ledger || conclusion.next != member.state->held;
        if (write && (ledger_moves || write->kind == write_kind::add_finalizer))
        {
            writes.push_back(std::move(*write));
        }
    }
    for (const peer& peer : observation.peers)
    {
        if (auto write = peer_write_ahead(update, peer))
        {
            writes.push_back(std::move(*write));
        }
    }
    return writes;
}

step report(const observation& observation, const conclusions& conclusions, done end)
{
    commit commit;
    for (const conclusion& conclusion : conclusions)
    {
        const bool writable = !observation.unwritable.contains(conclusion.of->object().uid);
        if (auto write = writable ? write_for(observation, conclusion) : std::nullopt)
        {
            commit.writes.push_back(std::move(*write));
        }
    }
    if (!commit.writes.empty())
    {
        return commit;
    }
    // Bindings that could not be written are written again soon.
    if (!observation.unwritable.empty() && (end.next == requeue::resync || end.next == requeue::slow))
    {
        end.next = requeue::retry;
        end.wait = {};
    }
    return no_later_than_grace(observation, conclusions, std::move(end));
}

done end_at_rest(const observation& observation, const members& members)
{
    earliest next;
    bool waits_for_people = false;
    if (const auto late = next_late_heir(observation))
    {
        next.at(*late);
    }
    for (const member& member : members)
    {
        if (member.is_peer())
        {
            continue;
        }
        if (member.deferral && member.deferral->until)
        {
            next.at(*member.deferral->until - observation.now);
        }
        if (member.deleting())
        {
            waits_for_people = waits_for_people || member.placement.kept_as_last;
            continue;
        }
        if (is_unanswered(member))
        {
            return {requeue::retry};
        }
        consider_certificate(observation, member, next);
    }
    if (waits_for_people)
    {
        return {requeue::slow, next.wait().value_or(support::duration{})};
    }
    if (next.wait() && *next.wait() < observation.settings->resync_period)
    {
        return {requeue::poll, *next.wait()};
    }
    return {requeue::resync};
}

}  // namespace binding
