#include "binding/gates/peer_credentials.hpp"

#include "binding/gates/unreadable_refs.hpp"
#include "binding/slots/ledger.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr support::duration peers_read_within = 10s;

const peer* peer_that_holds_in(const observation& observation, const cloud::container_ref& ref, slot in)
{
    const auto it = std::ranges::find_if(observation.peers, [&](const peer& peer) {
        return holds(believed_ledger(*peer.state, *peer.object), ref, in);
    });
    return it == observation.peers.end() ? nullptr : &*it;
}

}  // namespace

std::optional<shut_write_gate> peers_have_not_read(const listener_update& update)
{
    const observation& observation = update.observation;
    const auto since = observation.state->peers.since.value_or(observation.now);
    if (!observation.peers_unread || observation.now - since >= peers_read_within)
    {
        return std::nullopt;
    }
    return wait{
        {requeue::after, 500ms},
        reason::progressing,
        "waiting until every other credential of the listener has tried to read it"
    };
}

std::optional<shut_write_gate> ref_of_peer_unreadable(const listener_update& update)
{
    if (!update.slots.change.sni_refs)
    {
        return std::nullopt;
    }
    for (const cloud::container_ref& ref : *update.slots.change.sni_refs)
    {
        const peer* owner = peer_that_holds_in(update.observation, ref, slot::sni);
        const ref_observation* answer = fresh_ref(update.observation, ref);
        if (owner != nullptr && answer != nullptr && answer->state != cloud::ref_state::readable)
        {
            return blocked(
                "Octavia rejects the update unless this credential can read every certificate on the "
                "listener; " +
                    ref.str() + " of binding " + owner->object->full_name() +
                    " is not readable. Grant read access, or use one credential for both",
                {requeue::slow}
            );
        }
    }
    return std::nullopt;
}

const peer* peer_that_holds(const observation& observation, const cloud::container_ref& ref)
{
    const peer* owner = peer_that_holds_in(observation, ref, slot::sni);
    return owner != nullptr ? owner : peer_that_holds_in(observation, ref, slot::default_);
}

}  // namespace binding
