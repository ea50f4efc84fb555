#include "app/metrics.hpp"

#include <array>
#include <map>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace app {
namespace {

using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::MetricFamily;
using prometheus::MetricType;

const Labels controller_labels{{"controller", "certificatebinding"}};
const Histogram::BucketBoundaries window_bounds{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};

// Of a label's value, each of which is there from the start: a rate has no gap where it begins.
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
    counters made;
    for (const std::string& value : values)
    {
        made[value] = &family.Add({{label, value}});
    }
    return made;
}

// The labels of controller-runtime's metric of this name.
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

// A family of what is there to be looked at.
class view
{
public:
    view(std::string name, std::string help, MetricType type)
        : family_{std::move(name), std::move(help), type, {}}
    {}

    void add(double value, std::vector<ClientMetric::Label> labels = {})
    {
        ClientMetric& made = family_.metric.emplace_back();
        made.label = std::move(labels);
        made.gauge.value = value;
        made.counter.value = value;
    }

    MetricFamily take() { return std::move(family_); }

private:
    MetricFamily family_;
};

using counts_by_reason = std::array<std::size_t, binding::reason_count>;

MetricFamily bindings_by_reason(const counts_by_reason& counts)
{
    view made(
        "certificatebinding_bindings",
        "Bindings by the reason of their condition Ready; without one: not seen yet.",
        MetricType::Gauge
    );
    for (std::size_t i = 0; i < counts.size(); ++i)
    {
        const auto reason = static_cast<binding::reason>(i);
        if (reason != binding::reason::certificate_active)  // which is of another condition
        {
            made.add(static_cast<double>(counts.at(i)), {{"reason", std::string(binding::name_of(reason))}});
        }
    }
    return made.take();
}

MetricFamily watch_restarts(const runtime::watcher::restarts& counted)
{
    view made(
        "certificatebinding_watch_restarts_total",
        "How often the bindings had to be watched or listed again, by what ended the watch before.",
        MetricType::Counter
    );
    made.add(static_cast<double>(counted.ended), {{"cause", "ended"}});
    made.add(static_cast<double>(counted.expired), {{"cause", "expired"}});
    made.add(static_cast<double>(counted.failed), {{"cause", "failed"}});
    return made.take();
}

MetricFamily events(const kube::event_recorder::counts& counted)
{
    view made("certificatebinding_events_total", "Events, by what became of them.", MetricType::Counter);
    made.add(static_cast<double>(counted.dropped), {{"result", "dropped"}});
    made.add(static_cast<double>(counted.failed), {{"result", "failed"}});
    made.add(static_cast<double>(counted.written), {{"result", "written"}});
    return made.take();
}

MetricFamily queue_depth(std::size_t depth)
{
    view made("workqueue_depth", "Targets (listeners) that wait for a worker.", MetricType::Gauge);
    made.add(
        static_cast<double>(depth), {{"name", "certificatebinding"}, {"controller", "certificatebinding"}}
    );
    return made.take();
}

MetricFamily build_info()
{
    view made("certificatebinding_build_info", "Always 1; the version is in its label.", MetricType::Gauge);
    made.add(1, {{"version", PROJECT_VERSION}});
    return made.take();
}

std::string text_of(const std::vector<MetricFamily>& families)
{
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return std::move(text).str();
}

void append_escaped(std::string& text, std::string_view label)
{
    for (const char c : label)
    {
        if (c == '\\' || c == '"' || c == '\n')
        {
            text += '\\';
        }
        text += c == '\n' ? 'n' : c;
    }
}

// The one family that is as large as there are bindings is written without a library's objects between.
constexpr std::string_view expiration = "certificatebinding_certificate_expiration_timestamp_seconds";

std::string begin_expirations()
{
    const std::string name(expiration);
    return "# HELP " + name +
           " When the certificate of the binding expires (notAfter), in seconds since 1970.\n# TYPE " + name +
           " gauge\n";
}

void append_expiration(std::string& text, const binding::certificate_binding& binding)
{
    const auto& certificate = binding.status.certificate;
    if (certificate.expires_at && certificate.id == binding.spec.certificate_id)
    {
        text += expiration;
        text += "{namespace=\"";
        append_escaped(text, binding.name_space.view());
        text += "\",name=\"";
        append_escaped(text, binding.name);
        text += "\"} ";
        text += std::to_string(certificate.expires_at->time_since_epoch().count());
        text += '\n';
    }
}

// What is counted and small comes first, then what there is of each binding, and in the end what was counted
// on the way.
class pieces
{
public:
    pieces(std::string first, const binding::binding_index& bindings)
        : first_(std::move(first) + begin_expirations()), walk_(bindings)
    {}

    std::optional<std::string> operator()()
    {
        if (ended_)
        {
            return std::nullopt;
        }
        std::string piece = std::exchange(first_, {});
        ended_ = !walk_.go_on(bindings_of_a_piece, [&](const binding::certificate_binding& each) {
            const auto reason = each.status[binding::condition_type::ready].reason;
            ++counts_.at(static_cast<std::size_t>(reason));
            append_expiration(piece, each);
        });
        return ended_ ? piece + text_of({bindings_by_reason(counts_)}) : std::move(piece);
    }

private:
    static constexpr std::size_t bindings_of_a_piece = 250;

    std::string first_;
    binding::binding_index::walk walk_;
    counts_by_reason counts_{};
    bool ended_ = false;
};

}  // namespace

struct metrics::impl
{
    prometheus::Registry registry;
    counters rounds = make(
        registry,
        "controller_runtime_reconcile_total",
        "Rounds of a target (a listener), by how they ended.",
        "result",
        {"error", "requeue_after", "success"},
        controller_labels
    );
    Counter& round_errors = prometheus::BuildCounter()
                                .Name("controller_runtime_reconcile_errors_total")
                                .Help("Rounds of a target (a listener) that failed and are tried again.")
                                .Register(registry)
                                .Add(controller_labels);
    counters updates = make(
        registry,
        "certificatebinding_listener_updates_total",
        "Changes of a listener that were sent to Octavia, by what came of it.",
        "result",
        {"accepted", "busy", "failed", "refused", "unanswered"}
    );
    Counter& orphans = prometheus::BuildCounter()
                           .Name("certificatebinding_orphaned_refs_total")
                           .Help("Refs left on listeners by bindings whose finalizer was removed by hand.")
                           .Register(registry)
                           .Add({});
    Histogram& windows =
        prometheus::BuildHistogram()
            .Name("certificatebinding_foreign_update_window_seconds")
            .Help(
                "From the read that a change of a listener was planned from to its answer: what somebody "
                "else changed meanwhile was lost."
            )
            .Register(registry)
            .Add({}, window_bounds);
};

metrics::metrics() : impl_(std::make_unique<impl>()) {}

metrics::~metrics() = default;

void metrics::reconciled(runtime::outcome::kind how)
{
    impl_->rounds.find(result_of(how))->second->Increment();
    if (how == runtime::outcome::kind::retry)
    {
        impl_->round_errors.Increment();
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

void metrics::refs_orphaned(std::size_t refs)
{
    impl_->orphans.Increment(static_cast<double>(refs));
}

std::function<std::optional<std::string>()> metrics::page(const state& now) const
{
    std::vector<MetricFamily> small = impl_->registry.Collect();
    small.push_back(build_info());
    small.push_back(watch_restarts(now.watch_restarts));
    small.push_back(queue_depth(now.queue_depth));
    small.push_back(events(now.events));
    return pieces(text_of(small), now.bindings);
}

}  // namespace app
