#include "binding/gates/preparation.hpp"

namespace binding {

bool only_prepares(const observation& observation)
{
    const target_facts& state = *observation.state;
    const auto& arriving_since = state.arrivals.first;
    if (!arriving_since || state.puts.under_way || state.cleanup_requested || observation.put_ended ||
        !observation.peers.empty())
    {
        return false;
    }
    const settings& settings = *observation.settings;
    const bool must_wait = observation.now < state.arrivals.quiet_at(settings);
    const auto was_read = [&](const auto& last) {
        return last && last->value && last->asked_at < observation.pass_started &&
               last->asked_at >= *arriving_since &&
               observation.now - last->asked_at <= settings.settle_at_most;
    };
    const auto& answers = state.answers;
    return must_wait && was_read(answers.scope) && was_read(answers.listener) &&
           was_read(answers.load_balancer);
}

support::time_point when_calm(const observation& observation)
{
    return observation.state->arrivals.calm_at(*observation.settings, observation.last_arrival);
}

done wait_for_arrivals(const observation& observation)
{
    const auto calm = when_calm(observation);
    const auto quiet = observation.state->arrivals.quiet_at(*observation.settings);
    const bool waits_for_calm = observation.now < calm && observation.peers.empty();
    return {requeue::after, (waits_for_calm ? calm : quiet) - observation.now};
}

}  // namespace binding
