// Bindings that arrive together go into one PUT, and bindings that keep arriving do not delay it.
#include "binding/reconcile/loop_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::Each;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

class aggregation : public the_loop
{
protected:
    std::string name(int i) const { return "shop-" + std::to_string(i); }

    void create(int i, const std::string& listener = listener_1)
    {
        const std::string id = "cccccccc-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        cloud.certificates[id] = true;
        kube.create({.name = name(i), .certificate = id, .listener = listener, .sni = true});
    }

    bool active(int i) const { return kube.state(name(i)) == "active"; }

    bool all_active(int count) const
    {
        for (int i = 0; i < count; ++i)
        {
            if (!active(i))
            {
                return false;
            }
        }
        return true;
    }

    std::vector<std::ptrdiff_t> writes_of_each(int count) const
    {
        std::vector<std::ptrdiff_t> writes;
        for (int i = 0; i < count; ++i)
        {
            writes.push_back(std::ranges::count_if(kube.writes, [&](const std::string& each) {
                return each.starts_with(name(i) + " ");
            }));
        }
        return writes;
    }
};

TEST_F(aggregation, bindings_that_exist_at_the_start_go_into_one_put)
{
    for (int i = 0; i < 200; ++i)
    {
        create(i);
    }
    start();
    ASSERT_TRUE(until([&] { return all_active(200); }));
    EXPECT_THAT(cloud.puts, SizeIs(1));
    EXPECT_THAT(writes_of_each(200), Each(3)) << "finalizer, ledger, verified";
}

TEST_F(aggregation, bindings_that_one_apply_creates_go_into_three_puts_at_most)
{
    start();
    cloud.put_takes = 500ms;
    cloud.pending_for = 2s;
    for (int i = 0; i < 200; ++i)
    {
        create(i);
        advance(20ms);
    }
    ASSERT_TRUE(until([&] { return all_active(200); }));
    EXPECT_LE(cloud.puts.size(), 3U);
    EXPECT_THAT(writes_of_each(200), Each(Le(4))) << "one more for who waited for the load balancer";
    EXPECT_LE(cloud.listener_reads, 60) << "an arrival is no reason to read the listener again";
}

TEST_F(aggregation, the_gather_starts_at_once_and_the_put_waits_for_100_quiet_milliseconds)
{
    start();
    step();
    create(0);
    step();
    EXPECT_EQ(cloud.listener_reads, 1);
    advance(90ms);
    create(1);
    advance(90ms);
    EXPECT_THAT(cloud.puts, SizeIs(0));
    advance(100ms);
    ASSERT_THAT(cloud.puts, SizeIs(1));
    EXPECT_THAT(*cloud.puts[0].change.sni_refs, SizeIs(2));
}

TEST_F(aggregation, finalizers_wait_while_changes_of_other_listeners_arrive)
{
    add_listener(listener_2);
    start();
    create(0);
    for (int i = 1; i < 5; ++i)
    {
        advance(20ms);
        create(i, listener_2);
    }
    EXPECT_THAT(writes_of_each(1), Each(0)) << "80 ms after the last change of its own listener";
    advance(30ms);
    EXPECT_THAT(writes_of_each(1), Each(Ge(1))) << "its own changes are complete";
    ASSERT_TRUE(until([&] { return all_active(5); }));
    EXPECT_THAT(cloud.puts, SizeIs(2));
}

TEST_F(aggregation, who_keeps_arriving_holds_the_put_up_for_two_seconds_at_most)
{
    start();
    int created = 0;
    while (cloud.puts.empty() && created < 1000)
    {
        create(created++);
        advance(50ms);
    }
    EXPECT_EQ(created, 2s / 50ms);
    for (; !active(0) && created < 1000; ++created)
    {
        create(created);
        advance(50ms);
    }
    EXPECT_TRUE(active(0)) << "a pass is for the bindings that were there when it began";
}

TEST_F(aggregation, who_arrives_while_the_certificates_are_read_joins_the_next_put)
{
    start();
    cloud.certificate_takes = 300ms;
    int created = 0;
    do
    {
        create(created++);
        advance(50ms);
    } while (!active(0) && created < 400);
    EXPECT_TRUE(active(0));
    ASSERT_TRUE(until([&] { return all_active(created); }));
    EXPECT_LE(cloud.puts.size(), 5U);
}

TEST_F(aggregation, deletions_wait_alike)
{
    start();
    for (int i = 0; i < 20; ++i)
    {
        create(i);
    }
    ASSERT_TRUE(until([&] { return all_active(20); }));
    const auto before = cloud.puts.size();
    for (int i = 0; i < 20; ++i)
    {
        kube.remove(name(i));
        advance(50ms);
    }
    ASSERT_TRUE(until([&] { return kube.objects().empty(); }));
    EXPECT_EQ(cloud.puts.size(), before + 1);
}

TEST_F(aggregation, an_adoption_long_ago_does_not_shorten_the_wait)
{
    const std::string id = "cccccccc-0000-4000-8000-100000000000";
    row().slots.sni_refs = {fake_cloud::ref(id)};
    start();
    create(0);
    ASSERT_TRUE(until([&] { return active(0); }));
    EXPECT_THAT(cloud.puts, SizeIs(0));
    EXPECT_THAT(writes_of_each(1), Each(2)) << "finalizer and verified";
    advance(1min);
    create(1);
    advance(50ms);
    create(2);
    ASSERT_TRUE(until([&] { return active(1) && active(2); }));
    EXPECT_THAT(cloud.puts, SizeIs(1));
}

TEST_F(aggregation, load_balancers_are_written_side_by_side_and_the_listeners_of_one_after_another)
{
    std::vector<std::string> listeners;
    for (int i = 0; i < 20; ++i)
    {
        const std::string id = "44444444-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        const auto behind =
            *support::uuid::parse("99999999-0000-4000-8000-" + std::to_string(200'000'000'000 + i % 5));
        add_listener(id);
        row(id).load_balancer = behind;
        cloud.balancers[behind] = cloud::provisioning_status::active;
        listeners.push_back(id);
    }
    cloud.put_takes = 1s;
    cloud.pending_for = 4s;
    start();
    for (int i = 0; i < 20; ++i)
    {
        create(i, listeners[static_cast<std::size_t>(i)]);
    }
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return all_active(20); }));
    EXPECT_THAT(cloud.puts, SizeIs(20));
    EXPECT_EQ(cloud.most_puts_at_a_time, 1);
    const auto own_time = 4 * (cloud.put_takes + cloud.pending_for);
    EXPECT_LE(clock().now() - began, own_time * 13 / 10);
}

}  // namespace
