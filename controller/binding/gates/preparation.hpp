#pragma once

#include "binding/gates/gate.hpp"

// A pass that cannot send its PUT yet, because changes still arrive. Of the cloud it reads certificates
// alone.
namespace binding {

// Whether the pass is one. For that it is enough what an earlier pass has read of the listener since the
// changes began to arrive, settings::settle_at_most ago. The pass that sends the PUT reads everything again.
bool only_prepares(const observation& observation);

// When the changes are calm (arrivals::calm_at). Needs arrivals::first.
support::time_point when_calm(const observation& observation);

// When the target is reconciled again while changes arrive: when they are calm, then when they are complete.
// With peers only then, because each pass reads the listener for them.
done wait_for_arrivals(const observation& observation);

}  // namespace binding
