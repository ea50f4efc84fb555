#pragma once

#include "binding/index/binding_index.hpp"
#include "cloud/client.hpp"
#include "kube/events.hpp"
#include "runtime/watcher.hpp"
#include "runtime/work_queue.hpp"

#include <cstddef>
#include <functional>
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
        const binding::binding_index& bindings;
        std::size_t queue_depth = 0;
        runtime::watcher::restarts watch_restarts;
        kube::event_recorder::counts events;
    };

    metrics();
    ~metrics();

    void reconciled(runtime::outcome::kind how);
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window);
    void refs_orphaned(std::size_t refs);

    // The page in pieces, each made when it is asked for, so that one of a hundred thousand bindings neither
    // takes much memory nor stops the work; empty after the last. What `now` refers to must live until then.
    std::function<std::optional<std::string>()> page(const state& now) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
