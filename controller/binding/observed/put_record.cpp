#include "binding/observed/put_record.hpp"

#include "support/backoff.hpp"

#include <utility>

namespace binding {

using namespace std::chrono_literals;

void put_record::record_sent(
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
)
{
    put_state sent;
    sent.phase = put_phase::in_doubt;
    sent.from = std::move(from);
    sent.expected = std::move(expected);
    sent.deadline = now + cloud::sent_within + deadline_of(settings, change);
    under_way = std::move(sent);
    ++error_puts;
    next_error_put = now + support::backoff{5s, 5min}.without_jitter(error_puts);
}

void put_record::wait_for_earlier_process(support::time_point deadline)
{
    if (under_way)
    {
        return;
    }
    put_state earlier;
    earlier.phase = put_phase::before_start;
    earlier.deadline = deadline;
    under_way = std::move(earlier);
}

void put_record::record_read_during_put(
    const cloud::listener& listener, const std::optional<listener_slots>& outdated
)
{
    listener_slots shown = slots_of(listener);
    if (!under_way || (outdated && same_slots(shown, *outdated)))
    {
        return;
    }
    const bool foreign = !same_slots(shown, under_way->from) && !same_slots(shown, under_way->expected);
    if (foreign || same_slots(shown, under_way->from))
    {
        under_way->meanwhile = foreign ? std::optional(std::move(shown)) : std::nullopt;
    }
}

void put_record::record_listener(const settings& settings, const cloud::listener& listener)
{
    if (under_way && under_way->phase == put_phase::before_start)
    {
        under_way->deadline = last_effect(*under_way, settings, count_refs(listener));
        under_way->refs_counted = true;
    }
    if (listener.status == cloud::provisioning_status::active && !under_way)
    {
        end_waits();
    }
}

void put_record::record_load_balancer()
{
    if (under_way)
    {
        ++under_way->polls;
    }
}

void put_record::record_accepted(support::time_point now)
{
    if (under_way)
    {
        under_way->phase = put_phase::accepted;
        under_way->accepted_at = now;
        under_way->under_way_at = now;
        under_way->next_look = now;
    }
    may_write = true;
}

void put_record::record_under_way(support::time_point asked_at, support::time_point next_look)
{
    under_way->under_way_at = asked_at;
    under_way->next_look = next_look;
}

void put_record::record_unsent()
{
    under_way.reset();
    --error_puts;
    if (error_puts <= 0)
    {
        next_error_put.reset();
    }
}

std::optional<put_state> put_record::record_no_effect(const cloud::error& error, support::time_point now)
{
    auto sent = under_way;
    record_unsent();
    last_error = observed<cloud::error>{now, error};
    if (error.kind == cloud::failure::access_denied || error.kind == cloud::failure::credentials_invalid)
    {
        may_write = false;
    }
    return sent;
}

void put_record::record_end()
{
    if (under_way->phase == put_phase::in_doubt)
    {
        may_write.reset();  // it may have been taken
    }
    under_way.reset();
}

void put_record::end_waits()
{
    error_puts = 0;
    next_error_put.reset();
}

std::size_t count_refs(const cloud::listener& listener)
{
    return listener.sni_refs.size() + (listener.default_ref ? 1 : 0);
}

support::time_point last_effect(const put_state& put, const settings& settings, std::size_t refs)
{
    const bool uncounted = put.phase == put_phase::before_start && !put.refs_counted;
    return put.deadline +
           (uncounted ? settings.per_ref * static_cast<std::int64_t>(refs) : support::duration{});
}

support::duration deadline_of(const settings& settings, const cloud::listener_change& change)
{
    std::size_t refs = change.sni_refs ? change.sni_refs->size() : 0;
    refs += change.default_ref && *change.default_ref ? 1 : 0;
    return settings.write_deadline + settings.per_ref * static_cast<std::int64_t>(refs);
}

}  // namespace binding
