#pragma once

#include "binding/index/binding_index.hpp"
#include "kube/client.hpp"
#include "runtime/watcher.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/task_group.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace app {

// The watches that keep the index up to date: one for each namespace, or one for all.
class binding_watches
{
public:
    struct parts
    {
        kube::client& kube;
        support::clock& clock;
        support::random_engine& random;
        binding::binding_index& bindings;
        std::string label_selector;  // of the bindings to watch; empty: all
        // The API server has lost history (runtime::watcher); the namespace is empty where all are watched.
        std::function<void(const std::string& name_space)> history_lost;
        // An exception has ended a watch, which is a bug: nobody sees the changes of its bindings any more.
        std::function<void(std::exception_ptr)> blind;
    };

    // `namespaces`: empty: all.
    binding_watches(parts parts, const std::vector<std::string>& namespaces);

    // Begins each watch as a task of `group`, which must be joined before this object is destroyed.
    void begin(support::task_group& group);

    // Returns when the index has all that had happened when this was called, as runtime::watcher has it.
    support::task<> catch_up();

    // The namespaces that have not been listed, for people: "shop (forbidden), web". Empty: all are listed.
    std::string unlisted() const;

    // Says that the bindings that may be listed are listed, and which namespaces may not.
    void log_listed() const;

    // Of all watches together.
    runtime::watcher::restarts restarted() const;
    // For how long the watch that is silent longest has shown nothing.
    support::duration silent_for() const;

private:
    support::task<> follow(runtime::watcher& watcher);

    parts parts_;
    std::vector<std::unique_ptr<runtime::watcher>> watchers_;
};

}  // namespace app
