#include "app/controller.hpp"

#include "app/binding_watches.hpp"
#include "app/kubernetes_events.hpp"
#include "app/lost_history.hpp"
#include "app/metrics.hpp"
#include "app/term.hpp"
#include "app/unwatched_bindings.hpp"
#include "binding/credentials/secret_watchers.hpp"
#include "binding/events/event_log.hpp"
#include "binding/index/binding_index.hpp"
#include "runtime/leader_elector.hpp"
#include "support/alarm.hpp"
#include "support/task_group.hpp"
#include "support/with_deadline.hpp"

#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace app {

struct controller::impl
{
    impl(controller::parts p, std::vector<std::string> namespaces, binding::settings settings_of_bindings)
        : parts(std::move(p)),
          shown_events(parts.executor, parts.kube, parts.clock, parts.random, parts.instance),
          events(
              parts.clock,
              {[this](const auto& event) { shown_events.record(event); },
               [this](auto failed, auto window) { counted.listener_updated(failed, window); },
               [this](auto refs) { counted.refs_orphaned(refs); }}
          ),
          settings(std::move(settings_of_bindings)),
          watching(parts.executor),
          credentials(
              {parts.own,
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
               parts.reader,
               parts.offload,
               settings.resync_period,
               [this](const auto& uid) { return bindings.find(uid); }}
          ),
          bindings(
              credentials, [this](const auto& change) { take_over(change); }, [this] { begin(); }
          ),
          watches(
              {parts.kube,
               parts.clock,
               parts.random,
               bindings,
               parts.label_selector,
               [this](const auto& name_space) { shown_events.record(event_of_lost_history(name_space)); },
               [this](auto thrown) { end_blind(std::move(thrown)); }},
              namespaces
          ),
          unwatched(parts.kube, parts.clock, namespaces),
          watched(std::move(namespaces)),
          listed(parts.executor, parts.clock),
          over(parts.executor, parts.clock)
    {
        if (parts.election)
        {
            const leader_election& by = *parts.election;
            elector = std::make_unique<runtime::leader_elector>(
                runtime::leader_elector::parts{
                    by.lease, parts.clock, parts.random, by.name_space, by.name, by.identity, by.times
                },
                [this](const runtime::leadership& held) {
                    const bool resolved = held.before() == runtime::predecessor::every_put_resolved;
                    return lead(resolved ? std::nullopt : std::optional(parts.clock.now()));
                },
                [this] { end_term(); }
            );
        }
    }

    void take_over(const binding::object_changed& change)
    {
        if (now_leading)
        {
            now_leading->on_change(change);
        }
        if (parts.changed)
        {
            parts.changed(change);
        }
    }

    // The bindings that may be listed are listed.
    void begin()
    {
        watches.log_listed();
        listed.ring();
    }

    // ---- a term ----

    // Leads until end_term(). Returns whether every PUT is resolved.
    support::task<bool> lead(std::optional<support::time_point> others_sent_until)
    {
        // A term may be over before it begins, so the end of a term prepares the next one, not its begin.
        const std::shared_ptr<void> next_term(nullptr, [this](void*) { over_now = stopping; });
        if (over_now || !co_await support::ends_before(until_over(), catch_up()))
        {
            // This process sent nothing, and the PUTs of the last leader may still be in doubt.
            co_return !others_sent_until;
        }
        now_leading = std::make_unique<term>(
            term::parts{
                parts.executor,
                parts.clock,
                parts.random,
                parts.election ? parts.election->writes : parts.kube,
                credentials,
                bindings,
                events,
                counted,
                others_sent_until,
                parts.manager,
                watched,
                elector != nullptr
            },
            settings
        );
        co_await now_leading->run();
        const bool resolved = now_leading->every_put_is_resolved();
        now_leading.reset();
        co_return resolved;
    }

    // A new leader begins with all that the last one wrote, because an unconfirmed entry that the watch does
    // not show yet is a PUT that this process would not wait for.
    support::task<> catch_up()
    {
        while (!bindings.ready())
        {
            co_await listed.wait(std::nullopt);
        }
        if (elector)
        {
            co_await watches.catch_up();
        }
    }

    support::task<> until_over()
    {
        while (!over_now)
        {
            co_await over.wait(std::nullopt);
        }
    }

    void end_term()
    {
        over_now = true;
        over.ring();
        if (now_leading)
        {
            now_leading->stop();
        }
    }

    void stop()
    {
        stopping = true;
        end_term();
        if (elector)
        {
            elector->stop();
        }
    }

    // ---- for operators ----

    std::function<std::optional<std::string>()> metrics_page() const
    {
        metrics::state now{
            bindings,
            now_leading ? now_leading->queue() : queue_state{},
            watches.restarted(),
            shown_events.counted(),
            unwatched.count()
        };
        now.expiries = parts.expiry_metrics;
        now.watch_age = watches.silent_for();
        now.merged_events = shown_events.merged();
        if (elector)
        {
            now.election =
                metrics::leadership{parts.election->name, elector->leads(), elector->failed_renewals()};
        }
        if (parts.requests)
        {
            now.requests = parts.requests();
        }
        if (now_leading)
        {
            now.services = now_leading->services();
        }
        return counted.page(now);
    }

    support::task<> run()
    {
        watches.begin(watching);
        watching.spawn(unwatched.run());
        shown_events.begin();
        if (elector)
        {
            co_await elector->run();
        }
        else
        {
            co_await lead(parts.clock.now());
        }
        watching.cancel();
        co_await watching.join();
        co_await shown_events.end();
        if (blind)
        {
            std::rethrow_exception(blind);
        }
    }

    // Ends the controller, because it would look alive without seeing its bindings. run() rethrows the
    // exception when the work in hand has ended.
    void end_blind(std::exception_ptr thrown)
    {
        blind = std::move(thrown);
        stop();
    }

    controller::parts parts;
    app::metrics counted;
    kubernetes_events shown_events;
    binding::event_log events;
    binding::settings settings;
    support::task_group watching;
    binding::credentials credentials;
    binding::secret_watchers secrets;
    binding::binding_index bindings;
    binding_watches watches;
    unwatched_bindings unwatched;
    std::vector<std::string> watched;                  // namespaces; empty: all
    std::unique_ptr<runtime::leader_elector> elector;  // null: this process leads without an election
    std::unique_ptr<term> now_leading;                 // null: this process does not lead
    support::alarm listed;
    support::alarm over;
    bool over_now = false;  // the term, or the whole
    bool stopping = false;
    std::exception_ptr blind;  // that ended a watch
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
    impl_->stop();
}

void controller::abort()
{
    impl_->stop();
    if (impl_->now_leading)
    {
        impl_->now_leading->abort();
    }
    impl_->shown_events.abort();
}

support::time_point controller::may_send_until() const
{
    return impl_->elector ? impl_->elector->may_send_until() : support::time_point::max();
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
    return impl_->watches.unlisted();
}

void controller::loop_was_late(support::duration late)
{
    impl_->counted.loop_was_late(late);
}

net::page controller::debug_targets(std::string_view query) const
{
    return impl_->now_leading ? impl_->now_leading->debug_targets(query) : no_debug_targets(query);
}

std::function<std::optional<std::string>()> controller::metrics() const
{
    return impl_->metrics_page();
}

}  // namespace app
