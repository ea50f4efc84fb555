// The clients through which the controller's passes, cloud reader and writer reach the world. They answer at
// once, so that a coroutine runs to its end in one move.
#include "binding/events/recorded_events.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/reconcile/cloud_reader.hpp"
#include "binding/reconcile/writer.hpp"
#include "binding/resource/decode.hpp"
#include "fakes/cloud/one_cloud.hpp"
#include "model_check/model.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace prove {

using binding::certificate_binding;
using json = nlohmann::json;
using support::uuid;

namespace {

class no_text final : public kube::object_answer
{
public:
    kube::object_json object() const override { return {}; }
};

support::error status_error(int status)
{
    return {support::errc::status, "HTTP " + std::to_string(status), status, std::nullopt};
}

support::error cut_off()
{
    return {support::errc::interrupted, "cut off", 0, std::nullopt};
}

cloud::error failure_of(cloud::failure kind, const char* message)
{
    return {kind, message, {}, {}};
}

// The status after a merge patch that carries all of the status. The function keeps the statuses, because
// most patches are alike.
const binding::status& status_in(const certificate_binding& object, const std::string& merge_patch)
{
    static std::unordered_map<std::string, binding::status> known;
    const auto at = merge_patch.find("\"status\":{\"");
    const std::string text = merge_patch.substr(at);
    if (const auto cached = known.find(text); cached != known.end())
    {
        return cached->second;
    }
    if (known.size() > 20000)
    {
        known.clear();
    }
    json whole{
        {"metadata",
         {{"name", object.name},
          {"namespace", object.name_space.view()},
          {"uid", object.uid.str()},
          {"resourceVersion", "1"},
          {"generation", 1},
          {"creationTimestamp", "2026-11-24T00:00:00Z"}}},
        {"spec",
         {{"certificateId", object.spec.certificate_id.str()},
          {"resourceId", object.spec.resource_id.str()},
          {"region", object.spec.region.view()}}},
        {"status", json::object()},
    };
    whole["status"].merge_patch(json::parse(merge_patch)["status"]);
    std::string padded = whole.dump();
    const auto size = padded.size();
    padded.append(64, ' ');
    auto decoded = binding::decode(std::string_view(padded).substr(0, size));
    if (!decoded)
    {
        throw std::logic_error("a status cannot be read back: " + decoded.error().message);
    }
    return known.emplace(text, std::move(decoded->status)).first->second;
}

std::uint64_t version_in(const kube::patch_request& request)
{
    static constexpr std::string_view key = "\"resourceVersion\":\"";
    const auto at = request.merge_patch.find(key) + key.size();
    return std::stoull(request.merge_patch.substr(at, request.merge_patch.find('"', at) - at));
}

// Runs a task that waits for nothing.
void run_now(support::task<> job)
{
    static std::vector<std::unique_ptr<boost::asio::io_context>> free_contexts;
    std::unique_ptr<boost::asio::io_context> context;
    if (free_contexts.empty())
    {
        context = std::make_unique<boost::asio::io_context>();
    }
    else
    {
        context = std::move(free_contexts.back());
        free_contexts.pop_back();
    }
    bool ended = false;
    std::exception_ptr failed;
    boost::asio::co_spawn(*context, std::move(job), [&](std::exception_ptr thrown) {
        ended = true;
        failed = thrown;
    });
    context->restart();
    context->poll();
    free_contexts.push_back(std::move(context));
    if (failed)
    {
        std::rethrow_exception(failed);
    }
    if (!ended)
    {
        throw std::logic_error("the cloud reader or the writer waits for something");
    }
}

}  // namespace

class model_clock final : public support::clock
{
public:
    explicit model_clock(const model& world) : world_(world) {}
    support::time_point now() const override { return world_.now; }
    support::wall_time wall() const override { return world_.wall(); }
    // Never wakes, because only a task beside a request sleeps here, and the end of the request cancels the
    // task.
    support::task<> sleep_until(support::time_point) override
    {
        boost::asio::steady_timer never(
            co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max()
        );
        co_await never.async_wait(boost::asio::use_awaitable);
    }

private:
    const model& world_;
};

class model_kube final : public kube::client
{
public:
    model_kube(model& world, fate& decides) : world_(world), decides_(decides) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request) override
    {
        co_return std::unexpected(cut_off());
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request) override
    {
        co_return std::unexpected(cut_off());
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        co_return world_.patch(request, decides_);
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request) override
    {
        co_return std::unexpected(cut_off());
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource, std::string, std::string name
    ) override
    {
        const certificate_binding* object = world_.find_by_name(name);
        if (object == nullptr)
        {
            co_return std::unexpected(status_error(404));
        }
        world_.answered_ = object->uid;
        co_return std::make_unique<no_text>();
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request) override
    {
        co_return std::unexpected(cut_off());
    }

