#pragma once

#include "binding/observed/observed.hpp"
#include "binding/resource/certificate_binding.hpp"

#include <optional>
#include <string>

namespace binding {

// quarantine: no PUT adds this certificate, because Octavia refuses it. The condition
// Ready=False/CertificateRefused is the record of it that a start believes.
struct quarantine
{
    support::uuid certificate_id;
    slot refused_slot = slot::sni;
    std::string message;
    // The quarantine ends then, if no other binding wants the same slot and certificate.
    support::time_point until{};
};

inline constexpr support::duration quarantine_duration = std::chrono::hours(1);

// What is known of one binding.
struct binding_state
{
    // The ledger as the controller last wrote it, or as status had it in the first pass over the binding.
    std::optional<ledger> held;
    // The ledger of a later write whose answer was lost. Once status shows it, it is the held one.
    std::optional<ledger> maybe_written;
    // The last write to the binding removes the finalizer, whether or not the API server took it.
    bool released = false;
    std::int64_t generation = 0;
    support::time_point generation_since{};
    // The generation began while the process watched, so generation_since is its beginning.
    bool generation_is_new = false;
    support::interned requested_at;
    support::uuid certificate_id;  // the one that `certificate` tells of
    std::optional<observed<cloud::answer<cloud::certificate>>> certificate;
    // When the first of an unbroken row of misdirected requests for the certificate was sent.
    std::optional<support::time_point> certificate_misdirected_since;
    int certificate_polls = 0;  // reads in a row that found the certificate not usable
    std::optional<binding::quarantine> quarantine;
    std::optional<support::time_point> verified_at;  // when it was last read back as attached
};

// The ledger as the controller last wrote it, or as status had it in the first pass over the binding.
inline const ledger& believed_ledger(const binding_state& state, const certificate_binding& object)
{
    return state.held ? *state.held : object.status.ledger;
}

// Whether somebody else wrote the ledger in status.
inline bool has_foreign_ledger(const binding_state& state, const certificate_binding& object)
{
    return state.held && state.held != object.status.ledger && state.maybe_written != object.status.ledger;
}

}  // namespace binding
