#include "app/controller.hpp"

#include "app/metrics.hpp"
#include "app/unwatched_bindings.hpp"
#include "binding/credentials/secret_watchers.hpp"
#include "binding/events/deletion_reminders.hpp"
#include "binding/events/event_log.hpp"
#include "binding/events/expiry_warnings.hpp"
#include "binding/index/binding_index.hpp"
#include "binding/reconcile/on_change.hpp"
#include "binding/reconcile/reconciler.hpp"
#include "binding/single/single_reconciler.hpp"
#include "cloud/binding_service.hpp"
#include "kube/events.hpp"
#include "runtime/watcher.hpp"
#include "runtime/work_queue.hpp"
#include "runtime/worker_pool.hpp"
#include "support/log.hpp"
#include "support/task_group.hpp"

#include <boost/asio/error.hpp>

#include <exception>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t targets_at_once = 128;  // half of them for one tenant
constexpr support::duration between_time_checks = 10min;
const support::backoff failed_target{1s, 60s, 0.2};

kube::object_reference reference_to(const binding::event_subject& subject)
{
    const std::string name_space = subject.name_space.str();
    if (subject.is_namespace())
    {
        return {"v1", "Namespace", name_space, name_space, {}};
    }
    return {
        "certificates.bycloud.io/v1alpha1", "CertificateBinding", name_space, subject.name, subject.uid.str()
    };
}

kube::event kubernetes_event(const binding::event& event)
{
    return {reference_to(event.regarding), event.warning, event.reason, event.action, event.note, event.key};
}

}  // namespace

struct controller::impl
{
    impl(parts p, std::vector<std::string> scopes, binding::settings settings)
        : parts(std::move(p)),
          kubernetes_events(parts.executor, parts.kube, parts.clock, parts.random, parts.instance),
          events(
              {[this](const auto& event) { kubernetes_events.record(kubernetes_event(event)); },
               [this](auto failed, auto window) { counted.listener_updated(failed, window); },
               [this](auto refs) { counted.refs_orphaned(refs); }}
          ),
          expiry(parts.clock, events, settings.expiry_warning_days),
          reminders(parts.clock, events),
          queue(failed_target, parts.random, targets_at_once, &binding::tenant_of),
          watching(parts.executor),
          credentials(
              {parts.own,
               parts.reader,
               parts.admitted,
               [this](const auto& secret) { secrets.follow(secret); },
               [this](const auto& secret) { secrets.unfollow(secret); },
               [this](const auto& secret) { secrets.read_now(secret); },
               [this](const auto& users) { bindings.place_again(users); }}
          ),
          secrets(
              {parts.kube,
               parts.clock,
               parts.random,
               watching,
               credentials,
               settings.resync_period,
               [this](const auto& uid) { return bindings.find(uid); }}
          ),
          bindings(
              credentials, [this](const auto& change) { take_over(change); }, [this] { begin(); }
          ),
          reconciler(
              {parts.kube,
               credentials,
               parts.clock,
               bindings,
               parts.random,
               [this](binding::target t) { pool.add(t); },
               events,
               parts.clock.now()},
              settings
          ),
          singles({parts.kube, credentials, parts.clock, bindings, events, parts.clock.now()}, settings),
          change_parts(
              {bindings,
               reconciler,
               events,
               expiry,
               parts.random,
               settings.settle,
               settings.resync_period,
               [this](const auto& target, auto urgency, auto delay) { pool.add(target, urgency, delay); }}
          ),
          pool(
              parts.executor,
              parts.clock,
              queue,
              [this](binding::target target) { return reconcile(std::move(target)); }
          ),
          recording(parts.executor),
          unwatched(parts.kube, parts.clock, scopes)
    {
        if (scopes.empty())
        {
            scopes.emplace_back();
        }
        for (const std::string& name_space : scopes)
        {
            const runtime::watcher::scope scope{
                certificate_bindings,
                name_space,
                "install the CustomResourceDefinition: kubectl apply -f crds/certificatebindings.yaml"
            };
            watchers.push_back(std::make_unique<runtime::watcher>(
                scope, parts.kube, parts.clock, parts.random, bindings.scope(name_space)
            ));
        }
    }

    void take_over(const binding::object_changed& change)
    {
        if (change.after == nullptr)
        {
            singles.forget(change.before->uid);
        }
        on_change(change, change_parts);
        if (parts.changed)
        {
            parts.changed(change);
        }
    }

    // The bindings that may be listed are listed.
    void begin()
    {
        if (const auto missing = unlisted(); !missing.empty())
        {
            support::log(
                support::log_level::warn,
                "the bindings of some namespaces cannot be listed, so the controller serves the others "
                "without "
                "them; grant the right, or, if a namespace was deleted, remove it from --namespace",
                {{"namespaces", missing}}
            );
        }
        on_all_listed(change_parts);
    }