private:
    model& world_;
    fate& decides_;
};

class model_cloud final : public cloud::client
{
public:
    model_cloud(model& world, fate& decides) : world_(world), decides_(decides) {}

    support::task<cloud::answer<cloud::project_scope>> locate(std::string) override
    {
        co_return world_.elsewhere.value_or(world_.cloud.here);
    }

    support::task<cloud::answer<cloud::certificate>>
    get_certificate(std::string, uuid id, std::optional<support::wall_time>) override
    {
        if (world_.elsewhere)
        {
            co_return std::unexpected(failure_of(cloud::failure::not_found, "no such certificate here"));
        }
        auto answer = world_.cloud.certificate(id);
        if (answer && answer->usable)
        {
            world_.record.certificate_active[id.str()] = world_.now;
        }
        co_return answer;
    }

    support::task<cloud::answer<cloud::listener>> get_listener(std::string, uuid id) override
    {
        co_return world_.read_listener(id, decides_);
    }

    support::task<cloud::answer<cloud::load_balancer>> get_load_balancer(std::string, uuid id) override
    {
        if (decides_.read_fails())
        {
            co_return std::unexpected(failure_of(cloud::failure::transient, "no answer"));
        }
        decides_.meanwhile(request::read);
        auto shown = world_.read_load_balancer(id, decides_);
        world_.record.balancers[world_.reading_] = shown.status;
        co_return shown;
    }

    support::task<cloud::answer<cloud::listener>> update_listener(
        std::string, uuid id, cloud::listener_change change, support::time_point
    ) override
    {
        co_return world_.put(id, change, decides_);
    }

    support::task<cloud::ref_state> look_up(std::string, cloud::container_ref ref) override
    {
        const auto state = world_.elsewhere ? cloud::ref_state::dead : world_.cloud.state_of(ref);
        if (state == cloud::ref_state::dead)
        {
            const history::ref_gone now{world_.now, world_.now};
            world_.record.dead.try_emplace(ref, now).first->second.last = world_.now;
        }
        co_return state;
    }

private:
    model& world_;
    fate& decides_;
};

class model_store final : public binding::binding_store
{
public:
    explicit model_store(model& world) : world_(world) {}

    std::vector<const certificate_binding*> bindings_of(const binding::target& target) const override
    {
        return world_.bindings_of(target);
    }
    std::vector<binding::target> targets() const override
    {
        std::set<binding::target> all;
        for (const certificate_binding* object : world_.shown())
        {
            all.insert(listener_of(*object));
        }
        return {all.begin(), all.end()};
    }
    std::vector<binding::target> targets_on(const binding::target& listener) const override
    {
        return world_.bindings_of(listener).empty() ? std::vector<binding::target>() : std::vector{listener};
    }
    const certificate_binding* find(const uuid& uid) const override
    {
        const auto all = world_.shown();
        const auto object = std::ranges::find(all, uid, &certificate_binding::uid);
        return object == all.end() ? nullptr : *object;
    }
    // An answer of the API server is the object as it is now.
    void applied(kube::object_json) override { world_.running->behind.erase(world_.answered_); }

private:
    model& world_;
};

bool model::end_in_order()
{
    model_store store(*this);
    const bool resolved = running->state.every_put_is_resolved(store, settings, now);
    crash();
    return resolved;
}

// One turn of the loop of reconciler::impl::reconcile.
bool model::step(const binding::target& target, fate& decides)
{
    model_kube kube_client(*this, decides);
    model_cloud cloud_client(*this, decides);
    model_clock clock(*this);
    model_store store(*this);
    const test::one_cloud credentials(&cloud_client);
    test::recorded_events events;
    const binding::reconcile_parts parts{
        kube_client, credentials, clock, store, running->state, settings, events
    };
    if (!running->passes.contains(target))
    {
        if (is_spared(target))
        {
            return false;
        }
        begin_pass(target);
        running->passes.emplace(target, binding::reconcile_pass(target, parts.now()));
    }
    const auto* facts = running->state.facts_of(target);
    for (const certificate_binding* object : bindings_of(target))
    {
        if (facts == nullptr || !facts->bindings.contains(object->uid))
        {
            believe(*object);
        }
    }
    binding::reconcile_pass& pass = running->passes.at(target);
    binding::pass_action action = pass.next(parts.now());
    for (const binding::target& woken : action.wake)
    {
        enqueue(woken);
    }
    if (const auto* end = std::get_if<binding::pass_end>(&action.step))
    {
        end_pass(target, *end, decides);
        return true;
    }
    perform(pass, action, parts);
    if (crashed_)
    {
        crash();
        return true;
    }
    return !std::holds_alternative<binding::read>(action.step);
}

