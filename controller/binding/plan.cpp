#include "binding/plan.hpp"

#include "binding/memory.hpp"
#include "binding/slots.hpp"
#include "binding/verdict.hpp"
#include "cloud/container_ref.hpp"
#include "support/rfc3339.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace binding {
namespace {

using cloud::ref_key;
using namespace std::chrono_literals;

constexpr std::size_t longest_default_ref = 255;  // Octavia's columns
constexpr std::size_t longest_sni_ref = 128;
constexpr std::size_t ledger_limit = 16;
constexpr std::string_view terminated_https = "TERMINATED_HTTPS";

std::string last_path_segment(std::string_view text)
{
    const auto slash = text.rfind('/');
    return std::string(slash == std::string_view::npos ? text : text.substr(slash + 1));
}

// The id that a container ref names.
std::string id_of(std::string_view ref)
{
    return last_path_segment(ref_key(ref));
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string text;
    for (const std::string& part : parts)
    {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

ledger_place compact(const cloud::place& place)
{
    return {
        support::interned(place.identity),
        support::interned(place.project_id),
        support::interned(place.region),
        support::interned(place.load_balancer_endpoint),
    };
}

std::vector<attachment>::iterator find_entry(ledger& held, std::string_view key, slot where)
{
    return std::ranges::find_if(held.attachments, [&](const attachment& each) {
        return each.slot == where && ref_key(each.container_ref.view()) == key;
    });
}

bool holds_default(const ledger& held)
{
    return std::ranges::any_of(held.attachments, [](const attachment& each) {
        return each.slot == slot::default_;
    });
}

// A binding of the target with all that was decided for it so far.
struct view
{
    const certificate_binding* object;
    const binding_memory* memory;
    verdict said;
    ledger next;           // its ledger once this step is done
    bool release = false;  // our finalizer goes
    std::optional<support::duration> look_again;
};

class planner
{
public:
    explicit planner(const world& w) : w_(w), m_(*w.memory), s_(*w.settings)
    {
        static const binding_memory nothing;
        for (const certificate_binding* object : w.bindings)
        {
            const auto found = m_.bindings.find(object->uid);
            const binding_memory& memory = found == m_.bindings.end() ? nothing : found->second;
            const ledger held = memory.held.value_or(object->status.ledger);
            if (object->deleting && !object->has_finalizer())
            {
                continue;  // it goes without us; what it left is foreign
            }
            views_.push_back({object, &memory, {}, held, false, std::nullopt});
        }
    }

    decision run()
    {
        step made = first_step();
        return {std::move(made), put_resolved_, std::move(notices_)};
    }

private:
    step first_step()
    {
        // In this order; the first that has something to do ends the search.
        for (const auto stage : {
                 &planner::release_without_cloud,
                 &planner::ask_cloud,
                 &planner::stop_without_place,
                 &planner::stop_without_listener,
                 &planner::ask_load_balancer,
                 &planner::wait_for_put,
                 &planner::settle,
                 &planner::write_listener,
             })
        {
            if (auto made = (this->*stage)())
            {
                return std::move(*made);
            }
        }
        return conclude_verified();
    }

    // ---- stages ----

    // Rule 2: a deletion without an entry detaches nothing; Retain and the annotation leave the cloud as it
    // is.
    std::optional<step> release_without_cloud()
    {
        commit made;
        bool any = false;
        for (view& each : views_)
        {
            const certificate_binding& object = *each.object;
            if (!object.deleting)
            {
                any = true;
                continue;
            }
            const bool leaves_it = object.spec.retain || object.abandoned;
            if (leaves_it || each.next.attachments.empty())
            {
                each.release = true;
                if (!w_.unwritable.contains(object.uid))
                {
                    made.writes.push_back({object.uid, write_kind::remove_finalizer, {}});
                    if (leaves_it && !each.next.attachments.empty())
                    {
                        tell(object, false, "Retained", "left on the listener: " + refs_text(each.next));
                    }
                }
                continue;
            }
            any = true;
        }
        if (!made.writes.empty())
        {
            return made;
        }
        return any ? std::nullopt : std::optional<step>(ended(pause::resync));
    }

    std::optional<step> ask_cloud()
    {
        look asked;
        asked.place = stale(m_.place);
        asked.listener = stale(m_.listener);
        for (const view& each : views_)
        {
            if (!each.object->deleting && certificate_due(each))
            {
                asked.certificates.push_back(each.object->uid);
            }
        }
        if (asked.place || asked.listener || !asked.certificates.empty())
        {
            return asked;
        }
        return std::nullopt;
    }

    std::optional<step> stop_without_place()
    {
        const auto& place = m_.place->value;
        if (place)
        {
            place_ = compact(*place);
            return std::nullopt;
        }
        return stop_for(place.error());
    }

    std::optional<step> stop_without_listener()
    {
        const auto& answer = m_.listener->value;
        if (answer)
        {
            listener_ = &*answer;
            now_ = {listener_->default_ref, listener_->sni_refs};
            return std::nullopt;
        }
        // Rule 10: nothing is given up on the word of another cloud or project.
        bool changed = false;
        for (view& each : views_)
        {
            if (!each.next.attachments.empty() && each.next.place != place_)
            {
                changed = true;
                say(each,
                    reason::cloud_changed,
                    "the certificate was attached through " + each.next.place.identity.str() + " (project " +
                        each.next.place.project_id.str() + "), but the credential now leads to " +
                        place_.identity.str() + " (project " + place_.project_id.str() +
                        "), where the listener cannot be read: " + answer.error().message +
                        "; put the old credential back, or annotate the binding with " +
                        std::string(abandon_annotation) + "=\"true\" before deleting it");
            }
        }
        if (answer.error().kind == cloud::failure::not_found && !changed)
        {
            return listener_gone(answer.error());
        }
        return stop_for(answer.error(), changed);
    }

    // Rule 10: gone is proven by two 404s, apart.
    step listener_gone(const cloud::error& error)
    {
        const bool proven = m_.gone_since && m_.listener->asked_at - *m_.gone_since >= s_.proof;
        for (view& each : views_)
        {
            if (each.object->deleting)
            {
                say(each, reason::detaching, "the listener does not exist any more; making sure");
                each.release = each.release || proven;
            }
            else
            {
                say(each, reason::listener_not_found, error.message);
                each.said.may_still_come = may_still_come(each, reason::listener_not_found);
            }
            each.said.attached = condition_status::false_;
        }
        if (!proven)
        {
            return write_then(ended(pause::after, s_.proof));
        }
        return write_then(ended(any_live() ? pause::slow : pause::resync));
    }

    std::optional<step> ask_load_balancer()
    {
        if (stale(m_.load_balancer))
        {
            look asked;
            asked.load_balancer = true;
            return asked;
        }
        const auto& answer = m_.load_balancer->value;
        if (!answer)
        {
            return stop_for(answer.error());
        }
        balancer_ = answer->status;
        const bool changing = listener_->status == cloud::provisioning_status::pending;
        if (balancer_ == cloud::provisioning_status::active && changing &&
            m_.listener->asked_at < m_.load_balancer->asked_at)
        {
            look asked;  // the listener was read before the change ended
            asked.listener = true;
            return asked;
        }
        if (changing)
        {
            balancer_ = cloud::provisioning_status::pending;
        }
        return std::nullopt;
    }

    // Rule 9. Nothing is concluded and nothing written while a PUT of ours may still take effect.
    std::optional<step> wait_for_put()
    {
        if (!m_.put)
        {
            return std::nullopt;
        }
        if (w_.lane == lane_state::free)
        {
            return take_lane{};
        }
        const put_memory& put = *m_.put;
        const bool over = m_.listener->asked_at >= put.deadline;
        switch (put.phase)
        {
            case put_phase::accepted:
                break;
            case put_phase::in_doubt:
                if (!over && !same_slots(now_, put.expected))
                {
                    return wait_in_doubt(
                        put, std::min<support::duration>(poll_wait(put.polls), put.deadline - w_.now)
                    );
                }
                break;
            case put_phase::before_start:
                if (!over)
                {
                    return wait_in_doubt(put, put.deadline - w_.now);
                }
                break;
        }
        if (balancer_ == cloud::provisioning_status::pending)
        {
            return wait_for_load_balancer(reason::progressing, poll_wait(put.polls));
        }
        put_resolved_ = true;
        return std::nullopt;
    }

    step wait_in_doubt(const put_memory& put, support::duration wait)
    {
        const auto until = w_.wall + std::chrono::ceil<std::chrono::seconds>(put.deadline - w_.now);
        for (view& each : views_)
        {
            say(each,
                each.object->deleting ? reason::detaching : reason::progressing,
                "waiting until " + support::format_rfc3339(until) +
                    " for an earlier change of the listener that may still take effect");
            each.said.leave_as_is = is_ready(*each.object) || !mentions_unconfirmed(each);
        }
        return write_then(ended(pause::after, std::max<support::duration>(wait, 10ms)));
    }

    // What should be in the slots, with what is known so far; first verdicts and ledgers follow from it.
    std::optional<step> settle()
    {
        if (listener_->protocol != terminated_https)
        {
            return stop_for_protocol();
        }
        make_claims();
        if (auto asked = settle_with({}))
        {
            return asked;
        }
        first_verdicts();
        return std::nullopt;
    }

    // Rules 1, 3, 4: the one PUT, when everything that it needs is there.
    std::optional<step> write_listener()
    {
        const bool repeat = must_repeat();
        if (!changes() && !repeat && !m_.clean)
        {
            return std::nullopt;
        }
        if (balancer_ == cloud::provisioning_status::pending)
        {
            if (!changes() && !repeat)
            {
                return std::nullopt;
            }
            return wait_for_load_balancer(reason::load_balancer_busy, poll_wait(m_.busy_polls));
        }
        if (balancer_ == cloud::provisioning_status::error)
        {
            return std::nullopt;  // conclude_verified names it
        }
        if (m_.first_arrival)
        {
            const auto quiet = quiet_at(m_, s_);
            if (w_.now < quiet)
            {
                return ended(pause::after, quiet - w_.now);
            }
        }
        if (repeat && m_.next_error_put && w_.now < *m_.next_error_put)
        {
            say_of_listener_error();
            return write_then(ended(pause::after, *m_.next_error_put - w_.now));
        }
        if (m_.blocked && w_.now < m_.blocked->until)
        {
            return blocked(m_.blocked->message, pause::after, m_.blocked->until - w_.now);
        }
        if (w_.lane == lane_state::taken)
        {
            return write_then(ended(pause::lane));
        }
        if (w_.lane == lane_state::free)
        {
            return take_lane{};
        }
        if (auto made = keep_off_dead_refs())
        {
            return made;
        }
        if (!changes() && !repeat)
        {
            return std::nullopt;  // asked to let go of dead refs, and holds none
        }
        if (auto made = commit_ahead())
        {
            return made;
        }
        if (auto made = check_again())
        {
            return made;
        }
        return send(repeat);
    }

    // Rule 4. What a PUT keeps must be readable, on this listener and on every other one of ours behind the
    // load balancer.
    std::optional<step> keep_off_dead_refs()
    {
        std::set<std::string> dead;
        for (;;)
        {
            look asked;
            std::vector<std::string> suspects;
            std::vector<std::string> found_dead;
            for (const std::string& ref : refs_afterwards())
            {
                const ref_sighting* seen = fresh_sighting(ref);
                if (seen == nullptr)
                {
                    asked.refs.push_back(ref);
                }
                else if (seen->state == cloud::ref_state::dead)
                {
                    (is_dead(*seen) ? found_dead : suspects).push_back(ref);
                }
            }
            if (!asked.refs.empty())
            {
                return asked;
            }
            if (!suspects.empty())
            {
                return look_at_suspects(suspects);
            }
            if (found_dead.empty())
            {
                break;
            }
            if (auto stopped = leave_out(found_dead, dead))
            {
                return stopped;
            }
        }
        return check_neighbours();
    }

    // Takes dead refs of ours out of the plan; a step if that cannot be done.
    std::optional<step> leave_out(const std::vector<std::string>& found_dead, std::set<std::string>& dead)
    {
        std::vector<std::string> immovable;
        for (const std::string& ref : found_dead)
        {
            if (!dead.contains(ref_key(ref)) && is_ours(ref))
            {
                dead.insert(ref_key(ref));
            }
            else
            {
                immovable.push_back(ref);
            }
        }
        if (!immovable.empty())
        {
            return blocked(
                "the listener holds " + joined(immovable) +
                    ", which the certificate service answers 404 for; Octavia would stop serving the whole "
                    "listener at "
                    "its next change: replace or remove it there, or restore it",
                pause::slow
            );
        }
        const std::size_t held = ours_afterwards();
        if (held >= 3 && dead.size() * 2 >= held)
        {
            return blocked(
                std::to_string(dead.size()) + " of " + std::to_string(held) +
                    " certificates of ours look deleted at once; that is rather a wrong key-manager "
                    "endpoint, so "
                    "nothing is removed: " +
                    joined(found_dead),
                pause::slow
            );
        }
        for (const std::string& ref : found_dead)
        {
            tell_all("DeadRefRemoved", "left out of the listener because it does not exist any more: " + ref);
        }
        if (auto asked = settle_with(dead))
        {
            return asked;
        }
        first_verdicts();
        return std::nullopt;
    }

    step look_at_suspects(const std::vector<std::string>& suspects)
    {
        support::duration wait = s_.proof;
        for (const std::string& ref : suspects)
        {
            const auto since = m_.refs.at(ref_key(ref)).dead_since.value_or(w_.now);
            wait = std::min<support::duration>(
                wait, std::max<support::duration>(since + s_.proof - w_.now, 10ms)
            );
        }
        for_affected([&](view& each) {
            say(each, progress_reason(each), "making sure whether " + joined(suspects) + " still exists");
        });
        return write_then(ended(pause::after, wait));
    }

    std::optional<step> check_neighbours()
    {
        if (!w_.neighbours)
        {
            look asked;
            asked.neighbours = true;
            return asked;
        }
        std::vector<target> prod;
        std::string names;
        bool undecided = false;
        for (const neighbour& each : *w_.neighbours)
        {
            undecided = undecided || each.undecided;
            if (!each.dead_ref.empty())
            {
                names += (names.empty() ? "" : "; ") + std::string("listener ") + each.target.listener.str() +
                         " holds " + each.dead_ref;
                if (each.ours)
                {
                    prod.push_back(each.target);
                }
            }
        }
        if (!names.empty())
        {
            step made = blocked(
                "another listener of the load balancer would stop being served at its next change: " + names +
                    ", which does not exist any more",
                prod.empty() ? pause::slow : pause::after,
                2s
            );
            if (auto* end = std::get_if<finish>(&made))
            {
                end->prod = std::move(prod);
            }
            return made;
        }
        if (undecided)
        {
            for_affected([&](view& each) {
                say(each,
                    progress_reason(each),
                    "making sure that the other listeners of the load balancer can be read");
            });
            return write_then(ended(pause::after, s_.proof));
        }
        return std::nullopt;
    }

    // Rule 3: finalizer and ledger before the PUT.
    std::optional<step> commit_ahead()
    {
        commit made;
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            view& each = views_[i];
            if (w_.unwritable.contains(each.object->uid) || each.release)
            {
                continue;
            }
            each.next = ahead(i);
            if (auto needed = write_for(each))
            {
                const bool ledger_moves = each.next != each.object->status.ledger;
                if (ledger_moves || needed->kind == write_kind::add_finalizer)
                {
                    made.writes.push_back(std::move(*needed));
                }
            }
        }
        return made.writes.empty() ? std::nullopt : std::optional<step>(std::move(made));
    }

    // The listener as it is after the commits, the certificates as they were at most 10 s ago (rule 4).
    std::optional<step> check_again()
    {
        look asked;
        asked.listener = w_.committed_at && m_.listener->asked_at < *w_.committed_at;
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            if (adds(i) && w_.now - views_[i].memory->certificate->asked_at > s_.fresh_certificate)
            {
                asked.certificates.push_back(views_[i].object->uid);
            }
        }
        if (asked.listener || !asked.certificates.empty())
        {
            return asked;
        }
        return std::nullopt;
    }

    step send(bool repeat)
    {
        put made;
        made.change = settled_.change;
        made.expected = settled_.after;
        if (repeat)
        {
            repeat_unconfirmed(made.change);
        }
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            if (adds(i))
            {
                made.adds.push_back(views_[i].object->uid);
            }
        }
        tell_of_default();
        return made;
    }