    std::string unlisted() const
    {
        std::string names;
        for (const auto& scope : bindings.unlisted())
        {
            names += names.empty() ? "" : ", ";
            names += scope.name_space.empty() ? "all namespaces" : scope.name_space;
            names += scope.forbidden ? " (forbidden)" : "";
        }
        return names;
    }

    support::task<runtime::outcome> reconcile(binding::target target)
    {
        const auto began = parts.clock.now();
        const auto with = credentials.of(target);
        const bool is_single = with && with->attaches_single_bindings();
        const auto end = is_single ? co_await singles.reconcile(std::move(target))
                                   : co_await reconciler.reconcile(std::move(target));
        counted.reconciled(end.how, parts.clock.now() - began);
        co_return end;
    }

    std::function<std::optional<std::string>()> metrics_page() const
    {
        metrics::state now{
            bindings, queue.depth(parts.clock.now()), {}, kubernetes_events.counted(), unwatched.count()
        };
        now.active_workers = queue.in_work();
        for (const auto& each : watchers)
        {
            now.watch_restarts += each->restarted();
        }
        std::map<std::string, metrics::service> by_name;  // two credentials may have one name for a while
        for (const auto& with : singles.in_use())
        {
            metrics::service& named = by_name[with->name];
            named.requests_left += with->service->requests_left();
            named.requests_waiting += with->service->requests_waiting();
        }
        for (auto& [name, service] : by_name)
        {
            service.credential = name;
            now.services.push_back(std::move(service));
        }
        return counted.page(now);
    }

    support::task<> run()
    {
        for (const auto& each : watchers)
        {
            watching.spawn(follow(*each));
        }
        watching.spawn(record_events_of_time());
        watching.spawn(unwatched.run());
        recording.spawn(kubernetes_events.run());
        co_await pool.run();
        watching.cancel();
        co_await watching.join();
        kubernetes_events.stop();
        co_await recording.join();
        if (blind)
        {
            std::rethrow_exception(blind);
        }
    }

    support::task<> record_events_of_time()
    {
        for (;;)
        {
            co_await parts.clock.sleep_for(between_time_checks);
            expiry.check(bindings);
            reminders.check(bindings);
        }
    }

    // Ends the controller when a watcher fails, because it would look alive without seeing its bindings.
    support::task<> follow(runtime::watcher& watcher)
    {
        try
        {
            co_await watcher.run();
        }
        catch (const boost::system::system_error& e)
        {
            if (e.code() == boost::asio::error::operation_aborted)  // cancelled
            {
                throw;
            }
            end_blind();
        }
        catch (...)  // Every exception ends the controller: it must not run on without a watch.
        {
            end_blind();
        }
    }

    // The exception in flight is a bug. run() rethrows it when the work in hand has ended.
    void end_blind()
    {
        blind = std::current_exception();
        pool.stop();
    }

    controller::parts parts;
    app::metrics counted;
    kube::event_recorder kubernetes_events;
    binding::event_log events;
    binding::expiry_warnings expiry;
    binding::deletion_reminders reminders;
    runtime::work_queue<binding::target> queue;
    support::task_group watching;
    binding::credentials credentials;
    binding::secret_watchers secrets;
    binding::binding_index bindings;
    binding::reconciler reconciler;
    binding::single::single_reconciler singles;
    binding::change_parts change_parts;
    runtime::worker_pool<binding::target> pool;
    std::vector<std::unique_ptr<runtime::watcher>> watchers;
    support::task_group recording;
    unwatched_bindings unwatched;
    std::exception_ptr blind;  // the exception that ended a watcher
};

controller::controller(parts parts, std::vector<std::string> namespaces, binding::settings settings)
    : impl_(std::make_unique<impl>(std::move(parts), std::move(namespaces), settings))
{}

controller::~controller() = default;

support::task<> controller::run()
{
    return impl_->run();
}

void controller::stop()
{
    impl_->reconciler.stop();
    impl_->singles.stop();
    impl_->pool.stop();
}

void controller::abort()
{
    impl_->pool.stop();
    impl_->pool.cancel();
    impl_->recording.cancel();
}

const binding::certificate_binding* controller::find(const support::uuid& uid) const
{
    return impl_->bindings.find(uid);
}

void controller::use_credential(std::shared_ptr<cloud::credential> own)
{
    impl_->credentials.set_own(std::move(own));
    std::set<support::uuid> users;
    impl_->bindings.each([&users](const binding::certificate_binding& object) {
        if (object.spec.secret.empty())
        {
            users.insert(object.uid);
        }
    });
    impl_->bindings.place_again(users);
}

void controller::requested(const net::measured_request& ended)
{
    impl_->counted.requested(ended);
}

bool controller::ready() const
{
    return impl_->bindings.ready();
}

std::string controller::unlisted() const
{
    return impl_->unlisted();
}

void controller::loop_was_late(support::duration late)
{
    impl_->counted.loop_was_late(late);
}

std::function<std::optional<std::string>()> controller::metrics() const
{
    return impl_->metrics_page();
}

}  // namespace app
