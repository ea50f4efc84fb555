#include "app/metrics.hpp"

#include "app/metric_families.hpp"
#include "app/metrics_page.hpp"

#include <map>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <string_view>
#include <utility>
#include <vector>

namespace app {
namespace {

using prometheus::Counter;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::MetricFamily;

const Labels controller_labels{{"controller", "certificatebinding"}};
const Histogram::BucketBoundaries window_bounds{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
// As controller-runtime and client-go have them.
const Histogram::BucketBoundaries reconcile_bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3,  0.35,
                                                   0.4,   0.45, 0.5,   0.6,  0.7, 0.8,  0.9, 1,    1.25, 1.5,
                                                   1.75,  2,    2.5,   3,    3.5, 4,    4.5, 5,    6,    7,
                                                   8,     9,    10,    15,   20,  25,   30,  40,   50,   60};
const Histogram::BucketBoundaries request_bounds{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};
// As controller-runtime has them: powers of ten from 10 ns to 1000 s.
const Histogram::BucketBoundaries queue_bounds{
    1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000
};
const Labels queue_labels{{"controller", "certificatebinding"}, {"name", "certificatebinding"}};
const Histogram::BucketBoundaries lag_bounds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
};

// By the value of a label. Every value is registered from the start, so that a rate has no gap at its
// beginning.
using counters = std::map<std::string, Counter*, std::less<>>;

counters make(
    prometheus::Registry& registry,
    const std::string& name,
    const std::string& help,
    const std::string& label,
    const std::vector<std::string>& values,
    const Labels& labels = {}
)
{
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Labels(labels).Register(registry);
    counters by_value;
    for (const std::string& value : values)
    {
        by_value[value] = &family.Add({{label, value}});
    }
    return by_value;
}

// The values of the label `result`, as controller-runtime names them.
std::string_view result_of(runtime::outcome::kind how)
{
    switch (how)
    {
        case runtime::outcome::kind::done:
            return "success";
        case runtime::outcome::kind::later:
            return "requeue_after";
        case runtime::outcome::kind::retry:
            break;
    }
    return "error";
}

std::string_view result_of(std::optional<cloud::failure> failed)
{
    if (!failed)
    {
        return "accepted";
    }
    switch (*failed)
    {
        case cloud::failure::refused:
            return "refused";
        case cloud::failure::busy:
            return "busy";
        case cloud::failure::ambiguous:
            return "unanswered";
        default:
            return "failed";
    }
}

}  // namespace

struct metrics::impl
{
    prometheus::Registry registry;
    counters reconciliations = make(
        registry,
        "controller_runtime_reconcile_total",
        "Total number of reconciliations per controller by result.",
        "result",
        {"error", "requeue_after", "success"},
        controller_labels
    );
    Counter& reconciliation_errors = prometheus::BuildCounter()
                                         .Name("controller_runtime_reconcile_errors_total")
                                         .Help("Total number of reconciliation errors per controller.")
                                         .Register(registry)
                                         .Add(controller_labels);
    counters updates = make(
        registry,
        "certificatebinding_listener_updates_total",
        "Total number of listener updates sent to Octavia by result.",
        "result",
        {"accepted", "busy", "failed", "refused", "unanswered"}
    );
    Counter& orphans =
        prometheus::BuildCounter()
            .Name("certificatebinding_orphaned_refs_total")
            .Help("Total number of refs left on listeners by bindings whose finalizer was removed by hand.")
            .Register(registry)
            .Add({});
    counters surveys = make(
        registry,
        "certificatebinding_surveys_total",
        "Total number of looks at the lists of a project, which spare reads of single listeners and "
        "certificates, by whether all lists were read to the end.",
        "result",
        {"complete", "incomplete"}
    );
    counters surveyed_listeners = make(
        registry,
        "certificatebinding_surveyed_listeners_total",
        "Total number of listeners that the lists of a project showed as they were read before (confirmed), "
        "or otherwise (different, which has them read).",
        "result",
        {"confirmed", "different"}
    );
    Histogram& windows =
        prometheus::BuildHistogram()
            .Name("certificatebinding_foreign_update_window_seconds")
            .Help(
                "Time from the read that a listener update was planned from to the answer to the update; the "
                "update overwrites what other clients changed in this time."
            )
            .Register(registry)
            .Add({}, window_bounds);
    Histogram& reconcile_times = prometheus::BuildHistogram()
                                     .Name("controller_runtime_reconcile_time_seconds")
                                     .Help("Length of time per reconciliation per controller.")
                                     .Register(registry)
                                     .Add(controller_labels, reconcile_bounds);
    prometheus::Family<Counter>& kubernetes_requests =
        prometheus::BuildCounter()
            .Name("rest_client_requests_total")
            .Help("Number of HTTP requests, partitioned by status code, method, and host.")
            .Register(registry);
    prometheus::Family<Counter>& cloud_requests =
        prometheus::BuildCounter()
            .Name("openstack_api_requests_total")
            .Help("Number of requests to the cloud by service, verb and status code.")
            .Register(registry);
    prometheus::Family<Histogram>& cloud_times =
        prometheus::BuildHistogram()
            .Name("openstack_api_request_duration_seconds")
            .Help("Duration of the requests to the cloud by service and verb.")
            .Register(registry);
    Histogram& lags = prometheus::BuildHistogram()
                          .Name("certificatebinding_loop_lag_seconds")
                          .Help("How late the one thread of the program ran what was due, sampled.")
                          .Register(registry)
                          .Add({}, lag_bounds);
    Histogram& queue_times =
        prometheus::BuildHistogram()
            .Name("workqueue_queue_duration_seconds")
            .Help("How long in seconds a target stays in workqueue, once it is due, before being requested.")
            .Register(registry)
            .Add(queue_labels, queue_bounds);
    Histogram& work_times = prometheus::BuildHistogram()
                                .Name("workqueue_work_duration_seconds")
                                .Help("How long in seconds processing a target from workqueue takes.")
                                .Register(registry)
                                .Add(queue_labels, queue_bounds);
};