    // Nothing to write: what was read is the truth, so entries are confirmed or dropped and deletions let go.
    step conclude_verified()
    {
        if (!views_.empty() && listener_ != nullptr && !settled_.claims.empty())
        {
            for (std::size_t i = 0; i < views_.size(); ++i)
            {
                conclude_one(i);
            }
        }
        if (balancer_ == cloud::provisioning_status::pending)
        {
            return write_then(ended(pause::after, poll_wait(m_.busy_polls)));
        }
        if (balancer_ != cloud::provisioning_status::active ||
            listener_->status == cloud::provisioning_status::error)
        {
            return write_then(ended(pause::slow));
        }
        return write_then(ended_by_certificates());
    }

    void conclude_one(std::size_t i)
    {
        view& each = views_[i];
        const bool steady = balancer_ == cloud::provisioning_status::active &&
                            listener_->status == cloud::provisioning_status::active;
        const settled_claim& settled = settled_.claims[i];
        if (steady)
        {
            each.next = verified(i);
            if (each.object->deleting && each.next.attachments.empty() && handed_over(i))
            {
                each.release = true;
            }
            return;
        }
        if (balancer_ == cloud::provisioning_status::pending)
        {
            const bool waits = each.object->deleting || each.said.reason == reason::attached;
            if (waits && !is_ready(*each.object))
            {
                say(each, busy_reason(each), "the load balancer is being changed");
            }
            each.said.leave_as_is = each.said.leave_as_is || is_ready(*each.object);
            return;
        }
        const bool in_error = balancer_ == cloud::provisioning_status::error;
        const bool concerned = each.object->deleting || settled.shown || settled.placed;
        if (concerned && !each.said.leave_as_is)
        {
            say(each,
                each.object->deleting ? reason::detaching
                : in_error            ? reason::load_balancer_error
                                      : reason::listener_error,
                in_error
                    ? "the load balancer is in ERROR; Octavia changes nothing on it until someone repairs it "
                      "(openstack loadbalancer failover)"
                    : "the listener is in ERROR and not served; see the listener's certificates and the "
                      "provider's log");
            each.said.attached = settled.shown ? condition_status::true_ : condition_status::false_;
        }
    }

