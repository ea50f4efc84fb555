#include "app/metric_families.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

double seconds(support::duration time)
{
    return std::chrono::duration<double>(time).count();
}

MetricFamily targets(const queue_state& now)
{
    read_family family(
        "certificatebinding_targets", "Number of targets by what they wait for.", MetricType::Gauge
    );
    for (std::size_t i = 0; i < runtime::waits_for_count; ++i)
    {
        const std::string_view name = runtime::name_of(static_cast<runtime::waits_for>(i));
        family.add(static_cast<double>(now.waiting.at(i)), {{"waits_for", std::string(name)}});
    }
    family.add(static_cast<double>(now.in_work), {{"waits_for", "work"}});
    return family.take();
}

}  // namespace

std::vector<MetricFamily> queue_families(const queue_state& now)
{
    std::vector<MetricFamily> families;
    const auto add = [&](const char* name, const char* help, MetricType type, double value) {
        read_family family(name, help, type);
        family.add(value, {{"name", "certificatebinding"}, {"controller", "certificatebinding"}});
        families.push_back(family.take());
    };
    add("workqueue_depth",
        "Current depth of workqueue: the targets that are due and wait for a worker.",
        MetricType::Gauge,
        static_cast<double>(now.depth));
    add("workqueue_adds_total",
        "Total number of adds handled by workqueue: how often a target was due.",
        MetricType::Counter,
        static_cast<double>(now.additions));
    add("workqueue_retries_total",
        "Total number of retries handled by workqueue: how often a target failed.",
        MetricType::Counter,
        static_cast<double>(now.retries));
    add("workqueue_unfinished_work_seconds",
        "How many seconds of work has been done that is in progress, all targets together.",
        MetricType::Gauge,
        seconds(now.unfinished));
    add("workqueue_longest_running_processor_seconds",
        "How many seconds has the longest running work on a target been running.",
        MetricType::Gauge,
        seconds(now.longest));
    read_family panics(
        "controller_runtime_reconcile_panics_total",
        "Total number of reconciliations, and of looks at the lists of a project, that ended with an "
        "exception, which is a bug.",
        MetricType::Counter
    );
    panics.add(static_cast<double>(now.panics), {{"controller", "certificatebinding"}});
    families.push_back(panics.take());
    families.push_back(family_of(
        "controller_runtime_active_workers",
        "Number of targets that are reconciled now.",
        MetricType::Gauge,
        static_cast<double>(now.in_work)
    ));
    families.push_back(targets(now));
    return families;
}

}  // namespace app
