#pragma once

#include "kube/client.hpp"
#include "runtime/lease_client.hpp"
#include "runtime/lease_machine.hpp"
#include "runtime/lease_report.hpp"
#include "support/alarm.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace runtime {

// One term of a leader, as its owner sees it.
class leadership
{
public:
    virtual ~leadership() = default;

    // Until when the owner may send a write. time_point::min() once the term is lost or has ended.
    virtual support::time_point may_send_until() const = 0;
    // now() < may_send_until(). To be asked right before each send, because a suspended machine learns of its
    // loss late.
    virtual bool holds() const = 0;
    virtual predecessor before() const = 0;
};

// Takes part in the election of a leader by a Lease of coordination.k8s.io/v1. Losing the Lease ends nothing
// but the term: the process stays a candidate.
//
// Rights: get, watch and patch of this one name, and create of leases, in the namespace.
class leader_elector
{
public:
    struct parts
    {
        kube::client& kube;  // with a connection of its own, so that nothing else delays a renewal
        support::clock& clock;
        support::random_engine& random;
        std::string name_space;
        std::string name;
        std::string identity;  // of no other process, and not empty
        lease_times times = {};
    };

    // Runs while the process leads. When the term is lost (on_lost, then holds() is false) it sends nothing
    // more, resolves what is in flight and returns; no new term begins before. It also returns when the
    // owner's own end has come (after stop()). The value: no PUT is in doubt.
    using lead = std::function<support::task<bool>(const leadership&)>;

    leader_elector(parts parts, lead lead, std::function<void()> on_lost);
    ~leader_elector();
    leader_elector(const leader_elector&) = delete;
    leader_elector& operator=(const leader_elector&) = delete;

    // Until stop() was called, `lead` has returned and the Lease is released; or until it is cancelled, which
    // also cancels `lead` and releases nothing.
    support::task<> run();

    // No further term begins. The owner is told by other ways that its end has come; the Lease is renewed
    // until `lead` has returned, and then released.
    void stop();

    // ---- for metrics and health ----
    bool leads() const;  // and may send now
    support::time_point may_send_until() const { return machine_.may_send_until(); }
    const std::string& holder() const { return machine_.holder(); }  // as last seen; empty: nobody
    std::int64_t transitions() const { return machine_.transitions(); }
    std::uint64_t terms() const { return terms_; }  // that this process has led
    std::uint64_t failed_renewals() const { return machine_.failed_renewals(); }

private:
    class term;

    // Coroutines beside each other: one decides, the others do one thing at a time.
    support::task<> elect();
    support::task<> send_requests();
    support::task<> follow();
    support::task<> run_terms();

    enum class watch_end
    {
        in_order,
        refused,  // a retry is of use only after a change of rights
        failed,
    };

    support::task<> send(lease_action request);
    void failed(const lease_action& request, const support::error& error);
    support::task<watch_end> watch_once();
    support::task<> until_watch_again();
    support::task<watch_end> read_events(kube::watch_stream& stream);
    support::task<bool> owner_ended();
    void notice_changes();
    void told_machine();

    parts parts_;
    lead lead_;
    std::function<void()> on_lost_;
    lease_machine machine_;
    lease_client client_;
    lease_report report_;
    struct bells;
    std::unique_ptr<bells> bells_;  // empty before run()
    std::unique_ptr<term> term_;    // empty while no owner runs
    std::optional<lease_action> to_send_;
    bool led_ = false;  // as last noticed
    std::uint64_t terms_ = 0;
    bool watch_again_ = false;
    int watch_failures_ = 0;  // in a row
};

}  // namespace runtime
