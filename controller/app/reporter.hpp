#pragma once

#include "app/metrics.hpp"
#include "binding/events/event_sink.hpp"
#include "kube/events.hpp"

namespace app {

// Passes events of the bindings on to the metrics, and to users as Kubernetes Events.
class reporter final : public binding::event_sink
{
public:
    reporter(metrics& metrics, kube::event_recorder& events) : metrics_(metrics), events_(events) {}

    void happened(const binding::certificate_binding& binding, const binding::event& what) override;
    void happened_in(const std::string& name_space, const binding::event& what) override;
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override;
    void refs_orphaned(std::size_t refs) override;

private:
    void record(kube::object_reference regarding, const binding::event& what);

    metrics& metrics_;
    kube::event_recorder& events_;
};

}  // namespace app
