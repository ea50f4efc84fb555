#pragma once

#include "binding/slots/assignment.hpp"
#include "cloud/client.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace test {

// The rows of a small cloud as values, with the rules of Octavia that decide something: a PUT replaces whole
// lists, a load balancer has one lock, every ref of the body must be readable, and the worker drops a
// listener for one unreadable ref.
struct cloud_rows
{
    struct listener_row
    {
        support::uuid load_balancer;
        std::string protocol = "TERMINATED_HTTPS";
        binding::listener_slots slots;
        cloud::provisioning_status status = cloud::provisioning_status::active;
        bool served = true;
        std::optional<cloud::container_ref> client_ca;
    };

    // id -> usable; the ref is http://kms/v1/containers/<id>.
    std::map<std::string, bool> certificates;
    std::map<support::uuid, listener_row> listeners;
    std::map<support::uuid, cloud::provisioning_status> balancers;
    // By load balancer: listeners that its list lacks, as that of a database replica that lags behind.
    std::map<support::uuid, std::set<support::uuid>> unlisted;
    std::set<std::string> dead;        // ids that answer 404
    bool away = false;                 // the certificate service answers neither the controller nor Octavia
    std::set<std::string> unreadable;  // ids whose PKCS12 Octavia cannot read and does not name
    std::optional<support::wall_time> expires_at;
    cloud::project_scope here{"http://keystone/v3", "project", "sao1", "http://octavia/v2"};

    static cloud::container_ref ref(const std::string& id)
    {
        return cloud::container_ref("http://kms/v1/containers/" + id);
    }
    // The id in the ref, or "" if the ref is no URL of a certificate service.
    static std::string id_of(const cloud::container_ref& ref);

    cloud::answer<cloud::certificate> certificate(const support::uuid& id) const;
    cloud::answer<cloud::listener> listener(const support::uuid& id) const;
    cloud::load_balancer load_balancer(const support::uuid& id) const;
    cloud::ref_state state_of(const cloud::container_ref& ref) const;

    // A PUT takes effect or is refused. After an effect the load balancer is PENDING.
    cloud::answer<cloud::listener> change(const support::uuid& id, const cloud::listener_change& change);

    // The worker ends the change of the load balancer: it reads every certificate of every listener again.
    void work(const support::uuid& balancer);
};

}  // namespace test