    // Rule 5, last part: what passes to another binding is committed there before it is given up here.
    bool handed_over(std::size_t i) const
    {
        const certificate_binding& leaver = *views_[i].object;
        for (const attachment& entry : leaver.status.ledger.attachments)
        {
            const std::string key = ref_key(entry.container_ref.view());
            for (std::size_t j = 0; j < views_.size(); ++j)
            {
                const certificate_binding& heir = *views_[j].object;
                const bool takes_it = j != i && settled_.claims[j].placed && settled_.claims[j].shown &&
                                      heir.wanted_slot() == entry.slot && claims_[j].ref &&
                                      ref_key(*claims_[j].ref) == key;
                if (takes_it && heir.status.ledger != views_[j].next)
                {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- claims, verdicts, ledgers ----

    void make_claims()
    {
        claims_.clear();
        for (view& each : views_)
        {
            claim made;
            made.object = each.object;
            made.held = each.next;
            const bool unwritable = w_.unwritable.contains(each.object->uid);
            if (each.object->deleting)
            {
                made.released = each.release || unwritable;
                made.leaving = !made.released;
            }
            else
            {
                made.ref = wanted_ref(each);
                made.attachable = made.ref && !unwritable && !why_not(each);
            }
            claims_.push_back(std::move(made));
        }
    }

    std::optional<step> settle_with(const std::set<std::string>& dead)
    {
        slots_input input;
        input.now = now_;
        input.claims = claims_;
        input.dead = dead;
        for (const auto& [key, seen] : m_.refs)
        {
            if (seen.asked_at >= w_.round_started)
            {
                input.readable[key] = seen.state == cloud::ref_state::readable;
            }
        }
        auto outcome = settle_slots(input);
        if (auto* unknown = std::get_if<slots_unknown>(&outcome))
        {
            look asked;
            asked.refs = std::move(unknown->refs);
            return asked;
        }
        settled_ = std::get<settled_slots>(std::move(outcome));
        return std::nullopt;
    }

    // The ref of a binding's certificate: by the certificate service, else by the ledger, else by the
    // listener.
    std::optional<std::string> wanted_ref(const view& each) const
    {
        const certificate_binding& object = *each.object;
        const std::string id = object.spec.certificate_id.str();
        if (const auto* seen = certificate_of(each); seen != nullptr && *seen)
        {
            return (*seen)->container_ref;
        }
        for (const attachment& entry : each.next.attachments)
        {
            if (entry.slot == object.wanted_slot() && id_of(entry.container_ref.view()) == id)
            {
                return entry.container_ref.str();
            }
        }
        if (object.wanted_slot() == slot::default_)
        {
            return now_.default_ref && id_of(*now_.default_ref) == id ? now_.default_ref : std::nullopt;
        }
        const auto found =
            std::ranges::find_if(now_.sni_refs, [&](const std::string& ref) { return id_of(ref) == id; });
        return found == now_.sni_refs.end() ? std::nullopt : std::optional(*found);
    }

    const cloud::answer<cloud::certificate>* certificate_of(const view& each) const
    {
        const bool same = each.memory->certificate_id == each.object->spec.certificate_id;
        return same && each.memory->certificate ? &each.memory->certificate->value : nullptr;
    }

    // Why the binding's certificate may not be attached now; empty if it may (rule 4: only active ones).
    std::optional<verdict> why_not(const view& each) const
    {
        const certificate_binding& object = *each.object;
        const auto* seen = certificate_of(each);
        const std::string id = object.spec.certificate_id.str();
        if (seen == nullptr)
        {
            return verdict{reason::progressing, "certificate " + id + " has not been looked at yet"};
        }
        if (!*seen)
        {
            return certificate_failure(each, seen->error());
        }
        const cloud::certificate& certificate = **seen;
        if (certificate.expires_at && *certificate.expires_at <= w_.wall)
        {
            return verdict{
                reason::certificate_expired,
                "certificate " + id + " expired on " + support::format_rfc3339(*certificate.expires_at) +
                    "; set spec.certificateId to a renewed one"
            };
        }
        if (!certificate.usable)
        {
            return verdict{
                reason::certificate_not_active,
                "certificate " + id + " is not active yet: " + certificate.missing
            };
        }
        const std::size_t limit = object.spec.sni ? longest_sni_ref : longest_default_ref;
        if (certificate.container_ref.size() > limit)
        {
            return verdict{
                reason::certificate_refused,
                "Octavia keeps " + std::to_string(limit) + " characters of a container ref, this one has " +
                    std::to_string(certificate.container_ref.size()) + ": " + certificate.container_ref
            };
        }
        if (const auto& refused = each.memory->refused;
            refused && refused->certificate_id == object.spec.certificate_id &&
            refused->refused_slot == object.wanted_slot() && w_.now < refused->until)
        {
            return verdict{reason::certificate_refused, refused->message};
        }
        const bool has_entry = std::ranges::any_of(each.next.attachments, [&](const attachment& entry) {
            return entry.slot == object.wanted_slot() && id_of(entry.container_ref.view()) == id;
        });
        if (!has_entry && each.next.attachments.size() + 1 >= ledger_limit)
        {
            return verdict{
                reason::ledger_full,
                "status.attachments holds " + std::to_string(each.next.attachments.size()) +
                    " entries of earlier changes that are not finished; no further change is begun before "
                    "they are"
            };
        }
        return std::nullopt;
    }

    verdict certificate_failure(const view& each, const cloud::error& error) const
    {
        verdict made{
            reason_of(error.kind, reason::certificate_not_found, reason::certificate_access_denied),
            error.message
        };
        made.may_still_come = may_still_come(each, made.reason);
        return made;
    }

    static reason reason_of(cloud::failure kind, reason not_found, reason access_denied)
    {
        switch (kind)
        {
            case cloud::failure::not_found:
            case cloud::failure::no_endpoint:
                return not_found;
            case cloud::failure::access_denied:
                return access_denied;
            case cloud::failure::credentials_invalid:
                return reason::credentials_invalid;
            case cloud::failure::busy:
            case cloud::failure::refused:
            case cloud::failure::rate_limited:
            case cloud::failure::transient:
            case cloud::failure::ambiguous:
                break;
        }
        return reason::cloud_unavailable;
    }

    // Design section 6: what is not found is waited for in the first minutes of a generation.
    bool may_still_come(const view& each, reason why) const
    {
        const bool young_kind = why == reason::certificate_not_found || why == reason::listener_not_found;
        const bool said_already =
            each.object->status[condition_type::stalled].status == condition_status::true_ &&
            each.object->status.observed_generation == each.object->generation &&
            each.object->status[condition_type::ready].reason == why;
        if (!young_kind || said_already)
        {
            return false;
        }
        if (each.memory->generation_is_new)
        {
            return w_.now - each.memory->generation_since < s_.grace;
        }
        return w_.wall - each.object->created < s_.grace;
    }

    void first_verdicts()
    {
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            view& each = views_[i];
            const settled_claim& settled = settled_.claims[i];
            if (each.object->deleting)
            {
                say_of_deletion(each, settled);
                continue;
            }
            const auto missing = why_not(each);
            each.said = missing.value_or(verdict{reason::attached, ""});
            each.said.attached = settled.shown ? condition_status::true_ : condition_status::false_;
            if (settled.winner != nullptr)
            {
                each.said = conflict_with(*settled.winner, each, settled);
            }
            else if (missing && settled.shown)
            {
                each.said.message +=
                    "; it stays attached, and the next change of this load balancer will leave it out if it "
                    "cannot be read";
                if (missing->reason == reason::cloud_unavailable ||
                    missing->reason == reason::certificate_refused ||
                    missing->reason == reason::ledger_full || missing->reason == reason::progressing)
                {
                    each.said = attached_unverified_certificate(each);
                }
                each.said.may_still_come = false;
            }
            else if (missing && !settled.kept.empty())
            {
                each.said.message += "; certificate " + id_of(settled.kept.front().container_ref.view()) +
                                     " stays attached until then";
            }
            else if (!missing && !settled.shown)
            {
                say(each, reason::progressing, "about to be attached");
                each.said.attached = condition_status::false_;
            }
        }
    }

    // Attached and read back; only the certificate service gives no answer about it now.
    verdict attached_unverified_certificate(const view& each) const
    {
        verdict made{reason::attached, "", condition_status::true_};
        made.leave_as_is = is_ready(*each.object);
        return made;
    }

    static verdict conflict_with(
        const certificate_binding& winner, const view& each, const settled_claim& settled
    )
    {
        return {
            reason::conflict,
            each.object->spec.sni
                ? "409: binding " + winner.full_name() + " has put this certificate on the listener already"
                : "409: binding " + winner.full_name() +
                      " has the listener's default certificate; set options.sni to true to add this one "
                      "beside it",
            settled.shown ? condition_status::true_ : condition_status::false_
        };
    }

    void say_of_deletion(view& each, const settled_claim& settled)
    {
        if (settled.kept_as_last)
        {
            say(each,
                reason::last_certificate,
                "the listener would be left without a certificate. Bind another certificate to it (in a "
                "namespace that "
                "is not being deleted), or delete the listener, or leave the certificate there: set "
                "spec.deletionPolicy "
                "to Retain, or annotate the binding with " +
                    std::string(abandon_annotation) + "=\"true\"");
            each.said.attached = condition_status::true_;
            return;
        }
        say(each, reason::detaching, "being removed from the listener");
        each.said.attached = settled.removed.empty() && settled.kept.empty() ? condition_status::false_
                                                                             : condition_status::true_;
    }

    // The ledger that has to be committed before the PUT: every entry that it touches, unconfirmed.
    ledger ahead(std::size_t i)
    {
        view& each = views_[i];
        const settled_claim& settled = settled_.claims[i];
        ledger made = claims_[i].held;
        for (const attachment& gone : settled.removed)
        {
            const auto entry = find_entry(made, ref_key(gone.container_ref.view()), gone.slot);
            if (entry != made.attachments.end())
            {
                entry->confirmed = false;
            }
        }
        if (settled.placed)
        {
            hold(made, i, settled.shown);
        }
        made.place = made.attachments.empty() ? each.object->status.ledger.place : place_;
        return made;
    }

    // The ledger after a read that no PUT can contradict any more.
    ledger verified(std::size_t i)
    {
        const settled_claim& settled = settled_.claims[i];
        const bool still_wanted = !views_[i].object->deleting;
        ledger made = claims_[i].held;
        std::erase_if(made.attachments, [&](attachment& entry) {
            const bool there = shows(ref_key(entry.container_ref.view()), entry.slot);
            const bool wanted = still_wanted && claims_[i].ref &&
                                entry.slot == views_[i].object->wanted_slot() &&
                                cloud::same_ref(*claims_[i].ref, entry.container_ref.view());
            const bool passed_on = there && !wanted && !is_kept(settled, entry);
            const bool loses = settled.winner != nullptr && wanted;
            if (passed_on || loses || (!there && !(wanted && entry.confirmed)))
            {
                return true;
            }
            entry.confirmed = there;
            return false;
        });
        if (settled.placed && settled.shown)
        {
            hold(made, i, true);
        }
        if (!holds_default(made))
        {
            made.replaced_default_ref = {};  // only the memory beside a default entry counts
        }
        made.place = made.attachments.empty() ? ledger_place() : place_;
        return made;
    }

    // An entry that stays here though unwanted: it is on the listener only because of this binding.
    bool is_kept(const settled_claim& settled, const attachment& entry) const
    {
        const bool listed = std::ranges::any_of(settled.kept, [&](const attachment& kept) {
            return kept.slot == entry.slot && kept.container_ref == entry.container_ref;
        });
        if (!listed)
        {
            return false;
        }
        const std::string key = ref_key(entry.container_ref.view());
        for (std::size_t j = 0; j < claims_.size(); ++j)
        {
            const bool other_has_it = settled_.claims[j].placed && settled_.claims[j].shown &&
                                      claims_[j].ref && views_[j].object->wanted_slot() == entry.slot &&
                                      ref_key(*claims_[j].ref) == key;
            if (other_has_it)
            {
                return false;
            }
        }
        return true;
    }

    // Enters the binding's certificate, and beside a default entry the memory that travels with the slot
    // (rule 5).
    void hold(ledger& made, std::size_t i, bool shown)
    {
        const certificate_binding& object = *views_[i].object;
        const std::string key = ref_key(*claims_[i].ref);
        const auto entry = find_entry(made, key, object.wanted_slot());
        const bool had_default = holds_default(claims_[i].held);
        if (entry == made.attachments.end())
        {
            const std::string spelled =
                shown ? spelled_on_listener(key, object.wanted_slot()) : *claims_[i].ref;
            made.attachments.push_back({support::interned(spelled), object.wanted_slot(), shown});
            if (shown)
            {
                tell(
                    object,
                    false,
                    "Adopted",
                    spelled +
                        " was on the listener already; deleting this binding will detach it, deletionPolicy "
                        "Retain leaves it"
                );
            }
        }
        else if (!shown)
        {
            entry->confirmed = false;
        }
        if (object.wanted_slot() != slot::default_)
        {
            return;
        }
        if (settled_.default_ref == default_end::ours && now_.default_ref &&
            !is_ours_in(*now_.default_ref, slot::default_))
        {
            made.replaced_default_ref = support::interned(*now_.default_ref);
        }
        else if (!had_default)
        {
            made.replaced_default_ref = remembered_beside(i);
        }
    }

    // The memory of the binding that has the slot now, for the one that takes it over.
    support::interned remembered_beside(std::size_t taker) const
    {
        for (std::size_t j = 0; j < claims_.size(); ++j)
        {
            const bool has_slot = j != taker && now_.default_ref && !claims_[j].released &&
                                  holds_key(claims_[j].held, ref_key(*now_.default_ref), slot::default_);
            if (has_slot && !claims_[j].held.replaced_default_ref.empty())
            {
                return claims_[j].held.replaced_default_ref;
            }
        }
        return {};
    }

    // ---- what the listener shows ----

    static bool holds_key(const ledger& held, std::string_view key, slot where)
    {
        return std::ranges::any_of(held.attachments, [&](const attachment& each) {
            return each.slot == where && ref_key(each.container_ref.view()) == key;
        });
    }

    bool shows(std::string_view key, slot where) const
    {
        if (where == slot::default_)
        {
            return now_.default_ref && ref_key(*now_.default_ref) == key;
        }
        return std::ranges::any_of(now_.sni_refs, [&](const std::string& ref) {
            return ref_key(ref) == key;
        });
    }

    std::string spelled_on_listener(std::string_view key, slot where) const
    {
        if (where == slot::default_)
        {
            return *now_.default_ref;
        }
        return *std::ranges::find_if(now_.sni_refs, [&](const std::string& ref) {
            return ref_key(ref) == key;
        });
    }

    bool is_ours_in(std::string_view ref, slot where) const
    {
        return std::ranges::any_of(claims_, [&](const claim& each) {
            return !each.released && holds_key(each.held, ref_key(ref), where);
        });
    }

    bool is_ours(std::string_view ref) const
    {
        return is_ours_in(ref, slot::default_) || is_ours_in(ref, slot::sni);
    }

    bool changes() const { return settled_.change != cloud::listener_change{}; }

    bool adds(std::size_t i) const { return settled_.claims[i].placed && !settled_.claims[i].shown; }

    // All refs that the listener would hold after the PUT, but for those whose certificate was just checked.
    std::vector<std::string> refs_afterwards() const
    {
        std::vector<std::string> refs = settled_.after.sni_refs;
        for (const auto& ref :
             {settled_.after.default_ref, listener_->client_ca_ref, listener_->client_crl_ref})
        {
            if (ref)
            {
                refs.push_back(*ref);
            }
        }
        std::set<std::string> checked;
        for (std::size_t i = 0; i < claims_.size(); ++i)
        {
            if (adds(i))
            {
                checked.insert(ref_key(*claims_[i].ref));
            }
        }
        std::erase_if(refs, [&](const std::string& ref) { return checked.contains(ref_key(ref)); });
        return refs;
    }

    std::size_t ours_afterwards() const
    {
        std::set<std::string> keys;
        for (const claim& each : claims_)
        {
            for (const attachment& entry : each.held.attachments)
            {
                if (!each.released && shows(ref_key(entry.container_ref.view()), entry.slot))
                {
                    keys.insert(ref_key(entry.container_ref.view()));
                }
            }
        }
        return keys.size();
    }

    const ref_sighting* fresh_sighting(const std::string& ref) const
    {
        const auto found = m_.refs.find(ref_key(ref));
        const bool fresh = found != m_.refs.end() && found->second.asked_at >= w_.round_started &&
                           w_.now - found->second.asked_at <= s_.fresh_lookup;
        return fresh ? &found->second : nullptr;
    }

    bool is_dead(const ref_sighting& seen) const
    {
        return seen.state == cloud::ref_state::dead && seen.dead_since &&
               seen.asked_at - *seen.dead_since >= s_.proof;
    }

    // Rule 1, the exception: a listener in ERROR with an unconfirmed entry of ours gets the same PUT again.
    bool must_repeat() const
    {
        return listener_->status == cloud::provisioning_status::error &&
               balancer_ == cloud::provisioning_status::active &&
               std::ranges::any_of(claims_, [](const claim& each) {
                   return !each.released &&
                          std::ranges::any_of(each.held.attachments, [](const attachment& entry) {
                              return !entry.confirmed;
                          });
               });
    }

    void repeat_unconfirmed(cloud::listener_change& change) const
    {
        for (const claim& each : claims_)
        {
            for (const attachment& entry : each.held.attachments)
            {
                if (entry.confirmed || each.released)
                {
                    continue;
                }
                if (entry.slot == slot::default_)
                {
                    change.default_ref = settled_.after.default_ref;
                }
                else
                {
                    change.sni_refs = settled_.after.sni_refs;
                }
            }
        }
    }

    // ---- saying and ending ----

    void say(view& each, reason why, std::string message)
    {
        if (each.object->deleting && why != reason::last_certificate)
        {
            why = reason::detaching;
        }
        each.said.reason = why;
        each.said.message = std::move(message);
        each.said.leave_as_is = false;
        each.said.may_still_come = false;
    }

    static reason progress_reason(const view& each)
    {
        return each.object->deleting ? reason::detaching : reason::progressing;
    }

    static reason busy_reason(const view& each)
    {
        return each.object->deleting ? reason::detaching : reason::load_balancer_busy;
    }

    // Whether its status gives that reason for this generation already; another wording is not worth a write.
    static bool says(const view& each, reason why)
    {
        const condition& ready = each.object->status[condition_type::ready];
        return ready.reason == why && ready.observed_generation == each.object->generation;
    }

    bool mentions_unconfirmed(const view& each) const
    {
        return std::ranges::any_of(each.next.attachments, [](const attachment& entry) {
            return !entry.confirmed;
        });
    }

    bool any_live() const
    {
        return std::ranges::any_of(views_, [](const view& each) { return !each.object->deleting; });
    }

    // Runs `change` on every binding that the PUT is for.
    template <class F>
    void for_affected(F change)
    {
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            if (adds(i) || !settled_.claims[i].removed.empty())
            {
                change(views_[i]);
            }
        }
    }

    step blocked(std::string message, pause next, support::duration wait = {})
    {
        for_affected([&](view& each) { say(each, reason::blocked_by_unreadable_ref, message); });
        return write_then(ended(next, wait));
    }

    step wait_for_load_balancer(reason why, support::duration wait)
    {
        if (settled_.claims.empty())
        {
            for (view& each : views_)
            {
                say(each, why, "the load balancer is being changed");
                each.said.leave_as_is =
                    is_ready(*each.object) || !mentions_unconfirmed(each) || says(each, each.said.reason);
            }
            return write_then(ended(pause::after, wait));
        }
        for_affected([&](view& each) {
            say(each, why, "the load balancer is being changed by something else");
        });
        return write_then(ended(pause::after, wait));
    }

    void say_of_listener_error()
    {
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            if (settled_.claims[i].shown || !settled_.claims[i].removed.empty())
            {
                say(views_[i],
                    reason::listener_error,
                    "the listener is in ERROR after a change of ours; the change is sent again");
            }
        }
    }

    // A failure that concerns the whole target.
    step stop_for(const cloud::error& error, bool keep_said = false)
    {
        const reason why = reason_of(error.kind, reason::listener_not_found, reason::listener_access_denied);
        for (view& each : views_)
        {
            const bool said_before = keep_said && each.said.reason == reason::cloud_changed;
            const bool said_detaching = keep_said && each.object->deleting && !each.said.message.empty();
            if (said_before || said_detaching)
            {
                continue;
            }
            say(each, why, error.message);
            each.said.may_still_come = may_still_come(each, why);
            if (why == reason::cloud_unavailable)
            {
                leave_if_recently_verified(each);
            }
        }
        if (error.retry_after)
        {
            return write_then(ended(pause::after, *error.retry_after));
        }
        return write_then(ended(why == reason::cloud_unavailable ? pause::retry : pause::slow));
    }

    // A Ready binding stays Ready through transient trouble, for three resync periods.
    void leave_if_recently_verified(view& each)
    {
        const auto verified = each.memory->verified_at;
        const bool recent = verified && w_.now - *verified < 3 * s_.resync_period;
        each.said.leave_as_is = is_ready(*each.object) && (recent || !verified);
        each.said.attached = is_ready(*each.object) ? condition_status::true_ : condition_status::unknown;
    }

    step stop_for_protocol()
    {
        make_claims();
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            view& each = views_[i];
            say(each,
                reason::listener_protocol,
                "the listener's protocol is " + listener_->protocol + "; certificates go on " +
                    std::string(terminated_https) + " listeners");
            each.said.attached = condition_status::false_;
            std::erase_if(each.next.attachments, [&](const attachment& entry) {
                return !shows(ref_key(entry.container_ref.view()), entry.slot);
            });
            each.release = each.release || (each.object->deleting && each.next.attachments.empty());
        }
        return write_then(ended(any_live() ? pause::slow : pause::resync));
    }

