#pragma once

#include "app/options.hpp"
#include "binding/credentials/credentials.hpp"
#include "binding/plan/observation.hpp"
#include "cloud/credentials.hpp"
#include "kube/client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace app {

// The loop, put together over its interfaces: watch -> store -> work queue -> workers -> reconciler.
class controller
{
public:
    struct parts
    {
        boost::asio::any_io_executor executor;
        support::clock& clock;
        support::random_engine& random;
        kube::client& kube;
        cloud::credential_reader& reader;                         // of the Secrets that bindings name
        std::shared_ptr<cloud::credential> own;                   // of all others ...
        binding::admission admitted;                              // ... whose namespace is one of these
        std::string instance = "certificate-binding-controller";  // tells this process apart, in its events
    };

    controller(parts parts, std::vector<std::string> namespaces, binding::settings settings);
    ~controller();

    // Runs until stop() was called and the work in hand has ended. Throws what ended a watcher, which is a
    // bug.
    support::task<> run();

    // Takes up no more work; the write in flight is resolved first, as long as its deadline lets it.
    void stop();

    // Ends everything where it is; run() returns soon. What was sent may still take effect, as after a crash.
    void abort();

    bool ready() const;  // every namespace has been listed once

    // What it has counted and what there is now, as Prometheus reads it: in pieces, empty after the last.
    std::function<std::optional<std::string>()> metrics() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace app
