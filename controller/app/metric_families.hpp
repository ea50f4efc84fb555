#pragma once

#include "app/metrics.hpp"
#include "app/queue_state.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <string>
#include <vector>

// The metric families that are read from the present state when the page is asked for.
namespace app {

// One such family while it is filled.
class read_family
{
public:
    read_family(std::string name, std::string help, prometheus::MetricType type);

    void add(double value, std::vector<prometheus::ClientMetric::Label> labels = {});
    prometheus::MetricFamily take() { return std::move(family_); }

private:
    prometheus::MetricFamily family_;
};

// One number without labels.
prometheus::MetricFamily family_of(
    std::string name, std::string help, prometheus::MetricType type, double value
);

// All small families of the state.
std::vector<prometheus::MetricFamily> families_of(const metrics::state& now);

// workqueue_* and the like, as client-go and controller-runtime name them.
std::vector<prometheus::MetricFamily> queue_families(const queue_state& now);

// process_*, as the client libraries of Prometheus name them
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics). What the machine does not
// tell is left out.
std::vector<prometheus::MetricFamily> process_families();

}  // namespace app
