#include "binding/reconcile/loop_fixture.hpp"

#include <utility>

namespace test {

using namespace std::chrono_literals;

wiring::wiring(
    loop& loop,
    kube::client& kube,
    fake_cloud& cloud,
    const binding::settings& settings,
    binding::event_sink& events,
    waker wake,
    enqueuer enqueue
)
    : credentials(&cloud),
      store(
          credentials,
          [this](const auto& change) { on_change(change, change_parts); },
          [this] { on_all_listed(change_parts); }
      ),
      expiry(loop.clock(), events, settings.expiry_warning_days),
      reconciler(
          {kube, credentials, loop.clock(), store, random, std::move(wake), events, loop.clock().now()},
          settings
      ),
      change_parts(
          {store, reconciler, events, expiry, random, loop.clock(), foreign, settings, std::move(enqueue)}
      ),
      sink(&store.scope(""))
{}

process::process(loop& loop, kube::client& kube, fake_cloud& cloud)
    : parts(
          loop,
          kube,
          cloud,
          settings,
          recorded,
          [this](binding::target t) { pool.add(t); },
          [this](const auto& target, auto urgency, auto delay) { pool.add(target, urgency, delay); }
      ),
      queue({1s, 60s, 0.0}, parts.random, 16, &binding::tenant_of),
      pool(
          loop.executor(),
          loop.clock(),
          queue,
          [this](binding::target t) { return parts.reconciler.reconcile(t); }
      ),
      kill(loop.spawn(pool.run()))
{}

the_loop::the_loop()
    : kube([this] { return running ? running->parts.sink : nullptr; }),
      cloud(clock()),
      checked(kube, cloud, clock())
{
    cloud.balancers[balancer] = cloud::provisioning_status::active;
    add_listener(listener_1);
    cloud.certificates = {{cert_a, true}, {cert_b, true}, {cert_c, true}};
}

void the_loop::add_listener(const std::string& id)
{
    fake_cloud::listener_row row;
    row.load_balancer = balancer;
    row.slots.default_ref = foreign;
    cloud.listeners[*support::uuid::parse(id)] = row;
}

fake_cloud::listener_row& the_loop::row(const std::string& id)
{
    return cloud.listeners.at(*support::uuid::parse(id));
}

void the_loop::start()
{
    running = std::make_unique<process>(*this, checked, cloud);
    kube.list_into(*running->parts.sink);
}

void the_loop::stop()
{
    running->pool.stop();
    running->pool.cancel();
    step();
    running->kill();
    step();
    running.reset();
}

bool the_loop::until(const std::function<bool()>& done)
{
    return run_until(done, 10min);
}

void the_loop::TearDown()
{
    if (running)
    {
        stop();
    }
    loop::TearDown();
}

}  // namespace test
