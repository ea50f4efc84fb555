// The queue of the writes of one load balancer.
#include "binding/reconcile/load_balancers_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST_F(one_load_balancer, two_listeners_of_one_load_balancer_are_never_written_at_once)
{
    cloud.put_takes = 5s;
    cloud.pending_for = 3s;
    start();
    for (const std::string name : {"a", "b", "c"})
    {
        const std::string certificate = name == "a" ? cert_a : name == "b" ? cert_b : cert_c;
        kube.create({.name = name + "1", .certificate = certificate, .listener = listener_1, .sni = true});
        kube.create({.name = name + "2", .certificate = certificate, .listener = listener_2, .sni = true});
        advance(500ms);
    }
    ASSERT_TRUE(until([&] {
        return active("a1") && active("b1") && active("c1") && active("a2") && active("b2") && active("c2");
    }));
    EXPECT_EQ(cloud.most_puts_at_a_time, 1);
    EXPECT_LE(cloud.puts.size(), 4U);
}

TEST_F(one_load_balancer, the_next_listener_is_written_while_the_statuses_of_the_one_before_are)
{
    slow_to_be_ready slow(checked, clock());
    running = std::make_unique<process>(*this, slow, cloud);
    kube.list_into(*running->parts.sink);
    cloud.put_takes = 1s;
    cloud.pending_for = 1s;
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_FALSE(active("a"));
    EXPECT_FALSE(active("b"));
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
    EXPECT_EQ(cloud.most_puts_at_a_time, 1);
    stop();
}

TEST_F(one_load_balancer, the_writes_of_who_has_the_turn_leave_few_places_to_those_of_others)
{
    // Not through the invariants: a change of b begins while statuses of a wait for their places.
    counted_writes counted(kube, clock());
    running = std::make_unique<process>(*this, counted, cloud);
    kube.list_into(*running->parts.sink);
    for (int i = 0; i < 40; ++i)
    {
        const std::string id = "cccccccc-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        cloud.certificates[id] = true;
        const std::string name = (i < 20 ? "a" : "b") + std::to_string(i);
        kube.create(
            {.name = name, .certificate = id, .listener = i < 20 ? listener_1 : listener_2, .sni = true}
        );
    }
    ASSERT_TRUE(until([&] { return all_active(); }));
    EXPECT_THAT(
        counted.most_at_a_time,
        ElementsAre(
            Pair("a finalizer", 16),
            Pair("a ledger", 16),
            Pair("a status", 8),
            Pair("b finalizer", 8),
            Pair("b ledger", 16),
            Pair("b status", 16)
        )
    ) << "nobody waits for the turn of b";
    stop();
}