metrics::metrics() : impl_(std::make_unique<impl>()) {}

metrics::~metrics() = default;

void metrics::reconciled(runtime::outcome::kind how, support::duration took)
{
    impl_->reconcile_times.Observe(std::chrono::duration<double>(took).count());
    impl_->reconciliations.find(result_of(how))->second->Increment();
    if (how == runtime::outcome::kind::retry)
    {
        impl_->reconciliation_errors.Increment();
    }
}

void metrics::listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
{
    impl_->updates.find(result_of(failed))->second->Increment();
    if (window)
    {
        impl_->windows.Observe(std::chrono::duration<double>(*window).count());
    }
}

void metrics::surveyed(const binding::survey_result& result)
{
    impl_->surveys.find(result.complete ? "complete" : "incomplete")->second->Increment();
    impl_->surveyed_listeners.find("confirmed")->second->Increment(static_cast<double>(result.confirmed));
    impl_->surveyed_listeners.find("different")->second->Increment(static_cast<double>(result.different));
}

void metrics::requested(const net::measured_request& ended)
{
    // client-go's word for a request without an answer.
    const std::string code = ended.status == 0 ? "<error>" : std::to_string(ended.status);
    const std::string verb(ended.method);
    if (ended.service == "kubernetes")
    {
        const std::string host = net::with_port(ended.origin.host, ended.origin.port);
        impl_->kubernetes_requests.Add({{"code", code}, {"method", verb}, {"host", host}}).Increment();
        return;
    }
    const std::string service(ended.service);
    impl_->cloud_requests.Add({{"service", service}, {"verb", verb}, {"code", code}}).Increment();
    impl_->cloud_times.Add({{"service", service}, {"verb", verb}}, request_bounds)
        .Observe(std::chrono::duration<double>(ended.duration).count());
}

void metrics::refs_orphaned(std::size_t refs)
{
    impl_->orphans.Increment(static_cast<double>(refs));
}

void metrics::loop_was_late(support::duration late)
{
    impl_->lags.Observe(std::chrono::duration<double>(late).count());
}

void metrics::waited(support::duration time)
{
    impl_->queue_times.Observe(std::chrono::duration<double>(time).count());
}

void metrics::worked(support::duration time)
{
    impl_->work_times.Observe(std::chrono::duration<double>(time).count());
}

std::function<std::optional<std::string>()> metrics::page(const state& now) const
{
    std::vector<MetricFamily> small = impl_->registry.Collect();
    for (auto&& read : {families_of(now), queue_families(now.queue), process_families()})
    {
        small.insert(small.end(), read.begin(), read.end());
    }
    return metrics_page(small, now.bindings, now.expiries);
}

}  // namespace app