void model::perform(
    binding::reconcile_pass& pass, binding::pass_action& action, const binding::reconcile_parts& parts
)
{
    const auto credential = parts.credentials.of(pass.target());
    binding::cloud_reader reader(parts);
    binding::writer sender(parts);
    if (auto* asked = std::get_if<binding::read>(&action.step))
    {
        now += tick;
        reading_ = pass.target().listener;
        run_now(reader.read(pass, credential, std::move(*asked)));
    }
    else if (auto* asked_writes = std::get_if<binding::commit>(&action.step))
    {
        now += tick;
        run_now(sender.write_all(pass, std::move(*asked_writes)));
    }
    else if (auto* change = std::get_if<binding::put>(&action.step))
    {
        run_now(sender.change_listener(pass, credential, std::move(*change)));
        now += tick;
    }
}

support::result<std::unique_ptr<kube::object_answer>> model::patch(
    const kube::patch_request& wish, fate& decides
)
{
    if (crashed_)
    {
        return std::unexpected(cut_off());
    }
    decides.meanwhile(request::patch);
    const auto wanted = decides.of_patch();
    certificate_binding* object = find_by_name(wish.name);
    if (object == nullptr)
    {
        return std::unexpected(status_error(404));
    }
    if (record.unsure.contains(object->uid))
    {
        record.broken.push_back("S8: " + wish.name + " is written again in a pass that could not write it");
    }
    if (version_in(wish) != object->resource_version)
    {
        tell([&] { return "a write to " + wish.name + " is refused: it has changed"; });
        return std::unexpected(status_error(409));
    }
    if (wanted == patch_fate::refused || wanted == patch_fate::dropped)
    {
        tell([&] {
            return "a write to " + wish.name +
                   (wanted == patch_fate::refused ? " is refused" : " is dropped");
        });
        record.unsure.insert(object->uid);
        if (wanted == patch_fate::dropped && wish.subresource == "status")
        {
            record.tried[object->uid] = status_in(*object, wish.merge_patch).ledger;
            believe_if_tried(*object);
        }
        return std::unexpected(wanted == patch_fate::refused ? status_error(403) : cut_off());
    }
    const uuid uid = object->uid;
    if (wanted == patch_fate::late)
    {
        tell([&] { return "another process leads; a write to " + wish.name + " may take effect later"; });
        late_patches.push_back({uid, wish});
        crashed_ = true;
        return std::unexpected(cut_off());
    }
    record.written[object->spec.resource_id] = now;
    const auto target = listener_of(*object);
    write(wish, false);
    if (wanted == patch_fate::lost || wanted == patch_fate::crash)
    {
        tell([&] { return "its answer is lost"; });
        crashed_ = wanted == patch_fate::crash;
        record.unsure.insert(uid);
        record.held.erase(uid);
        enqueue(target);
        return std::unexpected(cut_off());
    }
    if (const auto written = objects.find(uid); wish.subresource == "status" && written != objects.end())
    {
        record.held[uid] = written->second.status.ledger;
    }
    answered_ = uid;
    return std::make_unique<no_text>();
}

// The process takes a ledger for its own if it has tried to write the same and does not know the outcome.
void model::believe_if_tried(const certificate_binding& object)
{
    const auto tried = record.tried.find(object.uid);
    if (tried != record.tried.end() && tried->second == object.status.ledger)
    {
        record.believed[object.uid] = entries_of(object.status.ledger);
        record.lost.erase(object.uid);
    }
}

