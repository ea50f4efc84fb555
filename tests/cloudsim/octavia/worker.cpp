// Octavia: the worker, which makes the served configuration from the stored listeners.
#include "cloudsim/octavia/octavia.hpp"

namespace cloudsim {

void octavia::later(job task)
{
    env_.later.add(env_.now.monotonic + env_.config.pending, [this, task] {
        if (env_.config.worker_held)
        {
            held_.push_back(task);
        }
        else
        {
            finish(task);
        }
    });
}

void octavia::resume_worker()
{
    const auto due = std::exchange(held_, {});
    for (const auto& task : due)
    {
        finish(task);
    }
}

void octavia::finish(const job& task)
{
    auto* above = find_load_balancer(task.load_balancer_id);
    if (above == nullptr)
    {
        return;
    }
    auto* changed = find_listener(task.listener_id);
    if (task.change == job::kind::delete_load_balancer)
    {
        remove_load_balancer(above->id);
        return;
    }
    if (changed != nullptr && env_.config.worker_fails)
    {
        changed->provisioning_status = "ERROR";
        record("worker", *changed);
    }
    else if (task.change != job::kind::create_load_balancer)
    {
        if (task.change == job::kind::delete_listener)
        {
            remove_listener(task.listener_id);
            changed = nullptr;
        }
        deploy(above->id);
        if (changed != nullptr && changed->provisioning_status != "ERROR")
        {
            set_status("worker", *changed, "ACTIVE");
        }
    }
    set_status("worker", *above, "ACTIVE");
}

void octavia::deploy(const std::string& load_balancer_id)
{
    for (auto* candidate : listeners_of(load_balancer_id))
    {
        if (!deploy_one(*candidate))
        {
            candidate->provisioning_status = "ERROR";
            candidate->operating_status = "ERROR";
            candidate->served.reset();
            record("worker", *candidate);
        }
    }
}

// Puts the listener into the configuration, unless Octavia cannot read one of its refs.
bool octavia::deploy_one(listener& deployed)
{
    std::vector<served_certificate> list;
    const auto add = [&](const std::string& ref, const std::string& slot) {
        const auto read = certificates_.certificate(ref);
        if (!read || !read->has_private_key || !read->has_common_name)
        {
            return false;
        }
        list.push_back({.ref = ref, .slot = slot, .names = read->names});
        return true;
    };
    if (deployed.default_ref && !deployed.default_ref->empty() && !add(*deployed.default_ref, "default"))
    {
        return false;
    }
    for (const auto& ref : deployed.sni_refs)
    {
        if (!add(ref, "sni"))
        {
            return false;
        }
    }
    for (const auto& ref : {deployed.client_ca_ref, deployed.client_crl_ref})
    {
        if (ref && !certificates_.secret_payload(*ref).value_or(std::nullopt))
        {
            return false;
        }
    }
    // Octavia configures the list, and TLS at all, only for a listener with a default.
    deployed.served =
        deployed.default_ref.value_or("").empty() ? std::vector<served_certificate>() : std::move(list);
    return true;
}

listener& octavia::add_listener(listener wanted)
{
    wanted.id = wanted.id.empty() ? env_.ids.uuid() : wanted.id;
    wanted.created_at = env_.now.wall;
    const auto id = wanted.id;
    auto& added = listeners_[id] = std::move(wanted);
    // The creator of the listener had the right to let Octavia read its certificates.
    const identity owner{.project_id = added.project_id, .roles = {"admin"}};
    for (const auto& ref : added.sni_refs)
    {
        certificates_.grant(owner, ref);
    }
    for (const auto& ref : {added.default_ref, added.client_ca_ref, added.client_crl_ref})
    {
        if (ref)
        {
            certificates_.grant(owner, *ref);
        }
    }
    deploy_one(added);
    record("control", added);
    return added;
}

}  // namespace cloudsim
