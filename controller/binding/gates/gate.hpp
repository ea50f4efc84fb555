#pragma once

#include "binding/events/event.hpp"
#include "binding/observed/listener_view.hpp"
#include "binding/policies/member.hpp"
#include "binding/status/ready_status.hpp"
#include "binding/target.hpp"
#include "support/backoff.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

// The answers of a gate that is shut: each is what the pass does instead of going on.
namespace binding {

// When the target is reconciled again.
enum class requeue
{
    resync,  // nothing to do until something changes
    after,   // after `wait`
    poll,    // after `wait`, only to read again
    retry,   // failed: after the queue's backoff, and no sooner than `wait`
    slow,    // waits for people: after the slow backoff, and no later than `wait` if there is one
    turn,  // when the load-balancer queue gives the target its turn, and no later than `wait` if there is one
};

// The pass is over.
struct done
{
    requeue next = requeue::resync;
    support::duration wait{};
    std::vector<target> cleanup_requests{};  // targets that are asked to remove their own dead refs
};

// Polls of a change begin early and become rare: 100 ms, 150 ms, ... up to `most`.
inline support::duration poll_wait(int polls, support::duration most = std::chrono::seconds(2))
{
    const support::backoff wait{
        .first = std::chrono::milliseconds(100), .cap = most, .jitter = 0, .factor = 1.5
    };
    return wait.without_jitter(polls + 1);
}

// Take the turn in the queue of the listener's load balancer.
struct take_turn
{};

// What the plan concludes about one own binding.
struct conclusion
{
    const member* of = nullptr;
    ready_status ready;
    ledger next;           // the ledger once this step is done
    bool release = false;  // the finalizer is removed
};

using conclusions = std::vector<conclusion>;

// The pass ends before the slots are decided.
struct stop
{
    binding::conclusions conclusions;
    done end;
    bool put_resolved = false;
};

// Nothing is written to the listener now. Bindings that the PUT is for get this reason and message, or keep
// their status if there is no message. The others get the status that follows from the last read.
struct wait
{
    done end;
    reason why = reason::progressing;
    std::string message = {};
    bool without_status = false;     // not even statuses are written
    bool silent = false;             // keeps statuses of what the PUT is for, but Ready of this generation
    bool concerns_attached = false;  // bindings whose certificate is on the listener get the reason too
};

// The PUT leaves these dead refs out: the slots are assigned again without them.
struct leave_out
{
    std::vector<cloud::container_ref> refs;
};

// There is nothing to write to the listener, or its state (ERROR, deleted) forbids a write.
struct no_write
{};

// One conclusion for each own binding, completed by `conclude(conclusion&)`.
template <class F>
conclusions conclude_each(const members& members, F conclude)
{
    conclusions all;
    for (const member& member : members)
    {
        if (!member.is_peer())
        {
            conclude(all.emplace_back(conclusion{&member, {}, member.held(), false}));
        }
    }
    return all;
}

}  // namespace binding
