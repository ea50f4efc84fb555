#pragma once

#include "binding/reconcile/reconcile_pass.hpp"

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Worlds for plan() in a few lines, and a driver of the controller's own passes that does their actions on
// these values, as the reconciler does them on the wires.
//
// Certificates go by a letter from a to f: "a" is
// http://kms/v1/containers/aaaaaaaa-0000-4000-8000-000000000000, "other:a" the same by the host name "other".
// Steps, ledgers and statuses print themselves in these letters: "put default=a sni=b,f", "web active
// Attached [default a, sni b?, was f]", where "?" is an entry that is not confirmed and "was" the remembered
// default.
namespace test {

using binding::slot;
inline constexpr slot default_slot = slot::default_;
inline constexpr slot sni_slot = slot::sni;

cloud::container_ref ref(const std::string& name);
std::vector<cloud::container_ref> refs(const std::vector<std::string>& names);
support::uuid certificate_id(const std::string& name);
std::string name_of_ref(const cloud::container_ref& ref);

// The same listener through another credential.
binding::target peer_target();

// Answers of the certificate service.
cloud::answer<cloud::certificate> active(const std::string& name);
cloud::answer<cloud::certificate> not_active(const std::string& name);
std::unexpected<cloud::error> failing(cloud::failure kind, std::string message = "as the service said");

// Changes one binding of a world.
class binding_builder
{
public:
    binding_builder(binding::certificate_binding& object, const binding::ledger_scope& scope)
        : object_(&object), place_(&scope)
    {}

    binding_builder& sni();
    binding_builder& older();                                // than all that were added before it
    binding_builder& wants(const std::string& certificate);  // a new generation: rotation
    binding_builder& wants_sni(bool value);                  // a new generation
    // A ledger entry, with the finalizer and the place that go with it.
    binding_builder& holds(const std::string& certificate, slot where, bool confirmed = true);
    binding_builder& holds_unconfirmed(const std::string& certificate, slot where);
    binding_builder& remembers(const std::string& certificate);
    binding_builder& ready(support::wall_time since = {});  // Attached, for this generation
    binding_builder& deleting();
    binding_builder& retain();
    binding_builder& abandoned();
    binding_builder& asked_again(const std::string& token);

    binding::certificate_binding& object() { return *object_; }

private:
    binding::certificate_binding* object_;
    const binding::ledger_scope* place_;
};

class world_builder
{
public:
    world_builder();

    // ---- the cloud, as it answers ----

    cloud::answer<cloud::project_scope> scope;
    cloud::answer<cloud::listener> listener;
    cloud::answer<cloud::load_balancer> balancer;
    std::map<std::string, cloud::answer<cloud::certificate>> certificates;  // by letter; others are active
    std::map<std::string, cloud::answer<cloud::certificate>> certificates_by_id;  // before those by letter
    std::map<std::string, cloud::ref_state> refs;  // by letter; others are readable
    std::vector<binding::other_listener> other_listeners;
    binding::endpoint_check endpoint_check;

    // What the listener holds; "" is no default.
    world_builder& shows(const std::string& default_ref, const std::vector<std::string>& sni = {});
    std::string slots() const;  // "default=a sni=b,f"
    void set_balancer(cloud::provisioning_status status) { balancer->status = status; }
    void set_listener(cloud::provisioning_status status) { listener->status = status; }

    // ---- bindings ----

    // Wants `certificate` in the default slot, younger than those before.
    binding_builder add(const std::string& name, const std::string& certificate);
    binding_builder change(const std::string& name);
    // Ready, with a confirmed entry in its slot; the listener is to show it.
    binding_builder add_attached(const std::string& name, const std::string& certificate, slot where);
    bool exists(const std::string& name) const { return objects_.contains(name); }
    const binding::certificate_binding& object(const std::string& name) const { return objects_.at(name); }
    std::string status(const std::string& name) const;  // "active Attached [default a]"
    std::string message(const std::string& name) const;

