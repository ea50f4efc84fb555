#pragma once

#include "binding/slots/competition.hpp"

#include <optional>
#include <vector>

// What the default slot of a listener holds afterwards (never-without-default).
//
// Flow, the first that applies
//   1. A binding wins the slot: its certificate goes in, or what is there stays until it can.
//   2. Nobody of ours gives the slot up: what is there stays.
//   3. The default from before, which the ledger remembers beside the entry, goes back if our credential can
//      read it.
//   4. What is there stays as the last certificate.
// Guarantees
//   - A slot that holds a default is never emptied. Without a default there is no TLS, whatever the SNI refs
//     are: Octavia's driver names the list of certificates to haproxy only for a listener that has one
//     (octavia/common/jinja/haproxy/combined_listeners/jinja_cfg.py), and the port speaks plain HTTP.
// Assumptions
//   - The contenders are those of compete(), and each knows whether it is placed.
// Caveats
//   - Whether the remembered default can be read may have to be looked up first (`unread`).
namespace binding {

enum class default_end
{
    unchanged,
    // A binding's certificate.
    ours,
    // The remembered foreign default.
    restored,
};

struct default_slot
{
    std::optional<cloud::container_ref> ref{};
    default_end end = default_end::unchanged;
    // Whose entry stays because nothing else can take its place.
    const contender* kept_as_last = nullptr;
    // A ref whose readability decides and is not known.
    std::optional<cloud::container_ref> unread{};
};

default_slot default_afterwards(const assignment_input& input, const std::vector<contender>& contenders);

}  // namespace binding
