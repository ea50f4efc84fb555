#include "binding/fake_cloud.hpp"

#include <algorithm>
#include <memory>

namespace test {
namespace {

std::string id_of(const std::string& ref)
{
    return ref.substr(ref.rfind('/') + 1);
}

}  // namespace

support::task<cloud::answer<cloud::place>> fake_cloud::locate(std::string)
{
    co_return here;
}

support::task<cloud::answer<cloud::certificate>>
fake_cloud::get_certificate(std::string, support::uuid id, std::optional<support::wall_time>)
{
    certificate_read[id.str()] = clock_.now();
    if (certificate_takes > support::duration{})
    {
        co_await clock_.sleep_for(certificate_takes);
    }
    const auto found = certificates.find(id.str());
    if (found == certificates.end() || dead.contains(id.str()))
    {
        co_return std::unexpected(
            cloud::error{cloud::failure::not_found, "certificate " + id.str() + " does not exist", {}, {}}
        );
    }
    cloud::certificate made;
    made.container_ref = ref(id.str());
    made.status = "ACTIVE";
    made.usable = found->second;
    made.missing = found->second ? "" : "its private key has no payload yet";
    made.expires_at = expires_at;
    co_return made;
}

support::task<cloud::answer<cloud::listener>> fake_cloud::get_listener(std::string, support::uuid id)
{
    let_time_pass();
    ++listener_reads;
    ++reads_of[id.str()];
    if (listener_error)
    {
        co_return std::unexpected(*listener_error);
    }
    if (const auto fails = failing.find(id.str()); fails != failing.end())
    {
        co_return std::unexpected(fails->second);
    }
    if (!listeners.contains(id))
    {
        co_return std::unexpected(
            cloud::error{cloud::failure::not_found, "Listener " + id.str() + " not found.", {}, {}}
        );
    }
    co_return shown(id);
}

support::task<cloud::answer<cloud::load_balancer>> fake_cloud::get_load_balancer(
    std::string, support::uuid id
)
{
    let_time_pass();
    co_return cloud::load_balancer{id, balancers.at(id)};
}

support::task<cloud::answer<cloud::listener>> fake_cloud::update_listener(
    std::string, support::uuid id, cloud::listener_change change, support::time_point
)
{
    let_time_pass();
    const put_record record{id, change};
    puts.push_back(record);
    if (seen_at_put)
    {
        seen_at_put(record);
    }
    if (before_put)
    {
        if (auto error = before_put(record))
        {
            co_return std::unexpected(*error);
        }
    }
    co_await take_time(record);
    let_time_pass();
    listener_row& row = listeners.at(id);
    if (balancers.at(row.load_balancer) != cloud::provisioning_status::active)
    {
        co_return std::unexpected(cloud::error{cloud::failure::busy, "immutable", {}, {}});
    }
    std::vector<std::string> refs = change.sni_refs.value_or(std::vector<std::string>{});
    if (change.default_ref && *change.default_ref)
    {
        refs.push_back(**change.default_ref);
    }
    std::vector<std::string> bad;
    std::ranges::copy_if(refs, std::back_inserter(bad), [&](const auto& each) {
        return dead.contains(id_of(each));
    });
    if (!bad.empty())
    {
        co_return std::unexpected(
            cloud::error{cloud::failure::refused, "Could not retrieve certificate", bad, {}}
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
    pending_until_[row.load_balancer] = clock_.now() + pending_for;
    if (after_put)
    {
        if (auto error = after_put(record))
        {
            co_return std::unexpected(*error);
        }
    }
    co_return shown(id);
}

support::task<> fake_cloud::take_time(put_record put)
{
    const auto here_now = under_way.insert(under_way.end(), put);
    const std::shared_ptr<void> over(nullptr, [this, here_now](void*) { under_way.erase(here_now); });
    const auto balancer = listeners.at(put.listener).load_balancer;
    const auto at_a_time = std::ranges::count_if(under_way, [&](const put_record& each) {
        return listeners.at(each.listener).load_balancer == balancer;
    });
    most_puts_at_a_time = std::max(most_puts_at_a_time, static_cast<int>(at_a_time));
    if (put_takes > support::duration::zero())
    {
        co_await clock_.sleep_for(put_takes);
    }
}

support::task<cloud::ref_state> fake_cloud::look_up(std::string, std::string container_ref)
{
    if (look_up_takes > support::duration::zero())
    {
        co_await clock_.sleep_for(look_up_takes);
    }
    co_return dead.contains(id_of(container_ref)) ? cloud::ref_state::dead : cloud::ref_state::readable;
}

void fake_cloud::let_time_pass()
{
    for (auto it = pending_until_.begin(); it != pending_until_.end();)
    {
        const auto here_now = it++;
        if (clock_.now() >= here_now->second)
        {
            work(here_now->first);
            pending_until_.erase(here_now);
        }
    }
}

// Octavia's worker: every certificate of every listener again.
void fake_cloud::work(support::uuid balancer)
{
    balancers[balancer] = cloud::provisioning_status::active;
    for (auto& [id, row] : listeners)
    {
        if (row.load_balancer != balancer)
        {
            continue;
        }
        std::vector<std::string> refs = row.slots.sni_refs;
        if (row.slots.default_ref)
        {
            refs.push_back(*row.slots.default_ref);
        }
        row.served = std::ranges::none_of(refs, [&](const auto& each) { return dead.contains(id_of(each)); });
        row.status = row.served ? cloud::provisioning_status::active : cloud::provisioning_status::error;
    }
}

cloud::listener fake_cloud::shown(support::uuid id) const
{
    const listener_row& row = listeners.at(id);
    cloud::listener made;
    made.id = id;
    made.load_balancer_id = row.load_balancer;
    made.project_id = here.project_id;
    made.protocol = row.protocol;
    made.status = row.status;
    made.default_ref = row.slots.default_ref;
    made.sni_refs = row.slots.sni_refs;
    made.client_ca_ref = row.client_ca;
    std::ranges::sort(made.sni_refs);
    return made;
}

}  // namespace test
