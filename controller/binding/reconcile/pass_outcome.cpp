#include "binding/reconcile/pass_outcome.hpp"

#include "support/log.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;
using kind = runtime::outcome::kind;
using runtime::waits_for;

constexpr double resync_jitter = 0.2;

support::duration slow_wait(const pass_end& end, const settings& settings, support::random_engine& random)
{
    const support::backoff backoff{
        15s, std::min<support::duration>(5min, settings.resync_period), resync_jitter
    };
    const auto wait = backoff.wait(end.slow_passes, random);
    const auto most = end.planned.wait;
    return most > support::duration{} ? std::min(wait, most) : wait;
}

runtime::outcome planned_outcome(
    const pass_end& end, const settings& settings, support::random_engine& random
)
{
    const support::duration wait = end.planned.wait;
    switch (end.planned.next)
    {
        case requeue::after:
            return {kind::later, wait, runtime::urgency::urgent, waits_for::step};
        case requeue::poll:
            return {kind::later, wait, runtime::urgency::routine, waits_for::cloud};
        case requeue::retry:
            // The jitter spreads retries of targets that the cloud turned away at the same time.
            return {kind::retry, support::jittered(wait * 6 / 5, resync_jitter * 5 / 6, random)};
        case requeue::slow:
            return {
                kind::later, slow_wait(end, settings, random), runtime::urgency::routine, waits_for::person
            };
        case requeue::turn:
            if (wait > support::duration{})
            {
                return {kind::later, wait, runtime::urgency::urgent, waits_for::turn};
            }
            break;
        case requeue::resync:
            break;
    }
    return {
        kind::later,
        support::jittered(settings.resync_period, resync_jitter, random),
        runtime::urgency::routine,
        end.planned.next == requeue::turn ? waits_for::turn : waits_for::check
    };
}

}  // namespace

runtime::outcome spared_outcome(
    support::duration spared, const settings& settings, support::random_engine& random
)
{
    const bool is_long = spared > settings.resync_period / 4;
    const auto wait = is_long ? support::jittered(spared * 9 / 10, resync_jitter / 2, random) : spared;
    return {kind::later, std::min(wait, spared), runtime::urgency::routine, waits_for::check};
}

runtime::outcome outcome_of(
    const target& which, const pass_end& end, const settings& settings, support::random_engine& random
)
{
    switch (end.how)
    {
        case pass_ending::planned:
            return planned_outcome(end, settings, random);
        case pass_ending::put_in_doubt:
            return {kind::later, end.planned.wait, runtime::urgency::routine, waits_for::cloud};
        case pass_ending::no_bindings_left:
            return {};
        case pass_ending::endless:
            break;
    }
    support::log(
        support::log_level::error,
        "the reconciliation of the listener does not end, which is a bug of the controller; it is tried "
        "again later",
        {{"listener", which.listener.str()}}
    );
    return {kind::retry, {}};
}

}  // namespace binding
