// What changes cost in requests, and how soon after the cloud's own end their bindings are Ready.
#include "binding/reconcile/surveyor.hpp"
#include "component/controller_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace {

using namespace std::chrono_literals;

using milliseconds = std::chrono::duration<double, std::milli>;

class requests : public test::controller_world
{
protected:
    // As slow as the measured Octavia; a PUT takes this part of its time.
    void set_times(double of_put, milliseconds pending) const
    {
        sim.set({{"measured_times", true}});
        sim.set(
            {{"put_base_ms", 200 * of_put},
             {"put_per_ref_ms", 29 * of_put},
             {"put_per_ref_squared_ms", 0.23 * of_put},
             {"put_per_present_squared_ms", 0.2 * of_put},
             {"pending_ms", pending.count()}}
        );
    }

    // The listeners are in turn on the load balancers.
    void add_listeners(int number, int balancers)
    {
        for (int i = 0; i < number; ++i)
        {
            if (i < balancers)
            {
                balancers_.push_back(sim.add_load_balancer({.project = project}));
            }
            const std::string& on = balancers_.at(static_cast<std::size_t>(i % balancers));
            listeners_.push_back(
                sim.add_listener({.load_balancer = on, .default_ref = foreign, .port = 443 + i / balancers})
            );
            on_[listeners_.back()] = on;
        }
    }

    void create(int number, const std::string& certificate_id)
    {
        const auto at = static_cast<std::size_t>(number) % listeners_.size();
        kube.create(
            {.name = "b" + std::to_string(number),
             .certificate = certificate_id,
             .listener = listeners_.at(at),
             .sni = true}
        );
    }

    // How long the load balancer that changed for the longest did so, from each PUT to the end of its change.
    milliseconds own_time_of_cloud() const
    {
        std::map<std::string, milliseconds> own;
        for (const auto& request : sim.log({.service = "load-balancer", .method = "PUT"}))
        {
            own[on_.at(request.path.substr(request.path.rfind('/') + 1))] -= request.at;
        }
        milliseconds longest{};
        for (auto& [id, time] : own)
        {
            for (const auto& change : sim.history(id))
            {
                time += change.cause == "worker" ? milliseconds(change.at) : milliseconds{};
            }
            longest = std::max(longest, time);
        }
        return longest;
    }

    // The GETs so far of objects of this kind: listeners, loadbalancers, containers or secrets.
    int gets(const std::string& of) const
    {
        const auto all = sim.log({.method = "GET"});
        return static_cast<int>(std::ranges::count_if(all, [&](const auto& request) {
            return request.path.contains("/" + of + "/");
        }));
    }

    support::time_point born_ = clock().now();
    std::vector<std::string> balancers_;
    std::vector<std::string> listeners_;
    std::map<std::string, std::string> on_;  // by listener: its load balancer
};

class requests_of_changes : public requests, public testing::WithParamInterface<int>
{};

TEST_P(requests_of_changes, are_few_and_the_end_is_seen_soon_once_it_is_known_how_long_changes_take)
{
    const milliseconds pending(GetParam());
    set_times(0.25, pending);
    add_listeners(1, 1);
    start();
    step();
    for (int i = 0; i < 6; ++i)
    {
        const int before = gets("listeners") + gets("loadbalancers");
        create(i, certificate("b" + std::to_string(i) + ".example.com").id);
        ASSERT_TRUE(until([&] { return all_active(i + 1); }));
        const milliseconds ended = sim.history(balancers_.front()).back().at;
        const milliseconds late = milliseconds(clock().now() - born_) - ended;
        const int read = gets("listeners") + gets("loadbalancers") - before;
        RecordProperty("late_" + std::to_string(i), std::to_string(late.count()));
        RecordProperty("reads_" + std::to_string(i), read);
        if (i > 1)
        {
            // Two answers of the cloud come before the binding is Ready.
            EXPECT_LE(late, pending / 10 + 75ms) << i;
            EXPECT_LE(read, 12) << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    that_take_so_many_milliseconds, requests_of_changes, testing::Values(200, 780, 3000)
);

TEST_F(requests, of_a_burst_on_many_listeners_are_few)
{
    constexpr int bindings = 200;
    constexpr int listeners = 20;
    set_times(1, 200ms);
    add_listeners(listeners, 5);
    std::vector<std::string> certificates;
    for (int i = 0; i < bindings; ++i)
    {
        certificates.push_back(certificate("b" + std::to_string(i) + ".example.com").id);
    }
    start();
    step();
    const auto began = clock().now();
    for (int i = 0; i < bindings; ++i)
    {
        create(i, certificates.at(static_cast<std::size_t>(i)));
    }
    ASSERT_TRUE(until([&] { return all_active(bindings); }));
    const milliseconds taken = clock().now() - began;
    EXPECT_LE(taken, own_time_of_cloud() * 1.27);
    EXPECT_EQ(sim.puts(), listeners);
    EXPECT_LE(gets("listeners"), 8 * listeners);
    EXPECT_LE(gets("loadbalancers"), 4 * listeners);
    // Each certificate once, with its parts and its payload, and the foreign default of each listener.
    EXPECT_LE(gets("containers"), bindings + 2 * listeners);
    EXPECT_LE(gets("secrets"), 4 * bindings + 6 * listeners);
    RecordProperty("ratio", std::to_string(taken / own_time_of_cloud()));
    RecordProperty("listeners", gets("listeners"));
    RecordProperty("loadbalancers", gets("loadbalancers"));
    RecordProperty("containers", gets("containers"));
    RecordProperty("secrets", gets("secrets"));
}

// A read of each of them takes one request for the listener, its load balancer, and each container and
// secret.
TEST_F(requests, at_rest_are_a_tenth_of_a_read_of_each_object)
{
    constexpr int bindings = 120;
    constexpr int listeners = 12;
    constexpr auto period = 10min;
    constexpr int periods = binding::periods_between_reads;
    add_listeners(listeners, 3);
    start();
    step();
    for (int i = 0; i < bindings; ++i)
    {
        create(i, certificate("b" + std::to_string(i) + ".example.com").id);
    }
    ASSERT_TRUE(until([&] { return all_active(bindings); }));
    advance(9 * period);  // the doubt about a new attachment ends after an hour
    const auto read_before = sim.log({.method = "GET"}).size();
    const int containers_before = gets("containers");
    advance(periods * period);
    const auto read = sim.log({.method = "GET"}).size() - read_before;
    constexpr int of_each = (2 * listeners) + (3 * bindings);
    EXPECT_LE(read, static_cast<std::size_t>(periods * of_each / 10));
    EXPECT_GE(gets("containers") - containers_before, bindings) << "each is read itself once";
    EXPECT_EQ(sim.puts(), listeners);
    RecordProperty("requests", static_cast<int>(read));

    // What somebody else undoes is repaired within a period.
    sim.set_listener_refs(listeners_.front(), foreign, {});
    ASSERT_TRUE(until([&] { return sim.puts() > listeners; }, period + 1min));
    ASSERT_TRUE(until([&] {
        return sim.get_listener(listeners_.front()).sni_refs.size() == bindings / listeners;
    }));
}

}  // namespace