TEST_F(two_load_balancers, the_writes_without_a_turn_share_few_places_and_wait_a_second_at_most)
{
    counted_writes counted(checked, clock());
    for (int i = 0; i < 80; ++i)
    {
        const std::string id = "cccccccc-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        const std::string listener = i < 40 ? listener_1 : listener_3;
        cloud.certificates[id] = true;
        row(listener).slots.sni_refs.push_back(ref(id));
        kube.create({.name = "a" + std::to_string(i), .certificate = id, .listener = listener, .sni = true});
    }
    running = std::make_unique<process>(*this, counted, cloud);
    kube.list_into(*running->parts.sink);
    ASSERT_TRUE(until([&] { return all_active(); }))
        << "they are on the listeners already, so no change needs a turn";
    EXPECT_EQ(counted.most_at_a_time["a finalizer"], 8);
    counted.takes = 20s;
    for (int i = 0; i < 80; ++i)
    {
        cloud.certificates["cccccccc-0000-4000-8000-" + std::to_string(100'000'000'000 + i)] = false;
    }
    advance(1h);
    EXPECT_EQ(counted.most_at_a_time["a status"], 32) << "sixteen of each target, after a second";
    stop();
}

TEST_F(one_load_balancer, a_change_that_is_over_at_once_is_seen_after_two_milliseconds)
{
    cloud.pending_for = 1ms;
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    ASSERT_TRUE(until([&] { return active("a"); }));
    EXPECT_LT(clock().now() - sent, 10ms);
}

TEST_F(one_load_balancer, two_load_balancers_are_written_side_by_side)
{
    const auto other = *support::uuid::parse("99999999-0000-4000-8000-000000000002");
    cloud.balancers[other] = cloud::provisioning_status::active;
    row(listener_2).load_balancer = other;
    cloud.put_takes = 5s;
    start();
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
    EXPECT_LT(clock().now() - began, 8s);
}

TEST_F(one_load_balancer, the_turn_is_kept_while_a_put_is_in_doubt)
{
    lose_first_put();
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - sent, 30s);
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
}

TEST_F(one_load_balancer, the_turn_is_kept_while_a_put_is_in_doubt_though_its_binding_is_gone)
{
    lose_first_put();
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.update("a", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    EXPECT_GE(clock().now() - sent, 30s);
}

TEST_F(
    one_load_balancer, the_turn_is_given_back_at_the_deadline_though_somebody_elses_finalizer_keeps_the_object
)
{
    lose_first_put();
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.update("a", [](auto& object) {
        object["metadata"]["finalizers"].push_back("example.com/other");
        object["spec"]["deletionPolicy"] = "Retain";
    });
    kube.remove("a");
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    EXPECT_TRUE(kube.exists("a"));
    EXPECT_LT(clock().now() - sent, 1min);
}

TEST_F(one_load_balancer, who_gets_no_answer_to_any_change_leaves_the_turn_to_others)
{
    cloud.before_put = [](const auto& put) {
        return put.listener.str() == listener_1
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "504 of the proxy", {}, {}})
                   : std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    EXPECT_TRUE(until([&] { return active("b"); })) << kube.object("b")["status"].dump(1);
    EXPECT_TRUE(until([&] { return kube.ready_reason("a") == "CloudUnavailable"; }));
    EXPECT_THAT(kube.message("a"), HasSubstr("504 of the proxy"));
    const auto puts = cloud.puts.size();
    advance(1h);
    EXPECT_LT(cloud.puts.size() - puts, 45U) << "at growing intervals";
    cloud.before_put = nullptr;
    EXPECT_TRUE(until([&] { return active("a"); }));
}

TEST_F(one_load_balancer, a_listener_with_ever_new_bindings_leaves_the_turn_to_others)
{
    cloud.put_takes = 4s;
    start();
    std::size_t puts = 0;
    for (int i = 100; i < 200; ++i)
    {
        const std::string certificate = "dddddddd-0000-4000-8000-000000000" + std::to_string(i);
        cloud.certificates[certificate] = true;
        kube.create(
            {.name = std::to_string(i), .certificate = certificate, .listener = listener_1, .sni = true}
        );
        if (i == 120)
        {
            kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
            puts = cloud.puts.size();
        }
        advance(500ms);
        const bool waits = i > 120 && row(listener_2).slots.sni_refs.empty();
        EXPECT_TRUE(!waits || cloud.puts.size() - puts <= 2);
    }
    EXPECT_TRUE(until([&] { return active("b") && active("199"); }));
}

TEST_F(one_load_balancer, the_turn_is_given_back_when_the_listener_cannot_be_read_any_more)
{
    cloud.after_put = [&](const auto& put) -> std::optional<cloud::error> {
        if (put.listener.str() == listener_1)
        {
            cloud.failing[listener_1] = {cloud::failure::access_denied, "403", {}, {}};
        }
        return std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "ListenerAccessDenied"; }));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
}

TEST_F(one_load_balancer, the_turn_is_given_back_when_the_listener_is_gone)
{
    cloud.after_put = [&](const auto& put) -> std::optional<cloud::error> {
        return put.listener.str() == listener_1
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    cloud.listeners.erase(*support::uuid::parse(listener_1));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
    EXPECT_LT(clock().now() - began, 30s);
}

TEST_F(one_load_balancer, after_a_start_nothing_is_written_beside_a_put_that_may_still_take_effect)
{
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}});
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    stop();
    cloud.before_put = nullptr;
    const auto began = clock().now();
    // The other listener is read first.
    kube.create({.name = "0", .certificate = cert_b, .listener = listener_2});
    start();
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - began, 30s);
    ASSERT_TRUE(until([&] { return active("a") && active("0"); }));
}

TEST_F(one_load_balancer, no_change_is_begun_after_the_stop)
{
    start();
    bool once = true;
    kube.after_write = [&](const kube::patch_request& request) -> std::optional<support::error> {
        if (request.subresource == "status" && std::exchange(once, false))
        {
            running->stop_gently();  // SIGTERM, between the ledger and the PUT
        }
        return std::nullopt;
    };
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    advance(1min);
    EXPECT_FALSE(once);
    EXPECT_THAT(cloud.puts, IsEmpty());
}

}  // namespace
