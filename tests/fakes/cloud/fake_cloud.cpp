#include "fakes/cloud/fake_cloud.hpp"

#include <algorithm>
#include <memory>

namespace test {
support::task<cloud::answer<cloud::project_scope>> fake_cloud::locate(std::string)
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
    co_return certificate(id);
}

support::task<cloud::answer<cloud::listener>> fake_cloud::get_listener(std::string, support::uuid id)
{
    if (listener_takes > support::duration{})
    {
        co_await clock_.sleep_for(listener_takes);
    }
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
    co_return listener(id);
}

support::task<cloud::answer<cloud::load_balancer>> fake_cloud::get_load_balancer(
    std::string, support::uuid id
)
{
    let_time_pass();
    if (load_balancer_error)
    {
        co_return std::unexpected(*load_balancer_error);
    }
    co_return load_balancer(id);
}

support::task<cloud::answer<cloud::listener>> fake_cloud::update_listener(
    std::string, support::uuid id, cloud::listener_change change, support::time_point
)
{
    let_time_pass();
    const put_record record{id, change};
    puts.push_back(record);
    if (at_put)
    {
        at_put(record);
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
    auto answer = cloud_rows::change(id, record.change);
    if (!answer)
    {
        co_return std::unexpected(answer.error());
    }
    const auto balancer = listeners.at(id).load_balancer;
    pending_until_[balancer] = clock_.now() + pending_for;
    if (after_put)
    {
        if (auto error = after_put(record))
        {
            co_return std::unexpected(*error);
        }
    }
    co_return answer;
}

support::task<> fake_cloud::take_time(put_record put)
{
    const auto here_now = under_way.insert(under_way.end(), put);
    const std::shared_ptr<void> over(nullptr, [this, here_now](void*) { under_way.erase(here_now); });
    const auto balancer = listeners.at(put.listener).load_balancer;
    const auto at_a_time = std::ranges::count_if(under_way, [&](const put_record& put) {
        return listeners.at(put.listener).load_balancer == balancer;
    });
    most_puts_at_a_time = std::max(most_puts_at_a_time, static_cast<int>(at_a_time));
    if (put_takes > support::duration::zero())
    {
        co_await clock_.sleep_for(put_takes);
    }
}

support::task<cloud::ref_state> fake_cloud::look_up(std::string, cloud::container_ref ref)
{
    if (look_up_takes > support::duration::zero())
    {
        co_await clock_.sleep_for(look_up_takes);
    }
    co_return state_of(ref);
}

support::task<cloud::answer<std::monostate>> fake_cloud::list_listeners(
    std::string, std::size_t, std::function<void(std::vector<cloud::listener>)> take
)
{
    ++lists["listeners"];
    let_time_pass();
    if (list_error)
    {
        co_return std::unexpected(*list_error);
    }
    if (at_list)
    {
        at_list();
    }
    std::vector<cloud::listener> page;
    for (const auto& [id, row] : listeners)
    {
        page.push_back(*listener(id));
        if (change_listed)
        {
            change_listed(page.back());
        }
    }
    take(std::move(page));
    co_return std::monostate();
}

support::task<cloud::answer<std::monostate>> fake_cloud::list_load_balancers(
    std::string, std::size_t, std::function<void(std::vector<cloud::listed_load_balancer>)> take
)
{
    ++lists["load balancers"];
    std::vector<cloud::listed_load_balancer> page;
    for (const auto& [id, status] : balancers)
    {
        page.push_back({id, status});
    }
    take(std::move(page));
    co_return std::monostate();
}

support::task<cloud::answer<std::monostate>> fake_cloud::list_usable_certificates(
    std::string, std::size_t, std::function<void(std::vector<support::uuid>)> take
)
{
    ++lists["certificates"];
    std::vector<support::uuid> page;
    for (const auto& [id, usable] : certificates)
    {
        if (usable && !dead.contains(id) && !unlisted_certificates.contains(id))
        {
            page.push_back(*support::uuid::parse(id));
        }
    }
    take(std::move(page));
    co_return std::monostate();
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

}  // namespace test
