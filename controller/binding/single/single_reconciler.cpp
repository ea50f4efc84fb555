#include "binding/single/single_reconciler.hpp"

#include "binding/events/event_builders.hpp"
#include "binding/reconcile/patches.hpp"
#include "binding/reconcile/writes_in_flight.hpp"
#include "binding/single/decide.hpp"
#include "binding/single/winner.hpp"
#include "cloud/credentials.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace binding::single {
namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::purpose;
using support::log_level;
using support::task;

constexpr int most_steps = 32;                     // of one binding in one pass
constexpr support::duration longest_pass = 5s;     // a deletion that comes meanwhile waits for its end
constexpr support::duration retry_of_write = 5s;   // to Kubernetes
constexpr support::duration shortest_wait = 10ms;  // until the next pass
constexpr int kept_periods = 3;                    // an answer that is older is forgotten

// One pass over one target.
struct pass
{
    const target& which;
    std::shared_ptr<cloud::credential> with;
    support::time_point started{};
    std::optional<support::time_point> again = {};
    bool is_waited_for = false;
    // The budget turned requests of this purpose away, and with them all of later ones.
    std::optional<purpose> turned_away = {};
    support::time_point retry_at{};

    void come_again(support::time_point when) { again = std::min(again.value_or(when), when); }
};

// Deletions, then those that somebody waits for, then the others.
constexpr int last_rank = 2;

int rank_of(const certificate_binding& object)
{
    return object.deleting ? 0 : is_ready(object) ? last_rank : 1;
}

std::string name_of(const certificate_binding& object)
{
    return object.full_name();
}

}  // namespace

struct single_reconciler::impl
{
    using certificate_key = std::tuple<support::interned, support::interned, support::uuid>;

    impl(single_reconciler::parts with, binding::settings how) : parts(with), settings(std::move(how)) {}

    // ---- what is known ----

    const certificate_facts* certificate(const target& which, const support::uuid& id) const
    {
        const auto known = certificates.find({which.credential, which.region, id});
        return known == certificates.end() ? nullptr : &known->second;
    }

    const ledger& ledger_of(const certificate_binding& object) const
    {
        const auto known = facts.find(object.uid);
        return known == facts.end() ? object.status.ledger : believed(known->second, object);
    }

    std::optional<bool> has_foreign_ledger(const certificate_binding& object) const
    {
        const auto known = facts.find(object.uid);
        if (known == facts.end() || !known->second.held)
        {
            return std::nullopt;
        }
        return known->second.held != object.status.ledger &&
               known->second.maybe_written != object.status.ledger && !in_flight.made(object);
    }

    void forget_old_answers()
    {
        const auto oldest = parts.clock.now() - settings.resync_period * kept_periods;
        if (forgot_at > oldest)
        {
            return;
        }
        forgot_at = parts.clock.now();
        std::erase_if(used, [](const auto& entry) { return entry.second.expired(); });
        std::erase_if(certificates, [&](const auto& entry) {
            return !entry.second.last || entry.second.last->asked_at < oldest;
        });
    }

    // The binding, if it still belongs to the target of the pass.
    const certificate_binding* find(const pass& of, const support::uuid& uid) const
    {
        const certificate_binding* object = parts.store.find(uid);
        return object != nullptr && parts.credentials.target_of(*object) == of.which ? object : nullptr;
    }

    action decide_now(const pass& of, const certificate_binding& object)
    {
        binding_facts& known = facts[object.uid];
        const auto now = parts.clock.now();
        record_object(
            known, object, settings, now, settings.divided ? std::optional(now) : parts.others_sent_until
        );
        const auto look_up = [&](const support::uuid& id) { return certificate(of.which, id); };
        const auto bindings = parts.store.bindings_of(of.which);
        const auto held = [this](const auto& each) -> const ledger& { return ledger_of(each); };
        const view seen{
            object,
            known,
            look_up,
            winner_of(object, bindings, held, look_up),
            [&](const support::uuid& id) { return owner_of(id, object, bindings, held); },
            {support::interned(of.with->identity),
             {},
             of.which.region,
             {},
             parts.credentials.is_controllers(of.which)},
            settings,
            now,
            parts.clock.wall()
        };
        return decide(seen);
    }

    // ---- a pass ----