    finish ended(pause next, support::duration wait = {}) const
    {
        finish made;
        made.next = next;
        made.wait = wait;
        if (!w_.unwritable.empty() && (next == pause::resync || next == pause::slow))
        {
            made.next = pause::retry;
        }
        return made;
    }

    // When the next certificate that is waited for wants to be looked at.
    finish ended_by_certificates() const
    {
        std::optional<support::duration> soonest;
        bool slow = false;
        const auto sooner = [&](support::duration wait) { soonest = std::min(soonest.value_or(wait), wait); };
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            const view& each = views_[i];
            if (each.object->deleting)
            {
                slow = slow || settled_.claims[i].kept_as_last;
                continue;
            }
            const auto* seen = certificate_of(each);
            const bool usable = seen != nullptr && *seen && (*seen)->usable;
            if (seen != nullptr && !usable)
            {
                sooner(std::max<support::duration>(next_look(each) - w_.now, 1ms));
            }
            if (each.memory->refused && w_.now < each.memory->refused->until)
            {
                sooner(each.memory->refused->until - w_.now);
            }
            if (usable && (*seen)->expires_at && *(*seen)->expires_at > w_.wall)
            {
                sooner(std::min<support::duration>(s_.resync_period, *(*seen)->expires_at - w_.wall));
            }
        }
        if (slow)
        {
            sooner(15s);
        }
        if (soonest && *soonest < s_.resync_period)
        {
            return ended(pause::after, *soonest);
        }
        return ended(pause::resync);
    }

    // Statuses first; when nothing is left to say, the round ends.
    step write_then(finish end)
    {
        commit live;
        commit leaving;
        for (view& each : views_)
        {
            if (w_.unwritable.contains(each.object->uid))
            {
                continue;
            }
            if (auto needed = write_for(each))
            {
                (each.object->deleting ? leaving : live).writes.push_back(std::move(*needed));
            }
        }
        if (!live.writes.empty())
        {
            return live;
        }
        if (!leaving.writes.empty())
        {
            return leaving;
        }
        return end;
    }

    // The write that brings the object to what was decided for it; empty if it is there.
    std::optional<write> write_for(const view& each) const
    {
        const certificate_binding& object = *each.object;
        if (each.release)
        {
            return write{object.uid, write_kind::remove_finalizer, {}};
        }
        if (!each.next.attachments.empty() && !object.has_finalizer())
        {
            return write{object.uid, write_kind::add_finalizer, {}};
        }
        status wanted = render(object, each.said, each.next, *each.memory, w_.wall);
        if (says_the_same(wanted, object.status))
        {
            return std::nullopt;
        }
        return write{object.uid, write_kind::status, std::move(wanted)};
    }

    void tell(const certificate_binding& object, bool warning, std::string reason, std::string message)
    {
        const bool told = std::ranges::any_of(notices_, [&](const notice& each) {
            return each.uid == object.uid && each.reason == reason && each.message == message;
        });
        if (!told)
        {
            notices_.push_back({object.uid, warning, std::move(reason), std::move(message)});
        }
    }

    void tell_all(const std::string& reason, const std::string& message)
    {
        for (const view& each : views_)
        {
            if (mentions(each.next, message))
            {
                tell(*each.object, true, reason, message);
            }
        }
    }

    static bool mentions(const ledger& held, std::string_view message)
    {
        return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
            return message.find(entry.container_ref.view()) != std::string_view::npos;
        });
    }

    // Rule 5: what clients without a known server name will get from now on.
    void tell_of_default()
    {
        if (views_.empty() || settled_.default_ref == default_end::unchanged)
        {
            return;
        }
        const certificate_binding& first = *views_.front().object;
        switch (settled_.default_ref)
        {
            case default_end::emptied:
                tell(
                    first,
                    true,
                    "DefaultRemoved",
                    "the listener has no default certificate any more; clients without a known server name "
                    "get one of its SNI certificates"
                );
                break;
            case default_end::restored:
                tell(
                    first,
                    false,
                    "DefaultRestored",
                    "the default certificate from before goes back: " + settled_.restored_ref
                );
                break;
            case default_end::ours:
                if (now_.default_ref && !is_ours_in(*now_.default_ref, slot::default_))
                {
                    tell(
                        first,
                        false,
                        "DefaultReplaced",
                        "replaces the default certificate " + *now_.default_ref +
                            "; it goes back when no binding wants the slot, if it can be read then"
                    );
                }
                break;
            case default_end::unchanged:
                break;
        }
    }

    static std::string refs_text(const ledger& held)
    {
        std::vector<std::string> refs;
        for (const attachment& each : held.attachments)
        {
            refs.push_back(each.container_ref.str());
        }
        return joined(refs);
    }

    // ---- times ----

    template <class T>
    bool stale(const std::optional<sighting<T>>& seen) const
    {
        return !seen || seen->asked_at < w_.round_started;
    }

    // Looks at a load balancer early and ever more seldom: 100 ms, 150 ms, ... 2 s.
    static support::duration poll_wait(int polls)
    {
        support::duration wait = 100ms;
        for (int i = 0; i < polls && wait < 2s; ++i)
        {
            wait += wait / 2;
        }
        return std::min<support::duration>(wait, 2s);
    }

    // A certificate that is waited for is asked after 15 s, doubling to 5 min, never slower than the resync
    // period.
    support::time_point next_look(const view& each) const
    {
        const auto asked_at = each.memory->certificate->asked_at;
        const auto* seen = certificate_of(each);
        if (seen != nullptr && *seen && (*seen)->usable)
        {
            return asked_at + s_.resync_period * 7 / 10;
        }
        support::duration wait = 15s;
        for (int i = 1; i < each.memory->certificate_polls && wait < 5min; ++i)
        {
            wait *= 2;
        }
        return asked_at + std::min({wait, support::duration(5min), s_.resync_period});
    }

    bool certificate_due(const view& each) const
    {
        return certificate_of(each) == nullptr ||
               (w_.now >= next_look(each) && each.memory->certificate->asked_at < w_.round_started);
    }

    const world& w_;
    const target_memory& m_;
    const settings& s_;
    std::vector<view> views_;
    std::vector<claim> claims_;
    settled_slots settled_;
    ledger_place place_;
    const cloud::listener* listener_ = nullptr;
    listener_slots now_;
    cloud::provisioning_status balancer_ = cloud::provisioning_status::active;
    bool put_resolved_ = false;
    std::vector<notice> notices_;
};

}  // namespace

decision plan(const world& world)
{
    return planner(world).run();
}

}  // namespace binding