    // ---- Kubernetes ----

    std::function<bool(const std::string& name)> write_fails;
    // The write takes effect, but its answer is lost.
    std::function<bool(const std::string& name)> answer_is_lost;

    // ---- time and the rest of the world ----

    binding::target target;  // of the bindings
    binding::target_state& target_state() { return state_.of(target); }
    const binding::target_facts& facts() { return target_state().facts(); }
    binding::settings settings;  // nothing settles: settle is 0
    support::duration read_takes = std::chrono::microseconds(1);
    binding::turn_state turn = binding::turn_state::free;
    // Of other credentials: the facts of a peer's target come from this.
    std::vector<binding::peer> peers;
    std::function<void(const binding::write&)> write_peer;
    std::optional<support::time_point> peer_put_deadline;
    bool peers_unread = false;
    bool peer_has_turn = false;
    std::optional<support::time_point> started;  // of the process; empty: long ago
    std::optional<std::string> divided;          // why the listener belongs to another controller
    support::time_point now;
    support::wall_time wall() const;

    // ---- running ----

    // Asks the pass what to do next, and does nothing.
    binding::step plan_once();
    // Does what the pass asks for until there is a PUT or the pass is over; that step. The PUT is not sent.
    binding::step run();
    std::optional<int> most_steps;  // after so many run() stops in the middle, as a crash does
    // run() that has to end so.
    binding::put put();
    binding::done finish();
    // Answers a PUT: accepted and pending, `error` without effect, or cut off with or without effect.
    void accept(const binding::put& sent);
    void fail(const binding::put& sent, cloud::error error);
    void cut(const binding::put& sent, bool takes_effect);
    // The load balancer is ACTIVE again, the listener as well.
    void settle();
    // The next pass, `wait` later.
    world_builder& later(support::duration wait = {});
    // A new process, which knows nothing yet.
    world_builder& restart();
    // Passes until the world is at rest. Their PUTs are accepted, or refused with the error of `refuses`.
    // Gives the number of PUTs.
    int converge();
    std::function<std::optional<cloud::error>(const binding::put& sent)> refuses;

    // All steps since the last clear_trace() but reads, one a line.
    std::vector<std::string> steps() const;
    std::vector<std::string> reads() const;
    void clear_trace() { trace_.clear(); }
    std::vector<std::string> told;  // "Adopted web"; warnings begin with "Warning "
    std::vector<binding::target> woken;

private:
    class bindings_seen;
    class credentials_seen;

    binding::pass_context context();
    binding::pass_action next_action();
    // Brings the states of other targets, and whose turn it is, to what the test says.
    void arrange_others();
    void do_read(const binding::read& asked);
    void do_commit(const binding::commit& writes);
    void tell_events();
    void answer(const binding::put& sent, const cloud::answer<cloud::listener>& with);
    binding::reconcile_pass& pass();
    std::vector<const binding::certificate_binding*> sorted() const;
    std::string name_of(const support::uuid& uid) const;

    std::map<std::string, binding::certificate_binding> objects_;
    std::map<support::uuid, std::string> names_;  // of all that were ever added
    binding::ledger_scope ledger_place_;
    binding::reconcile_state state_{support::time_point{}};
    std::optional<binding::reconcile_pass> pass_;     // under way
    std::optional<binding::target> turn_of_another_;  // who has it while `turn` says that it is taken
    std::shared_ptr<bindings_seen> store_;
    std::shared_ptr<credentials_seen> credentials_;
    std::vector<std::string> trace_;
    int added_ = 0;
};

std::string to_text(const binding::step& step);
std::string to_text(const binding::ledger& ledger);
std::string to_text(const binding::status& status);

// A PUT as a step.
std::string text(const binding::put& put);

}  // namespace test

namespace binding {

std::ostream& operator<<(std::ostream& out, const step& value);
std::ostream& operator<<(std::ostream& out, const ledger& value);
std::ostream& operator<<(std::ostream& out, const status& value);

}  // namespace binding
