#include "app/metric_families.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily watch_restarts(const runtime::watcher::restarts& counted)
{
    read_family family(
        "certificatebinding_watch_restarts_total",
        "Total number of watch restarts by cause.",
        MetricType::Counter
    );
    family.add(static_cast<double>(counted.ended), {{"cause", "ended"}});
    family.add(static_cast<double>(counted.expired), {{"cause", "expired"}});
    family.add(static_cast<double>(counted.failed), {{"cause", "failed"}});
    return family.take();
}

MetricFamily events(const kube::event_recorder::counts& counted, std::size_t merged)
{
    read_family family(
        "certificatebinding_events_total", "Total number of Kubernetes Events by result.", MetricType::Counter
    );
    family.add(static_cast<double>(counted.dropped), {{"result", "dropped"}});
    family.add(static_cast<double>(counted.failed), {{"result", "failed"}});
    family.add(static_cast<double>(merged), {{"result", "merged"}});
    family.add(static_cast<double>(counted.written), {{"result", "written"}});
    return family.take();
}

MetricFamily requests(
    const char* name,
    const char* help,
    MetricType type,
    const metrics::requests_by_service& all,
    std::size_t net::request_places::counts::* value
)
{
    read_family family(name, help, type);
    for (const auto& [service, counts] : all)
    {
        family.add(static_cast<double>(counts.*value), {{"service", service}});
    }
    return family.take();
}

MetricFamily of_each_service(
    std::string name,
    std::string help,
    const std::vector<metrics::service>& services,
    std::size_t metrics::service::* value
)
{
    read_family family(std::move(name), std::move(help), MetricType::Gauge);
    for (const metrics::service& each : services)
    {
        family.add(static_cast<double>(each.*value), {{"credential", each.credential}});
    }
    return family.take();
}

MetricFamily by_lease(
    std::string name, std::string help, MetricType type, const std::string& lease, double value
)
{
    read_family family(std::move(name), std::move(help), type);
    family.add(value, {{"name", lease}});
    return family.take();
}

MetricFamily build_info()
{
    read_family family(
        "certificatebinding_build_info",
        "Always 1; the label holds the version of the controller.",
        MetricType::Gauge
    );
    family.add(1, {{"version", PROJECT_VERSION}});
    return family.take();
}

double number(std::size_t count)
{
    return static_cast<double>(count);
}

std::vector<MetricFamily> of_watches(const metrics::state& now)
{
    return {
        watch_restarts(now.watch_restarts),
        family_of(
            "certificatebinding_watch_missed_total",
            "Total number of changes that a watch has not shown.",
            MetricType::Counter,
            number(now.watch_restarts.missed)
        ),
        family_of(
            "certificatebinding_watch_age_seconds",
            "Seconds since the watch that is silent longest has shown anything.",
            MetricType::Gauge,
            std::chrono::duration<double>(now.watch_age).count()
        ),
    };
}

std::vector<MetricFamily> of_requests(const metrics::requests_by_service& all)
{
    return {
        requests(
            "certificatebinding_requests_under_way",
            "Number of requests that are under way, each with its connection, by service.",
            MetricType::Gauge,
            all,
            &net::request_places::counts::under_way
        ),
        requests(
            "certificatebinding_requests_waiting",
            "Number of requests that wait because too many are under way, by service.",
            MetricType::Gauge,
            all,
            &net::request_places::counts::waiting
        ),
        requests(
            "certificatebinding_requests_without_place_total",
            "Total number of requests that were not sent, because too many were under way for too long, by "
            "service.",
            MetricType::Counter,
            all,
            &net::request_places::counts::too_late
        ),
    };
}

std::vector<MetricFamily> of_namespaces(const metrics::state& now)
{
    std::vector<MetricFamily> families{family_of(
        "certificatebinding_unlisted_namespaces",
        "Number of watched namespaces whose bindings have not been listed; all namespaces count as one.",
        MetricType::Gauge,
        number(now.bindings.unlisted().size())
    )};
    if (now.unwatched)
    {
        families.push_back(family_of(
            "certificatebinding_unwatched",
            "Number of bindings in namespaces that this controller does not watch.",
            MetricType::Gauge,
            number(*now.unwatched)
        ));
    }
    return families;
}

// The names are those of client-go.
std::vector<MetricFamily> of_election(const metrics::leadership& election)
{
    return {
        by_lease(
            "leader_election_master_status",
            "1 if this process leads, 0 if it stands by, by the name of the Lease.",
            MetricType::Gauge,
            election.lease,
            election.leads ? 1 : 0
        ),
        by_lease(
            "leader_election_slowpath_total",
            "Total number of renewals of the Lease that failed and were repeated, by the name of the Lease.",
            MetricType::Counter,
            election.lease,
            number(election.failed_renewals)
        ),
    };
}

std::vector<MetricFamily> of_services(const std::vector<metrics::service>& services)
{
    return {
        of_each_service(
            "certificatebinding_cloud_requests_left",
            "Number of requests that the cloud admits now, by credential.",
            services,
            &metrics::service::requests_left
        ),
        of_each_service(
            "certificatebinding_cloud_requests_waiting",
            "Number of requests that wait for their turn, by credential.",
            services,
            &metrics::service::requests_waiting
        ),
    };
}

}  // namespace

read_family::read_family(std::string name, std::string help, MetricType type)
    : family_{std::move(name), std::move(help), type, {}}
{}

void read_family::add(double value, std::vector<prometheus::ClientMetric::Label> labels)
{
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    metric.gauge.value = value;
    metric.counter.value = value;
}

MetricFamily family_of(std::string name, std::string help, MetricType type, double value)
{
    read_family family(std::move(name), std::move(help), type);
    family.add(value);
    return family.take();
}

std::vector<MetricFamily> families_of(const metrics::state& now)
{
    std::vector<MetricFamily> families;
    const auto append = [&families](std::vector<MetricFamily> more) {
        std::ranges::move(more, std::back_inserter(families));
    };
    families.push_back(build_info());
    append(of_watches(now));
    append(of_requests(now.requests));
    families.push_back(events(now.events, now.merged_events));
    append(of_namespaces(now));
    if (now.election)
    {
        append(of_election(*now.election));
    }
    if (!now.services.empty())
    {
        append(of_services(now.services));
    }
    return families;
}

}  // namespace app
