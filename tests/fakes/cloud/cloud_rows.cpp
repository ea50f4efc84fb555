#include "fakes/cloud/cloud_rows.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace test {

cloud::answer<cloud::certificate> cloud_rows::certificate(const support::uuid& id) const
{
    if (away)
    {
        return std::unexpected(cloud::error{cloud::failure::transient, "Barbican does not answer", {}, {}});
    }
    const auto row = certificates.find(id.str());
    if (row == certificates.end() || dead.contains(id.str()))
    {
        return std::unexpected(
            cloud::error{cloud::failure::not_found, "certificate " + id.str() + " does not exist", {}, {}}
        );
    }
    cloud::certificate certificate;
    certificate.container_ref = ref(id.str());
    certificate.status = "ACTIVE";
    certificate.usable = row->second;
    certificate.missing = row->second ? "" : "its private key has no payload yet";
    certificate.expires_at = expires_at;
    return certificate;
}

cloud::answer<cloud::listener> cloud_rows::listener(const support::uuid& id) const
{
    const auto known = listeners.find(id);
    if (known == listeners.end())
    {
        return std::unexpected(
            cloud::error{cloud::failure::not_found, "Listener " + id.str() + " not found.", {}, {}}
        );
    }
    const listener_row& row = known->second;
    cloud::listener listener;
    listener.id = id;
    listener.load_balancer_id = row.load_balancer;
    listener.project_id = here.project_id;
    listener.protocol = row.protocol;
    listener.status = row.status;
    listener.default_ref = row.slots.default_ref;
    listener.sni_refs = row.slots.sni_refs;
    listener.client_ca_ref = row.client_ca;
    std::ranges::sort(listener.sni_refs, {}, &cloud::container_ref::str);
    return listener;
}

cloud::load_balancer cloud_rows::load_balancer(const support::uuid& id) const
{
    cloud::load_balancer shown{.id = id, .status = balancers.at(id)};
    const auto lacks = unlisted.find(id);
    for (const auto& [listener, row] : listeners)
    {
        if (row.load_balancer == id && (lacks == unlisted.end() || !lacks->second.contains(listener)))
        {
            shown.listeners.push_back(listener);
        }
    }
    return shown;
}

std::string cloud_rows::id_of(const cloud::container_ref& ref)
{
    const auto name = ref.name();
    return name ? name->id.str() : "";
}

cloud::ref_state cloud_rows::state_of(const cloud::container_ref& ref) const
{
    return away                        ? cloud::ref_state::unanswered
           : dead.contains(id_of(ref)) ? cloud::ref_state::dead
                                       : cloud::ref_state::readable;
}

cloud::answer<cloud::listener> cloud_rows::change(
    const support::uuid& id, const cloud::listener_change& change
)
{
    listener_row& row = listeners.at(id);
    if (balancers.at(row.load_balancer) != cloud::provisioning_status::active)
    {
        return std::unexpected(cloud::error{cloud::failure::busy, "immutable", {}, {}});
    }
    std::vector<cloud::container_ref> refs = change.sni_refs.value_or(std::vector<cloud::container_ref>{});
    if (change.default_ref && *change.default_ref)
    {
        refs.push_back(**change.default_ref);
    }
    std::vector<cloud::container_ref> bad;
    std::ranges::copy_if(refs, std::back_inserter(bad), [&](const auto& ref) {
        return state_of(ref) != cloud::ref_state::readable;
    });
    if (!bad.empty())
    {
        return std::unexpected(
            cloud::error{cloud::failure::refused, "Could not retrieve certificate", bad, {}}
        );
    }
    if (std::ranges::any_of(refs, [&](const auto& ref) { return unreadable.contains(id_of(ref)); }))
    {
        return std::unexpected(
            cloud::error{cloud::failure::refused, "The PKCS12 bundle is unreadable", {}, {}}
        );
    }
    if (change.default_ref)
    {
        row.slots.default_ref = *change.default_ref;
    }
    if (change.sni_refs)
    {
        row.slots.sni_refs = *change.sni_refs;
    }
    row.status = cloud::provisioning_status::pending;
    balancers[row.load_balancer] = cloud::provisioning_status::pending;
    return listener(id);
}

void cloud_rows::work(const support::uuid& balancer)
{
    balancers[balancer] = cloud::provisioning_status::active;
    for (auto& [id, row] : listeners)
    {
        if (row.load_balancer != balancer)
        {
            continue;
        }
        std::vector<cloud::container_ref> refs = row.slots.sni_refs;
        if (row.slots.default_ref)
        {
            refs.push_back(*row.slots.default_ref);
        }
        row.served = std::ranges::all_of(refs, [&](const auto& ref) {
            return state_of(ref) == cloud::ref_state::readable;
        });
        row.status = row.served ? cloud::provisioning_status::active : cloud::provisioning_status::error;
    }
}

}  // namespace test