// The effect of a write to a binding. `is_late`: its sender does not lead any more, so what the sender knew
// is not checked.
void model::write(const kube::patch_request& wish, bool is_late)
{
    certificate_binding* object = find_by_name(wish.name);
    ++writes;
    const uuid uid = object->uid;
    if (wish.subresource == "status")
    {
        const binding::status& status = status_in(*object, wish.merge_patch);
        if (!is_late)
        {
            check_status(record, around(), *object, status);
        }
        const auto kept = entries_of(status.ledger);
        const bool changes_ledger = object->status.ledger != status.ledger;
        std::erase_if(record.put[uid], [&](const slot_entry& entry) { return !kept.contains(entry); });
        object->status = status;
        if (!is_late)
        {
            record.believed[uid] = kept;
            record.lost.erase(uid);
        }
        else if (changes_ledger)
        {
            record.lost.insert(uid);
            believe_if_tried(*object);
        }
        tell([&] {
            const auto& ready = status[binding::condition_type::ready];
            std::string held;
            for (const auto& attachment : status.ledger.attachments)
            {
                held += " " + attachment.container_ref.str() +
                        (attachment.slot == binding::slot::default_ ? " (default)" : " (sni)") +
                        (attachment.confirmed ? "" : "?");
            }
            return object->name + " is " + std::string(binding::name_of(ready.reason)) + "; holds" + held +
                   (status.ledger.replaced_default_ref.empty()
                        ? ""
                        : ", remembers " + status.ledger.replaced_default_ref.str());
        });
    }
    else
    {
        const bool with_ours = wish.merge_patch.find(binding::finalizer) != std::string::npos;
        if (!is_late && !with_ours && object->has_finalizer())
        {
            check_release(record, around(), *object);
        }
        binding::text_list finalizers;
        object->finalizers.each([&](std::string_view finalizer) {
            if (finalizer != binding::finalizer)
            {
                finalizers.add(finalizer);
            }
        });
        if (with_ours)
        {
            finalizers.add(binding::finalizer);
        }
        object->finalizers = finalizers;
        tell([&] { return object->name + (with_ours ? " gets" : " loses") + " the finalizer"; });
    }
    object->resource_version = ++versions_;
    forget_late_patches(uid);
    const auto target = listener_of(*object);
    if (object->deleting && object->finalizers.empty())
    {
        const bool left = object->abandoned || object->spec.retain;
        if (left)
        {
            // The entries that the binding took over from another binding count too, even if somebody emptied
            // its status since.
            for (const auto& entries :
                 {record.put[uid], record.believed[uid], entries_of(object->status.ledger)})
            {
                for (const slot_entry& entry : entries)
                {
                    record.ours[target.listener].erase(entry);
                }
            }
        }
        objects.erase(uid);
        record.put.erase(uid);
        record.believed.erase(uid);
        record.held.erase(uid);
        enqueue(target);
    }
}

// unanswered-writes: the next process reckons the deadline from its start, with the refs on the listener and
// in the ledger. These may be fewer refs than the PUT had, if another client has taken some off since.
void model::reckon(const uuid& listener)
{
    if (!running->state.others_sent_until())
    {
        return;  // the last process promised that there is no such PUT
    }
    std::size_t refs = entries_of(cloud.listeners.at(listener).slots).size();
    for (const auto& [uid, object] : objects)
    {
        refs += object.spec.resource_id == listener ? object.status.ledger.attachments.size() : 0;
    }
    const auto reckoned = *running->state.others_sent_until() + settings.write_deadline +
                          settings.per_ref * static_cast<std::int64_t>(refs);
    for (open_put& put : record.open)
    {
        if (put.listener == listener && !put.of_this_process)
        {
            put.deadline = std::min(put.deadline, reckoned);
        }
    }
}

cloud::answer<cloud::listener> model::read_listener(const uuid& listener, fate& decides)
{
    const bool own = listener == reading_;  // else the read is for another listener
    if (crashed_ || decides.read_fails())
    {
        own ? (void)record.gone.erase(listener) : void();
        return std::unexpected(failure_of(cloud::failure::transient, "no answer"));
    }
    if (elsewhere || !cloud.listeners.contains(listener))
    {
        if (!own)
        {
            return std::unexpected(failure_of(cloud::failure::not_found, "Listener not found."));
        }
        const auto scope = elsewhere.value_or(cloud.here);
        auto& gone = record.gone[listener];
        if (gone.scope != scope)
        {
            gone = {now, now, scope};
        }
        gone.last = now;
        record.reads.erase(listener);
        return std::unexpected(failure_of(cloud::failure::not_found, "Listener not found."));
    }
    if (!own)
    {
        return cloud.listener(listener);
    }
    record.gone.erase(listener);
    const auto& row = cloud.listeners.at(listener);
    if (!record.reads.contains(listener))
    {
        reckon(listener);
    }
    if (const outdated_slots* stale = outdated_answer(listener, decides))
    {
        tell([&] { return "a lagging replica answers for " + name_of(listener); });
        auto answer = cloud.listener(listener);
        answer->default_ref = stale->slots.default_ref;
        answer->sni_refs = stale->slots.sni_refs;
        record.reads[listener] = {stale->slots, row.status, now};
        return answer;
    }
    record.reads[listener] = {row.slots, row.status, now};
    // unanswered-writes: a listener that shows the slots of a PUT proves its effect. The proof does not count
    // for the next process, nor on a listener in ERROR, because such a listener shows a PUT before its
    // effect.
    std::erase_if(record.open, [&](const open_put& put) {
        return put.listener == listener && put.of_this_process && same_slots(put.expected, row.slots) &&
               row.status != cloud::provisioning_status::error;
    });
    return cloud.listener(listener);
}

