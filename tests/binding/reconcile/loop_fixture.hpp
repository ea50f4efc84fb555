#pragma once

#include "binding/events/recorded_events.hpp"
#include "binding/index/binding_index.hpp"
#include "binding/reconcile/on_change.hpp"
#include "binding/reconcile/reconciler.hpp"
#include "fakes/cloud/fake_cloud.hpp"
#include "fakes/cloud/one_cloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "invariants/invariants.hpp"
#include "runtime/worker_pool.hpp"
#include "support/loop.hpp"

#include <functional>
#include <memory>
#include <string>

// A whole controller without its network: store, queue, workers, reconciler and plan over a small Kubernetes
// and cloud.
namespace test {

inline const std::string cert_a = "aaaaaaaa-0000-4000-8000-000000000001";
inline const std::string cert_b = "bbbbbbbb-0000-4000-8000-000000000002";
inline const std::string cert_c = "cccccccc-0000-4000-8000-000000000003";
inline const cloud::container_ref foreign{"http://kms/v1/containers/ffffffff-0000-4000-8000-00000000000f"};
inline const std::string listener_1 = "11111111-0000-4000-8000-000000000001";
inline const std::string listener_2 = "22222222-0000-4000-8000-000000000002";
inline const support::uuid balancer = *support::uuid::parse("99999999-0000-4000-8000-000000000001");

// The one wiring of the binding rooms in tests, without queue and workers: index, credentials, reconciler,
// and what follows from a change.
struct wiring
{
    using waker = std::function<void(binding::target)>;
    using enqueuer = decltype(binding::change_parts::enqueue);

    // `wake`: has a target reconciled that a pass names. `enqueue`: the same for what follows from a change.
    wiring(
        loop& loop,
        kube::client& kube,
        fake_cloud& cloud,
        const binding::settings& settings,
        binding::event_sink& events,
        waker wake,
        enqueuer enqueue
    );

    support::random_engine random{1};
    one_cloud credentials;
    binding::binding_index store;
    binding::expiry_warnings expiry;
    binding::reconciler reconciler;
    binding::foreign_writes foreign;
    binding::change_parts change_parts;
    runtime::object_sink* sink;
};

// One process of the controller: the objects that a crash loses.
struct process
{
    process(loop& loop, kube::client& kube, fake_cloud& cloud);

    // Like SIGTERM: passes that have begun may end.
    void stop_gently()
    {
        parts.reconciler.stop();
        pool.stop();
    }

    binding::settings settings;
    test::recorded_events recorded;
    wiring parts;
    runtime::work_queue<binding::target> queue;
    runtime::worker_pool<binding::target> pool;
    std::function<void()> kill;
};

// Two processes never run at the same time. The invariants are checked at every write.
class the_loop : public loop
{
protected:
    the_loop();

    static cloud::container_ref ref(const std::string& certificate) { return fake_cloud::ref(certificate); }
    void add_listener(const std::string& id);
    fake_cloud::listener_row& row(const std::string& id = listener_1);

    void start();
    void stop();
    bool until(const std::function<bool()>& done);

    void TearDown() override;

    fake_kube kube;
    fake_cloud cloud;
    invariants checked;
    std::unique_ptr<process> running;
};

}  // namespace test
