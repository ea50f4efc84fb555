// Many listeners of several load balancers, on a cloud as slow as the measured one.
#include "component/controller_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;

using milliseconds = std::chrono::duration<double, std::milli>;

class load_balancers : public test::controller_world
{
protected:
    // A change of a listener, from the PUT until the worker has ended.
    struct change
    {
        milliseconds sent;
        milliseconds done;
    };

    std::vector<change> changes_of(const std::string& id, const std::vector<std::string>& listeners) const
    {
        std::vector<change> changes;
        for (const auto& request : sim.log({.service = "load-balancer", .method = "PUT"}))
        {
            if (std::ranges::any_of(listeners, [&](const auto& listener) {
                    return request.path.contains(listener);
                }))
            {
                EXPECT_EQ(request.status, 200);
                changes.push_back({request.at, {}});
            }
        }
        std::vector<milliseconds> ends;
        for (const auto& state : sim.history(id))
        {
            if (state.cause == "worker")
            {
                ends.emplace_back(state.at);
            }
        }
        EXPECT_EQ(ends.size(), changes.size());
        for (std::size_t i = 0; i < std::min(ends.size(), changes.size()); ++i)
        {
            changes[i].done = ends[i];
        }
        return changes;
    }
};

TEST_F(load_balancers, are_written_side_by_side_in_little_more_than_the_clouds_own_time)
{
    constexpr int balancers = 5;
    constexpr int listeners_each = 4;
    constexpr int bindings = 200;
    sim.set({{"measured_times", true}});
    std::vector<std::string> ids;
    std::vector<std::vector<std::string>> listeners(balancers);
    for (int i = 0; i < balancers; ++i)
    {
        ids.push_back(sim.add_load_balancer({.project = project}));
        for (int j = 0; j < listeners_each; ++j)
        {
            listeners[static_cast<std::size_t>(i)].push_back(
                sim.add_listener({.load_balancer = ids.back(), .default_ref = foreign, .port = 443 + j})
            );
        }
    }
    start();
    step();
    support::time_point last_arrival;
    for (int i = 0; i < bindings; ++i)
    {
        const std::string name = "b" + std::to_string(i);
        const auto& behind = listeners[static_cast<std::size_t>(i % balancers)];
        kube.create(
            {.name = name,
             .certificate = certificate(name + ".example.com").id,
             .listener = behind[static_cast<std::size_t>(i / balancers % listeners_each)],
             .sni = true}
        );
        last_arrival = clock().now();
        advance(10ms);
    }
    ASSERT_TRUE(until([&] { return all_active(bindings); }));
    const milliseconds taken = clock().now() - last_arrival;
    milliseconds longest{};
    for (std::size_t i = 0; i < balancers; ++i)
    {
        milliseconds own{};
        milliseconds before{};
        for (const auto& change : changes_of(ids[i], listeners[i]))
        {
            EXPECT_GE(change.sent, before) << "one change of a load balancer at a time";
            before = change.done;
            own += change.done - change.sent;
        }
        longest = std::max(longest, own);
    }
    EXPECT_LE(taken, longest * 1.3);
    EXPECT_LE(sim.puts(), 3 * balancers * listeners_each);
    for (const auto& behind : listeners)
    {
        for (const std::string& listener_id : behind)
        {
            EXPECT_EQ(sim.get_listener(listener_id).sni_refs.size(), bindings / balancers / listeners_each);
        }
    }
}

}  // namespace
