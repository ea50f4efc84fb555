#pragma once

#include "binding/reconcile/reconcile_parts.hpp"
#include "binding/targets/survey.hpp"
#include "model_check/history.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The whole world of the provers as one value that can be copied at any step. The value holds Kubernetes'
// objects, the cloud, and a process of the controller with all that a crash loses.
namespace prove {

// A PUT whose sender is gone or has given up.
struct late_put
{
    support::uuid listener;
    cloud::listener_change change;
    support::time_point expires{};           // from then on the PUT takes no effect
    std::optional<support::time_point> due;  // when the PUT takes effect; empty: before `expires`, or never

    bool operator==(const late_put&) const = default;
};

// A write to a binding whose sender does not lead any more. It may take effect as long as the binding has the
// version that the write names.
struct late_patch
{
    support::uuid binding;
    kube::patch_request request;
};

struct survey_under_way
{
    binding::survey seen;
    cloud::project_scope scope;
    int lists_asked_for = 0;
};

struct process
{
    binding::reconcile_state state;
    // Bindings whose last changes the watch has not shown yet, as they were before.
    std::map<support::uuid, binding::certificate_binding> behind;
    std::map<binding::target, binding::reconcile_pass> passes;  // under way
    std::map<binding::target, support::time_point> due;         // the next passes
    std::optional<survey_under_way> survey = {};
};

enum class patch_fate
{
    done,
    refused,  // 403
    dropped,  // the request never arrives, and the answer is lost
    lost,     // the request takes effect, and the answer is lost
    crash,    // the request takes effect, and the process dies
    late,     // another process leads from here on, and the request may take effect later
};

enum class put_fate
{
    done,
    refused,      // 400
    busy,         // 409, whatever the status of the load balancer
    unsent,       // token or connection took too long, so nothing was sent
    lost,         // the PUT takes effect, and the answer is lost
    late,         // the answer is lost, and the PUT may take effect later
    crash,        // the PUT takes effect, and the process dies
    crash_early,  // the process dies or does not lead any more, and the PUT may take effect later
};

enum class request
{
    read,  // of the load balancer, because the listener was read before
    patch,
    put,
};

// The part of a prover that decides what goes wrong and what others do meanwhile. By default every request
// works.
class fate
{
public:
    virtual ~fate() = default;

    virtual patch_fate of_patch() { return patch_fate::done; }
    virtual put_fate of_put() { return put_fate::done; }
    virtual bool read_fails() { return false; }
    // The read comes from a database replica that has not seen the last change yet.
    virtual bool read_is_stale() { return false; }
    // The answer about a load balancer comes from such a replica, or from a cache: it lacks this listener,
    // or still has it although it is deleted.
    virtual bool list_is_wrong_about(const support::uuid& /*listener*/) { return false; }
    virtual std::optional<support::time_point>
    when_late(support::time_point /*now*/, support::time_point /*expires*/)
    {
        return std::nullopt;
    }
    // How long after its deadline a PUT without an answer may take effect.
    virtual support::duration beyond_deadline() { return {}; }
    // Called while a request is under way, before the request takes effect. A PUT calls once more after its
    // effect.
    virtual void meanwhile(request /*kind*/) {}
    virtual support::duration pause_of(binding::requeue how, int slow, support::duration wait);
};

// The world that the provers move; each function is one move.
class model
{
public:
    explicit model(binding::settings with_settings) : settings(with_settings) {}

    binding::settings settings;
    support::time_point now{std::chrono::hours(1)};
    support::duration tick = std::chrono::milliseconds(1);
    bool wall_stands = false;

    std::map<support::uuid, binding::certificate_binding> objects;
    test::cloud_rows cloud;
    // The other project that the credential leads to for a while. Nothing of ours is there.
    std::optional<cloud::project_scope> elsewhere;
    std::vector<late_put> late;
    std::vector<late_patch> late_patches;
    std::map<support::uuid, support::time_point> pending_until;  // load balancers
    support::duration pending_for = std::chrono::milliseconds(300);
    std::optional<support::time_point> certificates_back;  // when the certificate service answers again
    std::optional<process> running;
    history record;
    int writes = 0;  // to Kubernetes and the cloud
    int spared = 0;  // passes, because lists confirmed their targets
    // By listener: what a database replica that lags behind still shows, and until when.
    struct outdated_slots
    {
        binding::listener_slots slots;
        support::time_point until{};
    };
    std::map<support::uuid, outdated_slots> outdated;
    bool replica_lags = false;
    // By deleted listener: the load balancer that may still list it.
    std::map<support::uuid, support::uuid> deleted;
    bool watch_lags = false;  // the watch of a process that has just started
    support::uuid putting;    // the listener whose PUT waits for its answer

