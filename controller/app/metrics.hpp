#pragma once

#include "binding/bindings.hpp"
#include "cloud/client.hpp"
#include "kube/events.hpp"
#include "runtime/watcher.hpp"
#include "runtime/work_queue.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace app {

// What is counted while the program runs, and the page of it and of the present state, as Prometheus reads
// it. docs/operations.md has the table of the names.
class metrics
{
public:
    // What nobody counts, because it is there to be looked at.
    struct state
    {
        const binding::bindings& bindings;
        std::size_t queue_depth = 0;
        runtime::watcher::restarts watch_restarts;
        kube::event_recorder::counts events;
    };

    metrics();
    ~metrics();

    void reconciled(runtime::outcome::kind how);
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window);
    void refs_orphaned(std::size_t refs);

    std::string page(const state& now) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
