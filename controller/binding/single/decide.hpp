#pragma once

#include "binding/events/event.hpp"
#include "binding/plan/step.hpp"
#include "binding/single/facts.hpp"

#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace binding::single {

// Read a certificate.
struct ask
{
    support::uuid certificate;
    cloud::purpose what_for = cloud::purpose::verify;
};

// Have the cloud bind the binding's certificate to its listener. Finalizer and ledger are committed.
struct create
{
    attachment entry;
};

// Have the cloud remove a binding.
struct remove
{
    support::uuid certificate;
    support::uuid binding;
};

// Nothing to do before then.
struct rest
{
    support::time_point until{};
};

// A write is one to Kubernetes, with the object's resourceVersion.
using action = std::variant<ask, write, create, remove, rest>;

// What the decision is made from. The references must outlive it.
struct view
{
    const certificate_binding& object;
    const binding_facts& facts;
    // The certificate, as read with this credential; null: it was not read yet.
    std::function<const certificate_facts*(const support::uuid&)> certificate;
    // Of the target: the binding that keeps this one from what it wants; null: none. See winner.hpp.
    const certificate_binding* winner = nullptr;
    // Of the target: another live binding whose ledger names this binding of the cloud; null: none.
    std::function<const certificate_binding*(const support::uuid&)> owner;
    ledger_scope here;  // the cloud and region that the credential acts in
    const binding::settings& settings;
    support::time_point now{};
    support::wall_time wall{};
};

// What to do next for one binding. Pure.
//
// Guarantees: create and remove come only after their write-ahead is in status (write-ahead); create does not
//   come while an earlier one may still take effect (unanswered-writes); the finalizer goes only when a read
//   that was sent after the last write showed no binding of the ledger (proven-gone for the certificate);
//   Ready is reported only from a read that was sent after the last write (verified-ready).
// Assumptions: the driver does the action, records its answer, and decides again.
action decide(const view& of);

}  // namespace binding::single
