#pragma once

#include "binding/observed/observation.hpp"
#include "binding/slots/listener_slots.hpp"

namespace binding {

// The listener as this pass has read it, once Keystone, Octavia's listener and its load balancer have
// answered.
struct listener_view
{
    cloud::project_scope scope;
    const cloud::listener* listener = nullptr;
    listener_slots slots;
    // PENDING also while the listener alone is: Octavia locks both.
    cloud::provisioning_status load_balancer = cloud::provisioning_status::active;

    // What was read of the listener is its end state.
    bool at_rest() const
    {
        return load_balancer == cloud::provisioning_status::active &&
               listener->status == cloud::provisioning_status::active;
    }

    bool shows(const cloud::container_ref& ref, slot in) const;
};

// Expects all three answers in the state of the target.
listener_view view_of(const observation& observation);

// Null if the scope was not read, or could not be.
const cloud::project_scope* known_scope(const observation& observation);

// Whether an answer was asked for before this pass began, or never.
template <class T>
bool is_stale(const observation& observation, const std::optional<observed<T>>& answer)
{
    return !answer || answer->asked_at < observation.pass_started;
}

// The look-up of `ref` in this pass, while it is young enough for a PUT; null: there is none.
const ref_observation* fresh_ref(const observation& observation, const cloud::container_ref& ref);

// readable-before-write, the ages at the PUT. Where reads take longer than the ages allow, the time of the
// reads counts: the next ones would be no better.
bool is_fresh_lookup(const observation& observation, support::time_point asked_at);
bool is_fresh_certificate(const observation& observation, support::time_point asked_at);

// Two 404s, at least `settings.proof` apart.
bool is_dead(const observation& observation, const ref_observation& ref);

}  // namespace binding
