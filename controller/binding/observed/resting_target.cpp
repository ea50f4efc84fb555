#include "binding/observed/resting_target.hpp"

#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace binding {
namespace {

constexpr std::string_view usual_status = "ACTIVE";

bool same_texts(const std::vector<cloud::container_ref>& a, const std::vector<cloud::container_ref>& b)
{
    return std::ranges::equal(a, b, [](const auto& one, const auto& other) { return one.spelled_as(other); });
}

bool same_texts(const std::optional<cloud::container_ref>& a, const std::optional<cloud::container_ref>& b)
{
    return a.has_value() == b.has_value() && (!a || a->spelled_as(*b));
}

std::optional<cloud::container_ref> optional_ref(const cloud::container_ref& ref)
{
    return ref.empty() ? std::nullopt : std::optional(ref);
}

// An empty text in the place of no ref would come back as no ref.
bool is_whole(const std::optional<cloud::container_ref>& ref)
{
    return !ref || !ref->empty();
}

// Nothing is under way, refused, or waited for.
bool is_quiet(const target_facts& facts)
{
    const put_record& puts = facts.puts;
    const refusals& refused = facts.refusals;
    return !puts.under_way && !puts.last_error && puts.error_puts == 0 && !puts.next_error_put &&
           refused.refused_refs.empty() && !refused.bisection && !refused.blocked && !refused.unanswered &&
           !facts.arrivals.first && !facts.peers.since && facts.peers.heirs_since.empty() &&
           facts.other_listeners.refs.empty() && facts.other_listeners.gone_since.empty() &&
           !facts.cleanup_requested;
}

// The answers say that all is well.
bool are_good(const cloud_answers& answers)
{
    constexpr auto active = cloud::provisioning_status::active;
    const auto& [scope, listener, balancer] =
        std::tie(answers.scope, answers.listener, answers.load_balancer);
    const bool read = scope && scope->value && listener && listener->value && balancer && balancer->value;
    return read && listener->value->status == active && balancer->value->status == active &&
           balancer->value->listeners.empty() && balancer->value->id == listener->value->load_balancer_id &&
           answers.load_balancer_id == listener->value->load_balancer_id && answers.refs.empty() &&
           !answers.gone_since && !answers.misdirected_since && !answers.pending_since &&
           !answers.agreed.contradicted_since && answers.listener_requested && answers.busy_polls == 0;
}

bool is_usual(const cloud::certificate& certificate)
{
    return certificate.usable && !certificate.hopeless && certificate.status == usual_status &&
           certificate.missing.empty() && certificate.doubt.empty();
}

}  // namespace

resting_target::resting_target(const resting_target& other)
    : scope_asked_at_(other.scope_asked_at_),
      confirmed_at_(other.confirmed_at_),
      scope_(other.scope_),
      listener_(other.listener_),
      default_ref_(other.default_ref_),
      sni_refs_(other.sni_refs_),
      previous_(other.previous_ ? std::make_unique<listener_slots>(*other.previous_) : nullptr),
      ownership_changes_(
          other.ownership_changes_ ? std::make_unique<ownership_changes>(*other.ownership_changes_) : nullptr
      ),
      bindings_(other.bindings_),
      may_write_(other.may_write_)
{}

std::unique_ptr<resting_target> resting_target::of(const target_facts& facts)
{
    if (!is_quiet(facts) || !are_good(facts.answers) || facts.bindings.empty())
    {
        return nullptr;
    }
    std::unique_ptr<resting_target> resting(new resting_target);
    const auto& first = facts.bindings.begin()->second.held;
    resting->scope_ = first ? first->scope : ledger_scope();
    resting->may_write_ = facts.puts.may_write;
    resting->bindings_.reserve(facts.bindings.size());
    bool fits = resting->take_answers(facts);
    for (const auto& [uid, known] : facts.bindings)
    {
        fits = fits && resting->take_binding(uid, known);
    }
    return fits ? std::move(resting) : nullptr;
}

bool resting_target::take_answers(const target_facts& facts)
{
    const cloud_answers& answers = facts.answers;
    const cloud::project_scope& scope = *answers.scope->value;
    const cloud::listener& listener = *answers.listener->value;
    const auto& agreed = answers.agreed;
    const bool fits =
        is_of(scope) && agreed.slots && same_texts(agreed.slots->default_ref, listener.default_ref) &&
        same_texts(agreed.slots->sni_refs, listener.sni_refs) && is_whole(listener.default_ref) &&
        is_whole(listener.client_ca_ref) && is_whole(listener.client_crl_ref);
    if (!fits)
    {
        return false;
    }
    const cloud::container_ref none;
    scope_asked_at_ = answers.scope->asked_at;
    default_ref_ = listener.default_ref.value_or(none);
    sni_refs_ = listener.sni_refs;
    listener_ = {
        listener.id,
        listener.load_balancer_id,
        support::interned(listener.project_id),
        support::interned(listener.protocol),
        listener.client_ca_ref.value_or(none),
        listener.client_crl_ref.value_or(none),
        answers.listener->asked_at,
        answers.load_balancer->asked_at,
    };
    if (agreed.previous)
    {
        previous_ = std::make_unique<listener_slots>(*agreed.previous);
    }
    if (!facts.ownership_changes.empty())
    {
        ownership_changes_ = std::make_unique<ownership_changes>(facts.ownership_changes);
    }
    return true;
}

