#pragma once

#include "binding/bindings.hpp"
#include "binding/observer.hpp"
#include "runtime/watcher.hpp"
#include "runtime/work_queue.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace app {

// What is counted while the program runs, and the page of it and of the present state, as Prometheus reads
// it. docs/operations.md has the table of the names.
class metrics final : public binding::observer
{
public:
    // What nobody counts, because it is there to be looked at.
    struct state
    {
        const binding::bindings& bindings;
        std::size_t queue_depth = 0;
        runtime::watcher::restarts watch_restarts;
    };

    metrics();
    ~metrics() override;

    void reconciled(runtime::outcome::kind how);
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override;

    std::string page(const state& now) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