    task<runtime::outcome> reconcile(target which)
    {
        pass of{which, parts.credentials.of(which), parts.clock.now()};
        forget_old_answers();
        used[which.credential] = of.with;
        const auto bindings = parts.store.bindings_of(which);
        std::vector<support::uuid> uids;
        for (const int rank : {0, 1, last_rank})
        {
            for (const certificate_binding* object : bindings)
            {
                if (rank_of(*object) == rank)
                {
                    uids.push_back(object->uid);
                }
            }
        }
        for (const support::uuid& uid : uids)
        {
            if (parts.clock.now() - of.started > longest_pass || stopping)
            {
                of.come_again(parts.clock.now());
                of.is_waited_for = true;
                break;
            }
            co_await settle(of, uid);
        }
        if (!of.again)
        {
            co_return runtime::outcome{};
        }
        co_return runtime::outcome{
            runtime::outcome::kind::later,
            std::max(*of.again - parts.clock.now(), shortest_wait),
            of.is_waited_for ? runtime::urgency::urgent : runtime::urgency::routine,
            of.is_waited_for ? runtime::waits_for::cloud : runtime::waits_for::check
        };
    }

    // Acts for one binding until it has to wait.
    task<> settle(pass& of, support::uuid uid)
    {
        for (int step = 0; step < most_steps && !stopping; ++step)
        {
            const certificate_binding* object = find(of, uid);
            if (object == nullptr)
            {
                co_return;
            }
            of.is_waited_for = of.is_waited_for || rank_of(*object) < last_rank;
            action next = decide_now(of, *object);
            if (const auto* wait = std::get_if<rest>(&next))
            {
                of.come_again(wait->until);
                co_return;
            }
            if (auto* wanted = std::get_if<write>(&next))
            {
                if (!co_await patch(of, *object, std::move(*wanted)))
                {
                    of.come_again(parts.clock.now() + retry_of_write);
                    co_return;
                }
                continue;
            }
            if (of.turned_away && *of.turned_away <= purpose_of(next))
            {
                of.come_again(of.retry_at);
                co_return;
            }
            co_await request(of, *object, std::move(next));
        }
        of.come_again(parts.clock.now() + retry_of_write);
    }

    static purpose purpose_of(const action& next)
    {
        const auto* question = std::get_if<ask>(&next);
        return question != nullptr                    ? question->what_for
               : std::holds_alternative<remove>(next) ? purpose::detach
                                                      : purpose::attach;
    }

    task<> request(pass& of, const certificate_binding& object, action next)
    {
        const auto uid = object.uid;
        if (const auto* question = std::get_if<ask>(&next))
        {
            co_await read(of, uid, *question);
        }
        else if (const auto* wanted = std::get_if<create>(&next))
        {
            co_await bind(of, object, *wanted);
        }
        else if (const auto* unwanted = std::get_if<remove>(&next))
        {
            co_await unbind(of, object, *unwanted);
        }
    }

    // Whether the budget or the cloud turned the request away.
    bool note_turned_away(pass& of, purpose what_for, const std::optional<cloud::error>& failed)
    {
        if (!failed || failed->kind != failure::rate_limited)
        {
            return false;
        }
        of.turned_away = std::min(of.turned_away.value_or(what_for), what_for);
        of.retry_at = parts.clock.now() + failed->retry_after.value_or(retry_of_write);
        return true;
    }

    task<> read(pass& of, support::uuid uid, ask question)
    {
        auto reading = co_await of.with->service->get_certificate(
            of.which.region.str(), question.certificate, question.what_for
        );
        const auto failed = reading.value ? std::nullopt : std::optional<cloud::error>(reading.value.error());
        binding_facts& known = facts[uid];
        if (note_turned_away(of, question.what_for, failed))
        {
            known.waits_for_turn = true;
            co_return;
        }
        auto& certificate = certificates[{of.which.credential, of.which.region, question.certificate}];
        // Of answers that share one request the first is recorded.
        if (!certificate.last || certificate.last->asked_at != reading.asked_at || failed)
        {
            record_reading(certificate, std::move(reading));
        }
        const certificate_binding* object = find(of, uid);
        if (object == nullptr)
        {
            co_return;
        }
        record_read(known, *object, question.certificate, certificate);
        if (failed)
        {
            log_failure(*object, "the certificate could not be read", *failed);
        }
    }

    task<> bind(pass& of, const certificate_binding& object, create wanted)
    {
        const auto uid = object.uid;
        const auto certificate = object.spec.certificate_id;
        const std::string name = name_of(object);
        record_create_sent(facts[uid], settings, parts.clock.now());
        auto answer = co_await of.with->service->create_binding(
            of.which.region.str(),
            certificate,
            of.which.listener,
            wanted.entry.slot == slot::sni,
            settings.write_deadline
        );
        const auto failed = answer ? std::nullopt : std::optional<cloud::error>(answer.error());
        record_create_answer(facts[uid], wanted.entry, failed, parts.clock.now());
        if (note_turned_away(of, purpose::attach, failed))
        {
            co_return;
        }
        support::log(
            failed ? log_level::warn : log_level::info,
            failed ? "the cloud did not confirm that it attaches the certificate"
                   : "the cloud attaches the certificate",
            {{"binding", name},
             {"certificate", certificate.str()},
             {"listener", of.which.listener.str()},
             {"error", failed ? failed->message : ""}}
        );
    }

