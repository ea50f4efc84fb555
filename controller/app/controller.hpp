#pragma once

#include "app/metrics.hpp"
#include "app/options.hpp"
#include "binding/credentials/credentials.hpp"
#include "binding/index/object_changed.hpp"
#include "binding/observed/observation.hpp"
#include "cloud/credentials.hpp"
#include "kube/client.hpp"
#include "net/http/handler.hpp"
#include "net/http/measured_client.hpp"
#include "runtime/lease_machine.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/offload.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace app {

// Takes part in the election of a leader. Without an election a controller always leads.
struct leader_election
{
    kube::client& lease;   // with a connection of its own
    kube::client& writes;  // sends nothing after controller::may_send_until()
    std::string name_space;
    std::string name;
    std::string identity;  // of no other process
    runtime::lease_times times;
};

// The composition of the reconcile loop over its interfaces: watch -> index -> work queue -> workers ->
// reconciler. The watch and the index live as long as the process; the rest lives as long as the process
// leads.
class controller
{
public:
    struct parts
    {
        boost::asio::any_io_executor executor;
        support::clock& clock;
        support::random_engine& random;
        kube::client& kube;
        cloud::credential_reader& reader;        // reads the credentials of the Secrets that bindings name
        std::shared_ptr<cloud::credential> own;  // the credential of bindings that name no Secret ...
        binding::admission admitted;             // ... if their namespace is one of these
        // Identifies this process in its Events.
        std::string instance = "certificate-binding-controller";
        // Called after each change of a binding, or empty.
        std::function<void(const binding::object_changed&)> changed = {};
        support::offload& offload = support::on_the_spot();  // parses the Secrets that bindings name
        std::optional<leader_election> election = {};
        // The labels of the bindings that this controller acts on; empty: all, and binding::settings::divided
        // is false. `manager` tells this controller from the others that divide the bindings with it.
        std::string label_selector = {};
        std::string manager = {};
        // The requests of the program by service, for the metrics page; may be empty.
        std::function<metrics::requests_by_service()> requests = {};
        bool expiry_metrics = true;  // whether the metrics page has a sample for each binding
    };

    controller(parts parts, std::vector<std::string> namespaces, binding::settings settings);
    ~controller();

    // Runs until stop() was called and the work in hand has ended. Rethrows the exception that ended a
    // watcher, which is a bug.
    support::task<> run();

    // Begins no more work. The write in flight is resolved first, until its deadline at the latest. Then the
    // Lease is released.
    void stop();

    // Ends everything at once; run() returns soon. A request that was sent may still take effect, as after a
    // crash.
    void abort();

    // Until when a write may be sent. To be asked right before each send.
    support::time_point may_send_until() const;

    // The binding as the watch shows it; null if the watch does not. The pointer holds until its next change.
    const binding::certificate_binding* find(const support::uuid& uid) const;

    // Replaces the controller's own credential.
    void use_credential(std::shared_ptr<cloud::credential> own);

    // Counts a request of the program.
    void requested(const net::measured_request& ended);

    // Whether every namespace has been listed once, except those that may not be listed.
    bool ready() const;

    // The namespaces that have not been listed, for people: "shop (forbidden), web". Empty: all are listed.
    std::string unlisted() const;

    // A sample of how late the thread runs what is due, for the metrics.
    void loop_was_late(support::duration late);

    // The metrics page in Prometheus' text format, in pieces; empty after the last.
    std::function<std::optional<std::string>()> metrics() const;

    // The page /debug/targets (debug_targets.hpp). A controller that does not lead shows no target.
    net::page debug_targets(std::string_view query) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
