#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/events/expiry_warnings.hpp"
#include "binding/index/binding_index.hpp"
#include "binding/index/object_changed.hpp"
#include "binding/reconcile/foreign_writes.hpp"
#include "binding/reconcile/reconciler.hpp"
#include "binding/settings.hpp"
#include "runtime/work_queue.hpp"
#include "support/backoff.hpp"

#include <functional>
#include <optional>

// What follows from a change of a binding.
//
// Flow: a Secret or the watch changes a binding. The index tells the credentials, moves the binding to its
// target and emits one object_changed. on_change() records the events of the change, moves what is known of
// the binding to the new target, and wakes the targets that the change concerns.
namespace binding {

struct change_parts
{
    const binding_index& index;
    binding::reconciler& reconciler;
    event_sink& events;
    expiry_warnings& expiry;
    support::random_engine& random;
    support::clock& clock;
    foreign_writes& foreign;
    binding::settings settings;
    std::function<void(const target&, runtime::urgency, support::duration)> enqueue;
    // Of a binding whose cloud attaches single bindings: whether somebody else wrote the ledger in its
    // status; empty: it is none of these, or nothing is known of it.
    std::function<std::optional<bool>(const certificate_binding&)> single_has_foreign_ledger =
        [](const auto&) { return std::nullopt; };
};

void on_change(const object_changed& change, const change_parts& parts);

// Every binding has been listed once: wakes each target. Targets of bindings that somebody waits for are
// urgent. Where every binding is Ready and nothing is under way, the target is verified once within the
// resync period, so that a start costs no more requests at a time than the rest does.
void on_all_listed(const change_parts& parts);

// How soon the change needs a pass over the binding's target; empty: it needs none, as after the controller's
// own writes. `facts`: of that target; null: nothing is known of it.
std::optional<support::duration> requeue_delay(
    const object_changed& change, const target_facts* facts, const settings& settings
);

}  // namespace binding
