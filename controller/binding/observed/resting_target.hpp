#pragma once

#include "binding/observed/binding_state.hpp"
#include "binding/observed/cloud_answers.hpp"
#include "binding/observed/ownership_changes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace binding {

struct target_facts;

// The facts of a target at rest, in about a tenth of the bytes: the bindings are Ready with one confirmed
// entry each, the last reads agree with that, and nothing is under way or refused. Most targets of a process
// are at rest most of the time.
class resting_target
{
public:
    // Null: the facts say more than fits in here.
    static std::unique_ptr<resting_target> of(const target_facts& facts);

    // The same facts again, but for what has no meaning at rest.
    target_facts facts() const;

    // ---- what the lists of the project show of it ----

    // Whether the list shows the listener as it was read.
    bool agrees_with(const cloud::listener& listed) const;
    bool is_of(const cloud::project_scope& scope) const;
    const support::uuid& load_balancer() const { return listener_.load_balancer_id; }
    std::size_t bindings() const { return bindings_.size(); }
    std::vector<support::uuid> certificates() const;

    // Lists that were asked for at `asked_at` show all of it as it was read. False: they are older than what
    // was read, or the target has to be read itself.
    bool confirm(support::time_point asked_at);
    // How long the target needs no read at `now`, because lists confirmed it and none of its certificates
    // expires; zero: it needs one. `holds`: how long a confirmation counts. `read_since`: the target has to
    // have been read itself since then.
    support::duration spared_for(
        support::time_point now,
        support::wall_time wall,
        support::duration holds,
        support::time_point read_since
    ) const;
    // When the target was read itself.
    support::time_point read_at() const { return listener_.asked_at; }

    resting_target(const resting_target& other);
    resting_target& operator=(const resting_target&) = delete;
    ~resting_target() = default;

private:
    struct resting_binding
    {
        support::uuid uid;
        support::interned requested_at;
        support::time_point generation_since;
        support::time_point verified_at;
        support::time_point asked_at;  // for the certificate
        support::wall_time expires_at;
        cloud::container_ref attached;
        cloud::container_ref replaced;
        std::int32_t generation;
        binding::slot slot;
        bool generation_is_new : 1;
        bool verified : 1;
        bool expires : 1;
    };

    // Of the load balancer, as the target read both.
    struct resting_listener
    {
        support::uuid id;
        support::uuid load_balancer_id;
        support::interned project_id;
        support::interned protocol;
        cloud::container_ref client_ca_ref;
        cloud::container_ref client_crl_ref;
        support::time_point asked_at;
        support::time_point load_balancer_asked_at;
    };

    resting_target() = default;
    bool take_answers(const target_facts& facts);
    bool take_binding(const support::uuid& uid, const binding_state& known);

    support::time_point scope_asked_at_;
    support::time_point confirmed_at_ = support::time_point::min();
    ledger_scope scope_;  // of the target, and of all its ledgers
    resting_listener listener_;
    cloud::container_ref default_ref_;
    std::vector<cloud::container_ref> sni_refs_;
    std::unique_ptr<listener_slots> previous_;
    std::unique_ptr<ownership_changes> ownership_changes_;
    std::vector<resting_binding> bindings_;
    std::optional<bool> may_write_;
};

}  // namespace binding
