#pragma once

#include "cloudsim/octavia/certificate_manager.hpp"
#include "cloudsim/octavia/objects.hpp"

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Octavia v2: load balancers and listeners, the lock of the load balancer, and the worker behind it.
//
// A PUT of a listener first reads every ref in its body, and the client CA and revocation list, with the
// sender's rights. A setting gives the time that the reads take. Only then Octavia takes the lock of the load
// balancer (409 if the load balancer is not ACTIVE), stores the change, and answers PENDING_UPDATE. After the
// pending time the worker reads every certificate of every listener of the load balancer again, with
// Octavia's own user. A listener with an unreadable certificate becomes ERROR and leaves the configuration.
// The load balancer is ACTIVE again.
namespace cloudsim {

class octavia
{
public:
    octavia(environment& env, keystone& tokens, barbican& secrets, const identity& service_user)
        : env_(env), tokens_(tokens), certificates_(env, secrets, service_user)
    {}

    handling handle(const request& asked);

    // For the control API, which needs no rights and takes no lock.
    load_balancer* find_load_balancer(const std::string& id);
    listener* find_listener(const std::string& id);
    load_balancer& add_load_balancer(load_balancer wanted);
    listener& add_listener(listener wanted);  // served at once if its certificates can be read
    void remove_load_balancer(const std::string& id);
    void remove_listener(const std::string& id) { listeners_.erase(id); }
    json show(const load_balancer& balancer) const;
    void record(const std::string& cause, const listener& changed);
    void record(const std::string& cause, const load_balancer& changed);
    // Changes an object and records the change in the history under `cause`.
    template <class T>
    void set_status(const std::string& cause, T& changed, const std::string& status)
    {
        changed.provisioning_status = status;
        changed.updated_at = env_.now.wall;
        record(cause, changed);
    }

    // Runs the jobs that a held worker has left undone.
    void resume_worker();

private:
    struct call
    {
        request asked;
        target url;
        identity who;
    };

    // The job of the worker at the end of a change.
    struct job
    {
        enum class kind
        {
            create_load_balancer,
            delete_load_balancer,
            create_listener,
            update_listener,
            delete_listener,
        };
        kind change;
        std::string load_balancer_id;
        std::string listener_id{};
    };

    reply ok(int status, const json& body);
    reply no_content() { return {.status = 204, .headers = headers()}; }
    header_list headers() { return {{"x-openstack-request-id", env_.ids.request_id()}}; }
    reply fault(int status, const std::string& text);
    reply immutable(const std::string& load_balancer_id);
    reply not_found(const std::string& kind, const std::string& id);
    reply nowhere(const target& url);
    reply forbidden();
    bool may_read(const identity& who, const std::string& project_id) const;
    bool may_write(const identity& who, const std::string& project_id) const;

    // The project whose objects a list shows; empty: all projects. The error is the refusal.
    std::expected<std::string, reply> listed_project(const call& c);
    reply list_load_balancers(const call& c);
    reply list_listeners(const call& c);
    // The page of a list that the query asks for. `show(row, whole)`: the row in JSON; not whole: the
    // listeners of a load balancer are not asked for.
    template <class T, class Show>
    reply page_of(const call& c, const std::map<std::string, T>& rows, Show show);

    reply answer(const call& c);
    reply one_load_balancer(const call& c, const std::string& id);
    reply post_load_balancer(const call& c);
    reply delete_load_balancer(const call& c, load_balancer& balancer);
    reply one_listener(const call& c, const std::string& id);

    handling post_listener(const call& c);
    handling put_listener(const call& c, const std::string& id);
    reply delete_listener(const call& c, const std::string& id);
    reply create(const call& c, const json& body);
    reply store(const std::string& id, const json& body);
    duration put_time(const json& body, std::size_t present) const;
    std::optional<reply> refuse_refs(const identity& who, const json& body);
    std::optional<reply> refuse_client_authority(
        const identity& who, const std::optional<std::string>& ca, const std::optional<std::string>& crl
    );
    std::optional<reply> refuse_for_protocol(const std::string& protocol, const json& body);
    std::optional<reply> refuse_unusable(const json& body);
    std::optional<reply> refuse_rows(const listener& changed, const json& body);
    void apply(listener& changed, const json& body);

    void later(job task);
    void finish(const job& task);
    // Reads all certificates of a load balancer and replaces its configuration, as after a change.
    void deploy(const std::string& load_balancer_id);
    bool deploy_one(listener& deployed);
    std::vector<listener*> listeners_of(const std::string& load_balancer_id);

    environment& env_;
    keystone& tokens_;
    certificate_manager certificates_;
    token_cache seen_;
    std::map<std::string, load_balancer> load_balancers_;
    std::map<std::string, listener> listeners_;
    std::vector<job> held_;
};

}  // namespace cloudsim
