#include "binding/reconcile/writer.hpp"

#include "binding/events/event_builders.hpp"
#include "binding/reconcile/patches.hpp"
#include "support/log.hpp"
#include "support/parallel.hpp"
#include "support/task_group.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/this_coro.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace binding {
namespace {

using support::log_level;
using support::task;
using jobs = std::vector<std::function<task<>()>>;

constexpr support::duration read_while_writing = std::chrono::milliseconds(500);
constexpr support::duration longest_wait_for_place = std::chrono::seconds(1);

}  // namespace

// ---- Kubernetes ----

task<> writer::write_all(reconcile_pass& pass, commit writes)
{
    jobs all;
    for (write& write : writes.writes)
    {
        const certificate_binding* object = parts_.store.find(write.uid);
        if (object == nullptr)
        {
            continue;
        }
        if (in_flight_.made(*object))
        {
            pass.on_unwritable(write.uid);  // what another pass made of it is not recorded yet
            continue;
        }
        warn_of_foreign_ledger(*object);
        auto request = patch_for(*object, write);
        prepared_write prepared{std::move(write), object->full_name(), std::move(request)};
        all.push_back([this, &pass, prepared = std::move(prepared)] {
            return patch_in_its_place(pass, prepared);
        });
    }
    co_await support::run_all(std::move(all), most_at_a_time);
}

// A process that ends waits for its passes, so they come first, too.
bool writer::comes_first(const reconcile_pass& pass) const
{
    return parts_.state.turn(pass.target()) == turn_state::ours || parts_.state.is_stopping();
}

task<> writer::patch_in_its_place(reconcile_pass& pass, prepared_write prepared)
{
    if (comes_first(pass))
    {
        co_return co_await patch(pass, std::move(prepared));
    }
    const auto place = co_await support::with_deadline(
        parts_.clock, parts_.clock.now() + longest_wait_for_place, places_.take_at_once_if_free()
    );
    co_await patch(pass, std::move(prepared));
}

task<> writer::patch(reconcile_pass& pass, prepared_write prepared)
{
    const kube::patch_request& request = prepared.request;
    const certificate_binding* object = parts_.store.find(prepared.wanted.uid);
    auto in_flight = object != nullptr ? in_flight_.begin(prepared.wanted, *object) : nullptr;
    const auto answer = co_await parts_.kube.patch(request);
    in_flight.reset();
    const auto meaning = answer ? write_answer::taken : meaning_of(answer.error());
    const after_write then = pass.on_committed(parts_.now(), prepared.wanted, meaning);
    record_events(pass);
    switch (then)
    {
        case after_write::apply:
            parts_.store.applied((*answer)->object());
            if (!pass.on_applied(parts_.now(), prepared.wanted))
            {
                support::log(
                    log_level::error,
                    "the API server did not keep all that was written to the status; the write is tried "
                    "again later. "
                    "If this continues, the CustomResourceDefinition is older than the controller: apply the "
                    "one of "
                    "the controller's version",
                    {{"binding", prepared.name}}
                );
            }
            co_return;
        case after_write::read_again:
            if (const auto fresh =
                    co_await parts_.kube.get(request.resource, request.name_space, request.name))
            {
                parts_.store.applied((*fresh)->object());
                co_return;  // planned again from what it is now
            }
            pass.on_unwritable(prepared.wanted.uid);
            break;
        case after_write::nothing:
            break;
    }
    const support::error& error = answer.error();
    const bool gone = error.code == support::errc::status && error.http_status == 404;
    support::log(
        gone ? log_level::debug : log_level::warn,
        "the write to the binding failed; it is tried again later",
        {{"binding", prepared.name}, {"error", error.message}}
    );
}

void writer::record_events(reconcile_pass& pass)
{
    for (const event& event : pass.take_events())
    {
        parts_.events.record(event);
    }
}

void writer::warn_of_foreign_ledger(const certificate_binding& object)
{
    // Of the binding's own target, because a pass writes to the bindings of peers, too.
    const target_facts* known = parts_.state.facts_of(parts_.credentials.target_of(object));
    if (known != nullptr && has_foreign_ledger(known->binding(object.uid), object))
    {
        parts_.events.record(ledger_restored(object));
    }
}

// ---- the PUT ----

task<> writer::watch_listener(target which, std::shared_ptr<cloud::credential> with)
{
    for (;;)
    {
        co_await parts_.clock.sleep_for(read_while_writing);
        const auto answer = co_await with->client->get_listener(which.region.str(), which.listener);
        if (target_state* state = parts_.state.find(which))
        {
            state->record_read_during_put(answer);
        }
    }
}

task<> writer::change_listener(reconcile_pass& pass, std::shared_ptr<cloud::credential> with, put change)
{
    const target& which = pass.target();
    const auto now = parts_.clock.now();
    const auto deadline = now + deadline_of(parts_.settings, change.change);
    const auto& planned_from = parts_.state.facts_of(which)->answers.listener;
    const auto read_at = planned_from ? planned_from->asked_at : now;
    pass.on_put_sent(parts_.now(), change);
    record_events(pass);
    support::log(
        log_level::info,
        "changing the listener",
        {{"listener", which.listener.str()},
         {"default",
          !change.change.default_ref   ? "unchanged"
          : *change.change.default_ref ? (*change.change.default_ref)->str()
                                       : "null"},
         {"sni",
          change.change.sni_refs ? std::to_string(change.change.sni_refs->size()) + " refs" : "unchanged"},
         {"adds", std::to_string(change.adds.size())}}
    );
    support::task_group watching(co_await boost::asio::this_coro::executor);
    std::optional<cloud::answer<cloud::listener>> answered;
    {
        const std::shared_ptr<void> until_answered(nullptr, [&](void*) { watching.cancel(); });
        watching.spawn(watch_listener(which, with));
        answered = co_await with->client->update_listener(
            which.region.str(), which.listener, std::move(change.change), deadline
        );
    }
    co_await watching.join();
    const auto& answer = *answered;
    const bool may_count = answer || answer.error().kind == cloud::failure::ambiguous;
    parts_.events.listener_updated(
        answer ? std::nullopt : std::optional(answer.error().kind),
        may_count ? std::optional(parts_.clock.now() - read_at) : std::nullopt
    );
    pass.on_put_answered(parts_.now(), answer);
    if (!answer)
    {
        support::log(
            log_level::warn,
            answer.error().kind == cloud::failure::ambiguous
                ? "listener update unanswered; it may still take effect, so no other update is sent before "
                  "its deadline"
                : "the listener was not changed",
            {{"listener", which.listener.str()}, {"error", answer.error().message}}
        );
    }
}

}  // namespace binding