bool resting_target::take_binding(const support::uuid& uid, const binding_state& known)
{
    const auto& [held, certificate] = std::tie(known.held, known.certificate);
    const bool is_attached = held && held->attachments.size() == 1 && held->attachments.front().confirmed &&
                             held->scope == scope_ && !known.maybe_written && !known.released;
    const bool is_read = certificate && certificate->value && is_usual(*certificate->value) &&
                         !known.certificate_misdirected_since && known.certificate_polls == 0 &&
                         !known.quarantine;
    if (!is_attached || !is_read)
    {
        return false;
    }
    const attachment& entry = held->attachments.front();
    const cloud::certificate& read = *certificate->value;
    const bool fits = entry.container_ref.spelled_as(read.container_ref) &&
                      entry.container_ref.names(known.certificate_id) &&
                      std::in_range<std::int32_t>(known.generation);
    bindings_.push_back({
        uid,
        known.requested_at,
        known.generation_since,
        known.verified_at.value_or(support::time_point()),
        certificate->asked_at,
        read.expires_at.value_or(support::wall_time()),
        entry.container_ref,
        held->replaced_default_ref,
        static_cast<std::int32_t>(known.generation),
        entry.slot,
        known.generation_is_new,
        known.verified_at.has_value(),
        read.expires_at.has_value(),
    });
    return fits;
}

target_facts resting_target::facts() const
{
    target_facts facts;
    cloud_answers& answers = facts.answers;
    answers.scope = {
        scope_asked_at_,
        cloud::project_scope{
            scope_.identity.str(),
            scope_.project_id.str(),
            scope_.region.str(),
            scope_.load_balancer_endpoint.str()
        }
    };
    cloud::listener listener;
    listener.id = listener_.id;
    listener.load_balancer_id = listener_.load_balancer_id;
    listener.project_id = listener_.project_id.str();
    listener.protocol = listener_.protocol.str();
    listener.default_ref = optional_ref(default_ref_);
    listener.sni_refs = sni_refs_;
    listener.client_ca_ref = optional_ref(listener_.client_ca_ref);
    listener.client_crl_ref = optional_ref(listener_.client_crl_ref);
    answers.agreed.slots = slots_of(listener);
    if (previous_)
    {
        answers.agreed.previous = *previous_;
    }
    answers.listener = {listener_.asked_at, std::move(listener)};
    answers.load_balancer = {
        listener_.load_balancer_asked_at, cloud::load_balancer{.id = listener_.load_balancer_id}
    };
    answers.load_balancer_id = listener_.load_balancer_id;
    answers.listener_requested = true;
    facts.puts.may_write = may_write_;
    if (ownership_changes_)
    {
        facts.ownership_changes = *ownership_changes_;
    }
    for (const resting_binding& kept : bindings_)
    {
        binding_state& known = facts.bindings[kept.uid];
        known.held = ledger{{{kept.attached, kept.slot, true}}, kept.replaced, scope_};
        known.generation = kept.generation;
        known.generation_since = kept.generation_since;
        known.generation_is_new = kept.generation_is_new;
        known.requested_at = kept.requested_at;
        known.certificate_id = kept.attached.name()->id;
        cloud::certificate read;
        read.container_ref = kept.attached;
        read.status = usual_status;
        read.usable = true;
        read.expires_at = kept.expires ? std::optional(kept.expires_at) : std::nullopt;
        known.certificate = {kept.asked_at, std::move(read)};
        known.verified_at = kept.verified ? std::optional(kept.verified_at) : std::nullopt;
    }
    return facts;
}

// ---- what the lists of the project show of it ----

bool resting_target::agrees_with(const cloud::listener& listed) const
{
    return listed.id == listener_.id && listed.load_balancer_id == listener_.load_balancer_id &&
           listed.status == cloud::provisioning_status::active &&
           listed.project_id == listener_.project_id.view() && listed.protocol == listener_.protocol.view() &&
           same_texts(listed.default_ref, optional_ref(default_ref_)) &&
           same_texts(listed.sni_refs, sni_refs_) &&
           same_texts(listed.client_ca_ref, optional_ref(listener_.client_ca_ref)) &&
           same_texts(listed.client_crl_ref, optional_ref(listener_.client_crl_ref));
}

bool resting_target::is_of(const cloud::project_scope& scope) const
{
    return scope.identity == scope_.identity.view() && scope.project_id == scope_.project_id.view() &&
           scope.region == scope_.region.view() &&
           scope.load_balancer_endpoint == scope_.load_balancer_endpoint.view();
}

std::vector<support::uuid> resting_target::certificates() const
{
    std::vector<support::uuid> ids;
    ids.reserve(bindings_.size());
    for (const resting_binding& kept : bindings_)
    {
        ids.push_back(kept.attached.name()->id);
    }
    return ids;
}

bool resting_target::confirm(support::time_point asked_at)
{
    const bool outdated = asked_at <= listener_.asked_at || asked_at <= listener_.load_balancer_asked_at ||
                          std::ranges::any_of(bindings_, [&](const resting_binding& kept) {
                              return asked_at <= kept.asked_at;
                          });
    if (outdated || (ownership_changes_ && may_forget_changes(*ownership_changes_, asked_at)))
    {
        return false;
    }
    confirmed_at_ = asked_at;
    for (resting_binding& kept : bindings_)
    {
        kept.verified_at = kept.verified ? asked_at : kept.verified_at;
    }
    return true;
}

support::duration resting_target::spared_for(
    support::time_point now, support::wall_time wall, support::duration holds, support::time_point read_since
) const
{
    constexpr support::duration none{};
    if (confirmed_at_ == support::time_point::min() || listener_.asked_at < read_since)
    {
        return none;
    }
    support::duration spared = confirmed_at_ + holds - now;
    for (const resting_binding& kept : bindings_)
    {
        spared = kept.expires ? std::min<support::duration>(spared, kept.expires_at - wall) : spared;
    }
    return std::max(spared, none);
}

}  // namespace binding
