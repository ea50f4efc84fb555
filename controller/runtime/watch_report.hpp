#pragma once

#include "kube/client.hpp"
#include "runtime/watch_machine.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace runtime {

// What a watcher follows.
struct watch_scope
{
    kube::resource resource;
    std::string name_space;  // empty: all namespaces
    // Added to the log line if the server does not know the resource.
    std::string hint_if_missing;
    std::string label_selector = {};  // empty: all objects
};

watch_failure failure_of(const support::error& error);

enum class watch_step
{
    list,
    watch,
    stream,  // within an open watch
};

// The log lines of a watcher: a failure is logged once when it begins, with what to do, and once when it is
// over.
class watch_report
{
public:
    explicit watch_report(watch_scope scope);

    void failed(watch_step step, const support::error& error);
    // A list or a watch was granted; a trouble within the stream may go on.
    void answered();
    void recovered();
    // The first failure of a watch is normal, because the watch is resumed.
    void interrupted(const support::error& error);

    // The version of the collection is older than the one that was known.
    void history_lost(const std::string& known, const std::string& version);
    // `changes` that the watch has not shown.
    void missed(std::size_t changes);
    // Although its connection stands. `reason`: as watch_liveness has it.
    void died(const std::string& reason);

private:
    // A failure, by the properties that make it worth a line of its own.
    struct trouble
    {
        watch_step step;
        support::errc code;
        int http_status;

        bool operator==(const trouble&) const = default;
    };

    watch_scope scope_;
    std::optional<trouble> trouble_;
};

}  // namespace runtime
