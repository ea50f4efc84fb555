#include "app/term.hpp"

#include "cloud/binding_service.hpp"
#include "support/task_group.hpp"

#include <map>
#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t targets_at_once = 128;  // half of them for one tenant
constexpr support::duration between_time_checks = 10min;
const support::backoff failed_target{1s, 60s, 0.2};

}  // namespace

term::term(parts parts, const binding::settings& settings)
    : parts_(std::move(parts)),
      expiry_(parts_.clock, parts_.events, settings.expiry_warning_days),
      reminders_(parts_.clock, parts_.events),
      queue_(failed_target, parts_.random, targets_at_once, &binding::tenant_of),
      reconciler_(
          {parts_.kube,
           parts_.credentials,
           parts_.clock,
           parts_.bindings,
           parts_.random,
           [this](binding::target target) { pool_.add(target); },
           parts_.events,
           parts_.others_sent_until,
           parts_.manager,
           parts_.namespaces,
           [this](const auto& result) { parts_.counted.surveyed(result); }},
          settings
      ),
      singles_(
          {parts_.kube,
           parts_.credentials,
           parts_.clock,
           parts_.bindings,
           parts_.events,
           parts_.others_sent_until},
          settings
      ),
      change_parts_(
          {parts_.bindings,
           reconciler_,
           parts_.events,
           expiry_,
           parts_.random,
           parts_.clock,
           foreign_,
           settings,
           [this](const auto& target, auto urgency, auto delay) { pool_.add(target, urgency, delay); },
           [this](const auto& object) { return singles_.has_foreign_ledger(object); }}
      ),
      pool_(parts_.executor, parts_.clock, queue_, [this](binding::target target) {
          return reconcile(std::move(target));
      })
{
    queue_.waited = [this](auto time) { parts_.counted.waited(time); };
    queue_.worked = [this](auto time) { parts_.counted.worked(time); };
}

support::task<> term::run()
{
    parts_.bindings.each([this](const auto& binding) { expiry_.changed(nullptr, &binding); });
    binding::on_all_listed(change_parts_);
    support::task_group beside(parts_.executor);
    beside.spawn(record_events_of_time());
    beside.spawn(reconciler_.run_surveys());
    co_await pool_.run();
    // The next leader must not take an outdated read for the truth.
    if (const auto agree_at = reconciler_.replicas_agree_at();
        parts_.is_followed && !aborted_ && parts_.clock.now() < agree_at)
    {
        co_await parts_.clock.sleep_until(agree_at);
    }
    beside.cancel();
    co_await beside.join();
}

void term::stop()
{
    reconciler_.stop();
    singles_.stop();
    pool_.stop();
}

void term::abort()
{
    aborted_ = true;
    pool_.stop();
    pool_.cancel();
}

void term::on_change(const binding::object_changed& change)
{
    if (change.after == nullptr)
    {
        singles_.forget(change.before->uid);
    }
    binding::on_change(change, change_parts_);
}

bool term::every_put_is_resolved() const
{
    return reconciler_.every_put_is_resolved() && singles_.every_request_is_resolved();
}

support::task<runtime::outcome> term::reconcile(binding::target target)
{
    const auto began = parts_.clock.now();
    const auto with = parts_.credentials.of(target);
    const bool is_single = with && with->attaches_single_bindings();
    const auto end = is_single ? co_await singles_.reconcile(std::move(target))
                               : co_await reconciler_.reconcile(std::move(target));
    parts_.counted.reconciled(end.how, parts_.clock.now() - began);
    co_return end;
}

net::page term::debug_targets(std::string_view query) const
{
    const auto facts_of = [this](const binding::target& of) { return reconciler_.facts_of(of); };
    return app::debug_targets(query, {queue_, parts_.bindings, parts_.credentials, facts_of, parts_.clock});
}

std::vector<metrics::service> term::services() const
{
    std::map<std::string, metrics::service> by_name;
    for (const auto& with : singles_.in_use())
    {
        metrics::service& named = by_name[with->name];
        named.requests_left += with->service->requests_left();
        named.requests_waiting += with->service->requests_waiting();
    }
    std::vector<metrics::service> all;
    for (auto& [name, service] : by_name)
    {
        service.credential = name;
        all.push_back(std::move(service));
    }
    return all;
}

support::task<> term::record_events_of_time()
{
    for (;;)
    {
        co_await parts_.clock.sleep_for(between_time_checks);
        expiry_.check(parts_.bindings);
        reminders_.check(parts_.bindings);
    }
}

}  // namespace app
