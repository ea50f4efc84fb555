#pragma once

#include "app/queue_state.hpp"
#include "binding/index/binding_index.hpp"
#include "binding/reconcile/surveyor.hpp"
#include "cloud/client.hpp"
#include "kube/events.hpp"
#include "net/http/measured_client.hpp"
#include "net/http/request_places.hpp"
#include "runtime/watcher.hpp"
#include "runtime/work_queue.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace app {

// Counts while the program runs, and writes the metrics page of the counts and of the present state in
// Prometheus' text format. docs/metrics.md has the table of the metrics.
class metrics
{
public:
    // A credential of a cloud that attaches single bindings itself.
    struct service
    {
        std::string credential;  // the name of its entry or Secret
        std::size_t requests_left = 0;
        std::size_t requests_waiting = 0;
    };

    // The election of a leader, if the process takes part in one.
    struct leadership
    {
        std::string lease;
        bool leads = false;
        std::uint64_t failed_renewals = 0;
    };

    using requests_by_service = std::map<std::string, net::request_places::counts, std::less<>>;

    // The present state, which the page reads instead of counting.
    struct state
    {
        const binding::binding_index& bindings;
        queue_state queue;
        runtime::watcher::restarts watch_restarts;
        kube::event_recorder::counts events;
        std::optional<std::size_t> unwatched = {};  // bindings of other namespaces; empty: not known
        std::vector<service> services = {};
        support::duration watch_age{};  // since the watch that is silent longest has shown anything
        requests_by_service requests = {};
        std::size_t merged_events = 0;  // that another event tells of
        bool expiries = true;           // with a sample for each binding
        std::optional<leadership> election = {};
    };

    metrics();
    ~metrics();

    void reconciled(runtime::outcome::kind how, support::duration took);
    void requested(const net::measured_request& ended);
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window);
    void refs_orphaned(std::size_t refs);
    void surveyed(const binding::survey_result& result);
    void loop_was_late(support::duration late);
    // How long a target that was taken from the queue was due, and how long the work on a target took.
    void waited(support::duration time);
    void worked(support::duration time);

    // The page in pieces; empty after the last. Each piece is written when it is asked for, so that a page of
    // a hundred thousand bindings neither takes much memory nor stops the work. What `now` refers to must
    // outlive the last piece.
    std::function<std::optional<std::string>()> page(const state& now) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