    // ---- the controller ----
    // `others_sent_until`: of the state of the process. `behind`: the watch of the process has not shown what
    // the last process wrote in its last pass.
    void start(std::optional<support::time_point> others_sent_until, bool behind = false);
    void crash();
    // The process ends in order. Returns whether every PUT is resolved.
    bool end_in_order();
    void watch_catches_up();
    // Takes one action of the target's pass, and begins a pass if none is under way. False if nobody can
    // notice the action.
    bool step(const binding::target& target, fate& decides);
    // Begins a look at the lists of the project, asks for its next list, or ends it.
    void step_survey(fate& decides);
    std::optional<support::time_point> next_due() const;

    // ---- time ----
    // Every effect that is due until then happens on the way.
    void advance(support::time_point to);
    std::optional<support::time_point> next_event() const;
    void finish_work(const support::uuid& balancer);
    void take_effect(std::size_t late_index);
    void patch_takes_effect(std::size_t late_index);

    // ---- people ----
    void create(binding::certificate_binding object);
    void edit(const support::uuid& uid, const std::function<void(binding::certificate_binding&)>& change);
    void remove(const support::uuid& uid);
    void bring_certificates_back();
    // A PUT of another client; false if the load balancer is busy.
    bool foreign_put(const support::uuid& listener, const cloud::listener_change& change);
    void delete_listener(const support::uuid& listener);
    void set_usable(const std::string& id, bool usable);
    void set_dead(const std::string& id, bool dead);
    // The certificate service answers no request until then.
    void take_certificates_away(support::time_point until);

    // ---- the story ----
    static std::vector<std::string>* story;  // null: no story is written
    static std::string name_of(const support::uuid& id);
    void tell(const std::function<std::string()>& line) const;

    // All bindings, as the watch of the process shows them.
    std::vector<const binding::certificate_binding*> shown() const;
    std::vector<const binding::certificate_binding*> bindings_of(const binding::target& target) const;
    support::wall_time wall() const;

private:
    friend class model_kube;
    friend class model_cloud;
    friend class model_store;

    void believe(const binding::certificate_binding& object);
    void believe_if_tried(const binding::certificate_binding& object);
    void list_listeners(fate& decides);
    void list_load_balancers();
    void list_certificates();
    // Lists have confirmed the target at rest, so it has no pass now.
    bool is_spared(const binding::target& target);
    void begin_pass(const binding::target& target);
    void end_pass(const binding::target& target, const binding::pass_end& end, fate& decides);
    void perform(
        binding::reconcile_pass& pass, binding::pass_action& action, const binding::reconcile_parts& parts
    );
    void object_changed(const binding::certificate_binding& object);
    void enqueue(const binding::target& target);
    surroundings around() const { return {objects, cloud, settings, now}; }
    cloud::answer<cloud::listener> change_slots(
        const support::uuid& listener, const cloud::listener_change& change
    );
    const outdated_slots* outdated_answer(const support::uuid& listener, fate& decides);
    void note_slots(const support::uuid& listener);
    void note_effect(const support::uuid& listener, const cloud::listener_change& change, bool ours);
    binding::certificate_binding* find_by_name(const std::string& name);
    support::result<std::unique_ptr<kube::object_answer>> patch(
        const kube::patch_request& request, fate& decides
    );
    void write(const kube::patch_request& request, bool is_late);
    // The binding has changed, so those writes are refused.
    void forget_late_patches(const support::uuid& binding);
    cloud::answer<cloud::listener> put(
        const support::uuid& listener, const cloud::listener_change& change, fate& decides
    );
    void reckon(const support::uuid& listener);
    cloud::answer<cloud::listener> read_listener(const support::uuid& listener, fate& decides);
    cloud::load_balancer read_load_balancer(const support::uuid& balancer, fate& decides);

    bool crashed_ = false;    // no request of the process arrives any more
    support::uuid reading_;   // the listener whose pass reads
    support::uuid answered_;  // the binding that the API server answered with last
    // As they were when the last pass began.
    std::map<support::uuid, binding::certificate_binding> before_pass_;
    std::uint64_t versions_ = 100;
};

}  // namespace prove
