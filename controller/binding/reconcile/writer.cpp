#include "binding/reconcile/writer.hpp"

#include "binding/observed/target_state.hpp"
#include "binding/resource/codec.hpp"
#include "support/log.hpp"
#include "support/parallel.hpp"
#include "support/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace binding {
namespace {

using support::log_level;
using support::task;
using jobs = std::vector<std::function<task<>()>>;

constexpr int most_conflicts = 5;  // of one object in one round
constexpr support::duration read_while_writing = std::chrono::milliseconds(500);

const kube::resource bindings_resource{"certificates.bycloud.io", "v1alpha1", "certificatebindings"};

}  // namespace

task<> writer::watch_listener(target where, std::shared_ptr<cloud::credential> with)
{
    for (;;)
    {
        co_await parts_.clock.sleep_for(read_while_writing);
        const auto seen = co_await with->client->get_listener(where.region.str(), where.listener);
        record_read_during_put(parts_.memories[where], seen);
    }
}

task<> writer::write_all(pass& r, std::vector<write> writes)
{
    jobs all;
    for (write& each : writes)
    {
        const certificate_binding* object = parts_.store.find(each.uid);
        if (object != nullptr)
        {
            warn_of_foreign_ledger(r, *object);
            all.push_back([this, &r, prepared = prepare(*object, each)] { return patch(r, prepared); });
        }
    }
    co_await support::run_all(std::move(all), side_by_side);
    r.committed_at = parts_.clock.now();
}

writer::prepared_write writer::prepare(const certificate_binding& object, const write& wanted)
{
    prepared_write made;
    made.uid = object.uid;
    made.name = object.full_name();
    made.request.resource = bindings_resource;
    made.request.name_space = object.name_space.str();
    made.request.name = object.name;
    switch (wanted.kind)
    {
        case write_kind::add_finalizer:
            made.request.merge_patch = finalizers_patch(object, true);
            break;
        case write_kind::remove_finalizer:
            made.request.merge_patch = finalizers_patch(object, false);
            made.releases = true;
            break;
        case write_kind::status:
            made.request.subresource = "status";
            made.request.merge_patch = status_patch(object, wanted.wanted);
            made.written = wanted.wanted;
            break;
    }
    return made;
}

task<> writer::patch(pass& r, prepared_write prepared)
{
    if (const auto known = parts_.memories[r.target].bindings.find(prepared.uid);
        known != parts_.memories[r.target].bindings.end())
    {
        known->second.released = prepared.releases;  // before the watch may show it
    }
    const auto answer = co_await parts_.kube.patch(prepared.request);
    binding_state* const known = prepared.written ? memory_of(prepared.uid) : nullptr;
    if (answer)
    {
        if (known != nullptr)
        {
            known->held = prepared.written->ledger;
            known->tried.reset();
        }
        parts_.store.applied((*answer)->object());
        if (prepared.written && !was_kept(prepared))
        {
            r.unwritable.insert(prepared.uid);
        }
        co_return;
    }
    const support::error& error = answer.error();
    const bool conflict = error.code == support::errc::status && error.http_status == 409;
    if (known != nullptr && (error.code != support::errc::status || error.http_status >= 500))
    {
        known->tried = prepared.written->ledger;  // a 504 of the API server may have taken effect as well
    }
    if (conflict && ++r.conflicts[prepared.uid] <= most_conflicts)
    {
        const auto fresh = co_await parts_.kube.get(
            prepared.request.resource, prepared.request.name_space, prepared.request.name
        );
        if (fresh)
        {
            parts_.store.applied((*fresh)->object());
            co_return;  // planned again from what it is now
        }
    }
    r.unwritable.insert(prepared.uid);
    const bool gone = error.code == support::errc::status && error.http_status == 404;
    support::log(
        gone ? log_level::debug : log_level::warn,
        "could not write the binding; trying again later",
        {{"binding", prepared.name}, {"error", error.message}}
    );
}

binding_state* writer::memory_of(const support::uuid& uid)
{
    const certificate_binding* object = parts_.store.find(uid);
    if (object == nullptr)
    {
        return nullptr;
    }
    auto& known = parts_.memories[parts_.credentials.target_of(*object)].bindings;
    const auto found = known.find(uid);
    return found == known.end() ? nullptr : &found->second;
}

bool writer::was_kept(const prepared_write& prepared) const
{
    const certificate_binding* object = parts_.store.find(prepared.uid);
    const bool kept =
        object == nullptr || (object->status.ledger == prepared.written->ledger &&
                              object->status.handled_request == prepared.written->handled_request);
    if (!kept)
    {
        support::log(
            log_level::error,
            "the API server did not keep what was written to the status; trying again later. If this goes "
            "on, "
            "the CustomResourceDefinition is older than the controller: apply the one of its version",
            {{"binding", prepared.name}}
        );
    }
    return kept;
}

void writer::warn_of_foreign_ledger(const pass& r, const certificate_binding& object)
{
    const auto& known = parts_.memories[r.target].bindings;
    const auto found = known.find(object.uid);
    if (found != known.end() && found->second.held != object.status.ledger &&
        found->second.tried != object.status.ledger)
    {
        event told{true, "LedgerRestored", "Restore", {}};
        told.note = "status.attachments was changed by somebody else; writing ours again";
        told.key = std::to_string(object.resource_version);  // however often the write is tried
        support::log(log_level::warn, told.note, {{"binding", object.full_name()}});
        parts_.observer.happened(object, told);
    }
}

task<> writer::change_listener(pass& r, put change)
{
    const auto now = parts_.clock.now();
    const auto deadline = now + deadline_of(parts_.settings, change.change);
    const auto& planned_from = parts_.memories[r.target].listener;
    const auto read_at = planned_from ? planned_from->asked_at : now;
    record_put_sent(
        parts_.memories[r.target], parts_.settings, change.change, change.from, change.expected, now
    );
    support::log(
        log_level::info,
        "changing the listener",
        {{"listener", r.target.listener.str()},
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
        watching.spawn(watch_listener(r.target, r.credential));
        answered = co_await r.credential->client->update_listener(
            r.target.region.str(), r.target.listener, std::move(change.change), deadline
        );
    }
    co_await watching.join();
    const auto& answer = *answered;
    const bool may_count = answer || answer.error().kind == cloud::failure::ambiguous;
    parts_.observer.listener_updated(
        answer ? std::nullopt : std::optional(answer.error().kind),
        may_count ? std::optional(parts_.clock.now() - read_at) : std::nullopt
    );
    target_state& memory = parts_.memories[r.target];
    record_put_answer(memory, parts_.settings, change.adds, answer, parts_.clock.now());
    memory.listener.reset();  // what was read before it counts no more
    memory.load_balancer.reset();
    if (!answer)
    {
        support::log(
            log_level::warn,
            answer.error().kind == cloud::failure::ambiguous
                ? "no sure answer to a change of the listener; it is waited for until it can no longer take "
                  "effect"
                : "the listener was not changed",
            {{"listener", r.target.listener.str()}, {"error", answer.error().message}}
        );
    }
}

}  // namespace binding