// The list may lack a listener, but only one that this process has read: nothing else tells the process of a
// listener that is missing.
cloud::load_balancer model::read_load_balancer(const uuid& balancer, fate& decides)
{
    auto shown = cloud.load_balancer(balancer);
    std::erase_if(shown.listeners, [&](const uuid& listener) {
        const bool lacks = record.reads.contains(listener) && decides.list_is_wrong_about(listener);
        if (lacks)
        {
            tell([&] { return "the load balancer does not list " + name_of(listener); });
        }
        return lacks;
    });
    for (const auto& [listener, was_on] : deleted)
    {
        if (was_on == balancer && decides.list_is_wrong_about(listener))
        {
            tell([&] { return "the load balancer still lists " + name_of(listener); });
            shown.listeners.push_back(listener);
        }
    }
    std::ranges::sort(shown.listeners);
    return shown;
}

cloud::answer<cloud::listener> model::put(
    const uuid& listener, const cloud::listener_change& change, fate& decides
)
{
    if (crashed_)
    {
        return std::unexpected(failure_of(cloud::failure::ambiguous, "cut off"));
    }
    const auto no_listener = [&] {
        return std::unexpected(failure_of(cloud::failure::not_found, "Listener not found."));
    };
    if (!cloud.listeners.contains(listener))
    {
        return no_listener();
    }
    ++writes;
    const auto sent = now;
    check_put(record, around(), listener, change);
    const auto read = record.reads[listener];
    const auto balancer = cloud.listeners.at(listener).load_balancer;
    tell([&] {
        std::string slots;
        for (const slot_entry& entry : entries_of(with(read.slots, change)))
        {
            slots += " " + entry.ref.str() + (entry.slot == binding::slot::default_ ? " (default)" : "");
        }
        return "PUT to " + name_of(listener) + " for" + slots;
    });
    const uuid before = std::exchange(putting, listener);
    decides.meanwhile(request::put);
    now += tick;
    auto wanted = decides.of_put();
    cloud::answer<cloud::listener> answer =
        std::unexpected(failure_of(cloud::failure::ambiguous, "no answer in time"));
    const auto deadline = sent + deadline_of(settings, change);
    const auto expires = deadline + decides.beyond_deadline();
    if (!cloud.listeners.contains(listener))
    {
        answer = no_listener();
        wanted = put_fate::done;
    }
    else if (wanted == put_fate::refused)
    {
        answer = std::unexpected(failure_of(cloud::failure::refused, "The PKCS12 bundle is unreadable"));
    }
    else if (wanted == put_fate::busy)
    {
        answer = std::unexpected(failure_of(cloud::failure::busy, "immutable"));
    }
    else if (wanted == put_fate::unsent)
    {
        answer = std::unexpected(failure_of(cloud::failure::too_late, "not sent"));
    }
    else if (wanted == put_fate::late || wanted == put_fate::crash_early)
    {
        late.push_back({listener, change, expires, decides.when_late(now, expires)});
    }
    else
    {
        auto taken = change_slots(listener, change);
        if (taken)
        {
            note_effect(listener, change, true);
        }
        else
        {
            tell([&] { return "Octavia refuses it: " + taken.error().message; });
        }
        if (wanted == put_fate::done)
        {
            answer = std::move(taken);
        }
    }
    if (!answer && answer.error().kind == cloud::failure::refused)
    {
        for (const auto& [uid, object] : objects)
        {
            if (object.spec.resource_id == listener)
            {
                record.refused.insert(uid);
            }
        }
    }
    decides.meanwhile(request::put);
    now += tick;
    record.in_flight.erase(balancer);
    putting = before;
    if (wanted == put_fate::lost || wanted == put_fate::late || wanted == put_fate::crash ||
        wanted == put_fate::crash_early)
    {
        record.open.push_back({listener, balancer, with(read.slots, change), deadline, true, false});
        tell([&] {
            return wanted == put_fate::lost    ? "its answer is lost"
                   : wanted == put_fate::late  ? "its answer is lost, and it may take effect later"
                   : wanted == put_fate::crash ? "it has taken effect"
                                               : "it may take effect later";
        });
    }
    crashed_ = wanted == put_fate::crash || wanted == put_fate::crash_early;
    return answer;
}

}  // namespace prove
