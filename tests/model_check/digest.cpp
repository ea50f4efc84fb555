#include "model_check/digest.hpp"

#include <algorithm>
#include <initializer_list>

namespace prove {

using binding::certificate_binding;
using namespace std::chrono_literals;
using support::duration;
using support::time_point;
using support::uuid;

namespace {

// Two looks at a change are farther apart than that, so they give two states.
constexpr support::duration between_looks = std::chrono::milliseconds(10);

std::uint64_t folded(std::uint64_t a, std::uint64_t b)
{
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

class digest_of_world
{
public:
    digest_of_world(digester& into, const model& world, bool nothing_dies)
        : into_(into), w_(world), nothing_dies_(nothing_dies)
    {}

    void take()
    {
        now_ = w_.now;
        listener_ = w_.cloud.listeners.begin()->first;
        for (const auto& [uid, object] : w_.objects)
        {
            take(object);
        }
        separate();
        for (const late_patch& late : w_.late_patches)
        {
            take(late);
        }
        separate();
        take_cloud();
        flag(w_.running.has_value());
        if (w_.running)
        {
            take(*w_.running);
        }
        take_history();
    }

private:
    // ---- values ----

    void number(std::uint64_t value) { into_.number(value); }
    void flag(bool value) { into_.number(value ? 1 : 0); }
    void separate() { into_.number(0xffff); }
    void text(std::string_view value) { into_.text(value); }
    void take(const uuid& id) { number(id.hash()); }
    template <class T>
        requires std::is_enum_v<T>
    void take(T value)
    {
        number(static_cast<std::uint64_t>(value));
    }

    // Takes in how many of the limits have passed since `of`.
    void age(time_point of, std::initializer_list<duration> limits)
    {
        number(static_cast<std::uint64_t>(std::ranges::count_if(limits, [&](duration limit) {
            return now_ - of > limit;
        })));
    }

    void left(time_point until, duration unit)
    {
        number(until <= now_ ? 0 : static_cast<std::uint64_t>((until - now_ + unit - duration(1)) / unit));
    }

    // Takes in a ref by kind and id, because its spelling makes no difference.
    void named(const cloud::container_ref& ref)
    {
        const auto name = ref.name();
        number(name && name->kind == cloud::ref_kind::secret ? 1 : 0);
        text(name ? name->id.str() : ref.str());
    }

    void take(const slot_entry& entry)
    {
        named(entry.ref);
        take(entry.slot);
    }

    template <class T>
    void take(const std::set<T>& all)
    {
        for (const auto& value : all)
        {
            take(value);
        }
        separate();
    }

    void take(const binding::listener_slots& slots)
    {
        text(slots.default_ref.value_or(cloud::container_ref()).str());
        auto refs = slots.sni_refs;
        std::ranges::sort(refs, {}, &cloud::container_ref::str);
        for (const cloud::container_ref& ref : refs)
        {
            text(ref.str());
        }
        separate();
    }

    void take(const binding::ledger& held)
    {
        for (const auto& attachment : held.attachments)
        {
            text(attachment.container_ref.str());
            take(attachment.slot);
            flag(attachment.confirmed);
        }
        text(held.replaced_default_ref.str());
        text(held.scope.identity.view());
        text(held.scope.project_id.view());
    }

    void take(const std::optional<binding::ledger>& held, const binding::ledger& usual)
    {
        number(!held ? 0 : *held == usual ? 1 : 2);
        if (held && *held != usual)
        {
            take(*held);
        }
    }

    // ---- Kubernetes ----

    void take(const certificate_binding& object)
    {
        take(object.uid);
        flag(object.deleting);
        flag(object.abandoned);
        flag(object.has_finalizer());
        take(object.spec.certificate_id);
        flag(object.spec.sni);
        flag(object.spec.retain);
        const binding::status& s = object.status;
        take(s.state);
        flag(s.observed_generation == object.generation);
        text(s.error_message.view());
        flag(s.identified);
        take(s.certificate.id);
        text(s.certificate.status.view());
        take(s.ledger);
        for (const auto& condition : s.conditions)
        {
            take(condition.status);
            take(condition.reason);
            flag(condition.observed_generation == object.generation);
            text(condition.message.view());
        }
    }

    // A late write names the version that its binding has now.
    void take(const late_patch& late)
    {
        take(late.binding);
        const auto& patch = late.request.merge_patch;
        const std::string_view key = "\"resourceVersion\":\"";
        const auto at = patch.find(key) + key.size();
        text(patch.substr(0, at));
        text(patch.substr(patch.find('"', at)));
    }

    // ---- the cloud ----

    void take_cloud()
    {
        for (const auto& [id, usable] : w_.cloud.certificates)
        {
            flag(usable);
            flag(w_.cloud.dead.contains(id));
        }
        const auto& row = w_.cloud.listeners.at(listener_);
        take(row.slots);
        take(row.status);
        take(w_.cloud.balancers.at(row.load_balancer));
        number(w_.late.size());
        for (const late_put& put : w_.late)
        {
            number(put.change.default_ref ? 1 : 0);
            text(put.change.default_ref.value_or(cloud::container_ref())
                     .value_or(cloud::container_ref("none"))
                     .str());
            number(put.change.sni_refs ? 1 : 0);
            take(
                binding::listener_slots{{}, put.change.sni_refs.value_or(std::vector<cloud::container_ref>{})}
            );
            left(put.expires, 5s);
        }
        for (const auto& [listener, outdated] : w_.outdated)
        {
            if (now_ < outdated.until && !same_slots(outdated.slots, row.slots))
            {
                take(outdated.slots);
                left(outdated.until, 100ms);
            }
        }
        separate();
        for (const auto& [balancer, until] : w_.pending_until)
        {
            left(until, between_looks);
        }
    }

    // ---- the process ----

    void take(const process& p)
    {
        separate();
        const auto pass = p.passes.empty() ? nullptr : &p.passes.begin()->second;
        pass_started_ = pass != nullptr ? std::optional(pass->started()) : std::nullopt;
        const auto known = p.state.all().begin();
        flag(known == p.state.all().end() || p.state.turn(known->first) != binding::turn_state::ours);
        number(p.due.size());
        for (const auto& [target, at] : p.due)
        {
            left(at, 1s);
        }
        if (known != p.state.all().end())
        {
            facts_ = &known->second.facts();
            take(*facts_);
        }
        // The start of the process counts only for bindings that the process does not know yet.
        const bool all_known = std::ranges::all_of(w_.objects, [&](const auto& row) {
            return facts_ != nullptr && facts_->bindings.contains(row.first);
        });
        const auto others = p.state.others_sent_until();
        number(all_known || !others ? 0 : w_.now - *others > 45s ? 1 : 2);
        flag(others.has_value());                               // counts at the end of the process, too
        flag(w_.now < p.state.replicas_agree_at(w_.settings));  // likewise
        flag(p.state.is_stopping());
        for (const auto& [uid, object] : p.behind)
        {
            take(object);
        }
        flag(pass != nullptr);
        if (pass != nullptr)
        {
            take(*pass);
        }
    }

    void take(const binding::reconcile_pass& pass)
    {
        const auto committed_at = pass.committed_at();
        flag(committed_at.has_value());
        flag(committed_at && facts_->answers.listener && facts_->answers.listener->asked_at < *committed_at);
        take(pass.unwritable());
        flag(pass.put_ended());
        number(static_cast<std::uint64_t>(pass.unsent_puts()));
        for (const auto& [uid, object] : w_.objects)
        {
            flag(pass.has_member(uid));
        }
        // There are no other listeners to read, and the changes are over before the conflicts are too many.
    }

    bool of_pass(time_point asked_at) const { return pass_started_ && asked_at >= *pass_started_; }

    template <class T>
    bool of_pass(const std::optional<binding::observed<T>>& answer) const
    {
        return answer && of_pass(answer->asked_at);
    }

    void take(const binding::target_facts& m)
    {
        flag(of_pass(m.answers.scope));
        const bool listener_known = m.answers.listener && m.answers.listener->value;
        flag(listener_known);
        if (of_pass(m.answers.listener))
        {
            flag(listener_known);
            if (listener_known)
            {
                take(m.answers.listener->value->status);
                take(binding::listener_slots{
                    m.answers.listener->value->default_ref, m.answers.listener->value->sni_refs
                });
            }
            flag(m.puts.under_way && m.answers.listener->asked_at >= m.puts.under_way->deadline);
            flag(m.answers.load_balancer && m.answers.listener->asked_at < m.answers.load_balancer->asked_at);
        }
        take(m.answers.agreed);
        flag(of_pass(m.answers.load_balancer));
        if (of_pass(m.answers.load_balancer))
        {
            take(
                m.answers.load_balancer->value ? m.answers.load_balancer->value->status
                                               : cloud::provisioning_status::error
            );
            flag(m.answers.load_balancer->value.has_value());
        }
        flag(m.puts.under_way.has_value());
        if (m.puts.under_way)
        {
            take(m.puts.under_way->phase);
            take(m.puts.under_way->from);
            take(m.puts.under_way->expected);
            left(m.puts.under_way->deadline, 5s);
            flag(m.puts.under_way->refs_counted);
            left(m.puts.under_way->next_look, between_looks);
        }
        flag(of_pass(m.puts.last_error));
        if (of_pass(m.puts.last_error))
        {
            take(m.puts.last_error->value.kind);
            text(m.puts.last_error->value.message);
        }
        if (!nothing_dies_)
        {
            number(static_cast<std::uint64_t>(std::min(m.puts.error_puts, 7)));
            left(m.puts.next_error_put.value_or(now_), 5s);
        }
        flag(m.cleanup_requested);
        flag(m.answers.listener_requested);
        take_refs(m);
        take_refusals(m);
        for (const auto& [uid, object] : w_.objects)
        {
            const auto state = m.bindings.find(uid);
            flag(state != m.bindings.end());
            if (state != m.bindings.end())
            {
                take(state->second, object);
            }
        }
    }

    void take(const binding::agreed_slots& agreed)
    {
        flag(agreed.slots.has_value());
        if (agreed.slots)
        {
            take(*agreed.slots);
        }
        flag(agreed.contradicted_since.has_value());
        if (agreed.contradicted_since)
        {
            age(*agreed.contradicted_since, {w_.settings.replica_lag - duration(1)});
        }
    }

    void take_refs(const binding::target_facts& m)
    {
        for (const auto& [ref, answer] : m.answers.refs)
        {
            // Each pass looks the refs up again, and an earlier "readable" says nothing more.
            if (answer.state == cloud::ref_state::readable && (nothing_dies_ || !of_pass(answer.asked_at)))
            {
                continue;
            }
            named(ref);
            take(answer.state);
            flag(of_pass(answer.asked_at));
            age(answer.asked_at, {w_.settings.fresh_lookup});
            flag(answer.dead_since && answer.asked_at - *answer.dead_since >= w_.settings.proof);
            flag(answer.dead_since && now_ - *answer.dead_since >= w_.settings.proof);
            for (const auto& [uid, state] : m.bindings)
            {
                flag(state.certificate && answer.asked_at > state.certificate->asked_at);
            }
        }
        separate();
    }

    void take_refusals(const binding::target_facts& m)
    {
        for (const auto& [ref, refused] : m.refusals.refused_refs)
        {
            named(ref);
            left(refused.until, 1s);
            number(static_cast<std::uint64_t>(std::min(refused.times, 10)));
            flag(refused.lasting);
            for (const auto& [uid, state] : m.bindings)
            {
                flag(state.certificate && refused.at > state.certificate->asked_at);
            }
        }
        separate();
        if (m.refusals.bisection)
        {
            text(m.refusals.bisection->message);
            for (const auto& suspect : m.refusals.bisection->suspects)
            {
                take(suspect.binding);
                take(suspect.certificate_id);
                take(suspect.slot);
            }
        }
        separate();
        if (m.refusals.blocked)
        {
            left(m.refusals.blocked->until, 30s);
            number(static_cast<std::uint64_t>(std::min(m.refusals.blocked->times, 7)));
        }
        separate();
        if (m.refusals.unanswered)
        {
            left(m.refusals.unanswered->until, 5s);
            number(static_cast<std::uint64_t>(std::min(m.refusals.unanswered->times, 7)));
        }
        separate();
        for (const auto& [key, move] : m.ownership_changes)
        {
            const bool may_be_wanted =
                std::ranges::any_of(w_.cloud.certificates, [&](const auto& certificate) {
                    return test::cloud_rows::id_of(key.second) == certificate.first;
                });
            if (!may_be_wanted)
            {
                continue;
            }
            take(key.first);
            named(key.second);
            flag(move.added);
            number(static_cast<std::uint64_t>(std::min(move.times, 3)));
            if (move.times > 1)
            {
                age(move.at, {1h});  // nobody waits for a change that was not undone
            }
        }
        separate();
    }

    void take(const binding::binding_state& m, const certificate_binding& object)
    {
        take(m.held, object.status.ledger);
        take(m.maybe_written, object.status.ledger);
        flag(m.generation == object.generation);
        flag(m.requested_at == object.requested_at);
        flag(m.certificate_id == object.spec.certificate_id);
        if (m.certificate)
        {
            const auto& answer = *m.certificate;
            const bool usable = answer.value && answer.value->usable;
            flag(usable);
            number(usable ? 1 : answer.value ? 2 : 3 + static_cast<std::uint64_t>(answer.value.error().kind));
            if (usable)
            {
                age(answer.asked_at, {w_.settings.fresh_certificate, w_.settings.resync_period * 7 / 10});
            }
            else
            {
                flag(of_pass(answer.asked_at));
                flag(m.generation_is_new);
                age(m.generation_since, {w_.settings.grace});
                age(answer.asked_at, {w_.settings.fresh_certificate, 15s, 30s, 1min, 2min, 5min - 1s});
                number(static_cast<std::uint64_t>(std::min(m.certificate_polls, 6)));
            }
        }
        separate();
        if (object.spec.sni && !w_.cloud.listeners.at(listener_).slots.default_ref)
        {
            flag(m.generation_is_new);
            age(m.generation_since, {w_.settings.grace});
        }
        separate();
        if (m.quarantine)
        {
            take(m.quarantine->certificate_id);
            take(m.quarantine->refused_slot);
            text(m.quarantine->message);
            left(m.quarantine->until, 10min);
        }
        separate();
        age(m.verified_at.value_or(m.generation_since), {w_.settings.resync_period * 3});
    }

    // ---- the facts of the invariants ----

    template <class T>
    void take(const std::map<uuid, std::set<T>>& all)
    {
        for (const auto& [id, values] : all)
        {
            if (!values.empty())
            {
                take(id);
                take(values);
            }
        }
        separate();
    }

    void take_history()
    {
        const history& h = w_.record;
        // A pass begins with reads of its own.
        if (pass_started_)
        {
            if (const auto read = h.reads.find(listener_); read != h.reads.end())
            {
                take(read->second.slots);
                take(read->second.status);
                const auto written = h.written.find(listener_);
                flag(written != h.written.end() && read->second.at <= written->second);
            }
            separate();
            if (const auto balancer = h.balancers.find(listener_); balancer != h.balancers.end())
            {
                take(balancer->second);
            }
            separate();
            take(h.unsure);
            for (const auto& [uid, object] : w_.objects)
            {
                flag(h.changed.at(uid) < *pass_started_);
            }
        }
        for (const auto& [id, asked_at] : h.certificate_active)
        {
            const bool wanted = std::ranges::any_of(w_.objects, [&](const auto& row) {
                return !row.second.deleting && row.second.spec.certificate_id.str() == id;
            });
            if (wanted && now_ - asked_at <= w_.settings.fresh_certificate)
            {
                text(id);
            }
        }
        separate();
        for (const auto& [uid, object] : w_.objects)
        {
            const auto held = h.held.find(uid);
            flag(held != h.held.end());
            flag(held != h.held.end() && held->second == object.status.ledger);
        }
        for (const auto& [ref, gone] : h.dead)
        {
            named(ref);
            flag(gone.last - gone.first < w_.settings.proof);
        }
        separate();
        take(h.refused);
        for (const open_put& put : h.open)
        {
            take(put.expected);
            left(put.deadline, 5s);
            flag(put.of_this_process);
            flag(put.left);
        }
        separate();
        take(h.believed);
        take(h.put);
        take(h.ours);
        take(h.lost);
        const auto began = h.pass_started.find(listener_);
        const time_point last = began == h.pass_started.end() ? time_point() : began->second;
        for (const auto& [key, since] : h.harmful)
        {
            named(key.second);
            flag(since < last);
        }
        for (const auto& [id, since] : h.usable)
        {
            text(id);
            age(since, {5min});
        }
    }

    digester& into_;
    const model& w_;
    bool nothing_dies_;
    time_point now_{};
    uuid listener_;
    std::optional<time_point> pass_started_;
    const binding::target_facts* facts_ = nullptr;
};

}  // namespace

void digester::number(std::uint64_t value)
{
    high_ = folded(high_ ^ value, 0xa0761d6478bd642f) + 0xe7037ed1a0b428db;
    low_ = folded(low_ ^ (value + 0x8ebc6af09c88c6e3), 0x589965cc75374cc3) + 0x1d8e4e27c47d124f;
}

void digester::text(std::string_view value)
{
    number(value.size());
    while (!value.empty())
    {
        std::uint64_t word = 0;
        const auto size = std::min(value.size(), sizeof word);
        std::ranges::copy(value.substr(0, size), reinterpret_cast<char*>(&word));
        number(word);
        value.remove_prefix(size);
    }
}

void take_in(digester& into, const model& world, bool nothing_dies)
{
    digest_of_world(into, world, nothing_dies).take();
}

}  // namespace prove