    task<> unbind(pass& of, const certificate_binding& object, remove unwanted)
    {
        const auto uid = object.uid;
        const std::string name = name_of(object);
        auto answer = co_await of.with->service->delete_binding(
            of.which.region.str(), unwanted.certificate, unwanted.binding, settings.write_deadline
        );
        const auto failed = answer ? std::nullopt : std::optional<cloud::error>(answer.error());
        record_removal(facts[uid], unwanted.binding, failed, parts.clock.now());
        if (note_turned_away(of, purpose::detach, failed))
        {
            co_return;
        }
        support::log(
            failed ? log_level::warn : log_level::info,
            failed ? "the cloud did not confirm that it removes the binding"
                   : "the cloud removes the binding",
            {{"binding", name}, {"id", unwanted.binding.str()}, {"error", failed ? failed->message : ""}}
        );
    }

    // ---- Kubernetes ----

    // False: the object cannot be written now.
    task<bool> patch(const pass& of, const certificate_binding& object, write wanted)
    {
        const std::string name = name_of(object);
        const auto request = patch_for(object, wanted);
        if (has_foreign_ledger(object) == true)
        {
            parts.events.record(ledger_restored(object));
        }
        auto written = in_flight.begin(wanted, object);
        const auto answer = co_await parts.kube.patch(request);
        written.reset();
        const auto meaning = answer ? write_answer::taken : meaning_of(answer.error());
        const bool may_count = meaning == write_answer::taken || meaning == write_answer::lost;
        if (may_count)
        {
            std::ranges::for_each(wanted.events, [this](const event& each) { parts.events.record(each); });
        }
        if (may_count && wanted.kind == write_kind::status)
        {
            record_ledger_write(
                facts[wanted.uid], wanted.wanted.ledger, meaning == write_answer::taken, parts.clock.now()
            );
        }
        if (answer)
        {
            parts.store.applied((*answer)->object());
            co_return true;
        }
        if (meaning != write_answer::refused)
        {
            if (const auto fresh =
                    co_await parts.kube.get(request.resource, request.name_space, request.name))
            {
                parts.store.applied((*fresh)->object());
                co_return true;
            }
        }
        support::log(
            answer.error().http_status == 404 ? log_level::debug : log_level::warn,
            "the write to the binding failed; it is tried again later",
            {{"binding", name}, {"error", answer.error().message}}
        );
        co_return false;
    }

    static void log_failure(
        const certificate_binding& object, std::string_view what, const cloud::error& failed
    )
    {
        support::log(log_level::debug, what, {{"binding", name_of(object)}, {"error", failed.message}});
    }

    single_reconciler::parts parts;
    binding::settings settings;
    support::time_point forgot_at{};
    bool stopping = false;
    std::unordered_map<support::uuid, binding_facts> facts;
    writes_in_flight in_flight;
    std::map<certificate_key, certificate_facts> certificates;
    std::map<support::interned, std::weak_ptr<cloud::credential>> used;  // by id
};

single_reconciler::single_reconciler(parts parts, settings settings)
    : impl_(std::make_unique<impl>(parts, std::move(settings)))
{}

single_reconciler::~single_reconciler() = default;

support::task<runtime::outcome> single_reconciler::reconcile(target target)
{
    return impl_->reconcile(std::move(target));
}

std::optional<bool> single_reconciler::has_foreign_ledger(const certificate_binding& object) const
{
    return impl_->has_foreign_ledger(object);
}

void single_reconciler::forget(const support::uuid& binding)
{
    impl_->facts.erase(binding);
}

std::vector<std::shared_ptr<cloud::credential>> single_reconciler::in_use() const
{
    std::vector<std::shared_ptr<cloud::credential>> found;
    for (const auto& [id, held] : impl_->used)
    {
        if (auto credential = held.lock())
        {
            found.push_back(std::move(credential));
        }
    }
    return found;
}

void single_reconciler::stop()
{
    impl_->stopping = true;
}

bool single_reconciler::every_request_is_resolved() const
{
    const auto now = impl_->parts.clock.now();
    return std::ranges::none_of(impl_->facts, [now](const auto& row) {
        return row.second.in_doubt_until && now < *row.second.in_doubt_until;
    });
}

}  // namespace binding::single
