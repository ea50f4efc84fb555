#pragma once

#include "binding/events/limited_events.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <string>

namespace app {

// Writes the events of bindings as Kubernetes Events, within the limits of binding::limited_events, beside
// the work of the controller.
class kubernetes_events
{
public:
    // `instance`: as kube::event_recorder has it.
    kubernetes_events(
        const boost::asio::any_io_executor& executor,
        kube::client& kube,
        support::clock& clock,
        support::random_engine& random,
        std::string instance
    );

    void record(const binding::event& event) { limited_.record(event); }
    // An Event that is no binding's; the limits do not count it.
    void record(kube::event event) { recorder_.record(std::move(event)); }

    // Begins to write. end() must have returned before this object is destroyed.
    void begin();
    // Writes what waits, for a short time.
    support::task<> end();
    // Writes nothing more; end() returns soon.
    void abort() { recording_.cancel(); }

    const kube::event_recorder::counts& counted() const { return recorder_.counted(); }
    // Those that another Event tells of.
    std::size_t merged() const { return limited_.merged(); }

private:
    kube::event_recorder recorder_;
    binding::limited_events limited_;
    support::task_group limiting_;
    support::task_group recording_;
};

}  // namespace app
