// What the other listeners of a load balancer, and those of another one, say about a change.
#include "binding/reconcile/load_balancers_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(one_load_balancer, the_same_dead_certificate_on_both_listeners_is_removed_on_both)
{
    start();
    kube.create({.name = "a1", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "a2", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a1") && active("a2"); }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
    EXPECT_THAT(row(listener_1).slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_THAT(row(listener_2).slots.sni_refs, IsEmpty());
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
}

TEST_F(one_load_balancer, nothing_is_changed_while_the_certificate_service_does_not_answer)
{
    start();
    kube.create({.name = "a1", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "a2", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a1") && active("a2"); }));
    const auto puts = cloud.puts.size();
    cloud.away = true;
    kube.remove("a1");
    advance(10min);
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_TRUE(kube.exists("a1"));
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
    EXPECT_TRUE(active("a2"));
    cloud.away = false;
    ASSERT_TRUE(until([&] { return !kube.exists("a1"); }));
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
}

TEST_F(one_load_balancer, a_foreign_dead_ref_of_another_listener_blocks_though_one_of_ours_is_dead_too)
{
    row(listener_2).slots.sni_refs = {ref(cert_c)};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.dead = {cert_a, cert_c};
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    EXPECT_THAT(kube.message("b"), HasSubstr(cert_c));
    const auto puts = cloud.puts.size();
    advance(10min);
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_TRUE(row(listener_2).served);
}

TEST_F(two_load_balancers, a_listener_that_was_never_read_and_holds_nothing_of_ours_stops_nobody)
{
    cloud.failing[listener_3] = trouble;
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
}

TEST_F(two_load_balancers, listeners_that_hold_nothing_of_ours_and_do_not_answer_delay_nobody)
{
    cloud.listener_takes = 10s;
    for (int i = 100; i < 260; ++i)
    {
        const auto silent = "33333333-0000-4000-8000-000000000" + std::to_string(i);
        cloud.failing[silent] = trouble;
        kube.create({.name = std::to_string(i), .certificate = cert_b, .listener = silent, .sni = true});
    }
    start();
    ASSERT_TRUE(until([&] { return kube.ready_reason("259") == "CloudUnavailable"; }));
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return !cloud.puts.empty(); }));
    EXPECT_LT(clock().now() - began, 1min);
}

TEST_F(one_load_balancer, a_listener_that_did_not_answer_once_is_asked_again_before_a_change)
{
    row(listener_2).slots.sni_refs = {ref(cert_c)};
    cloud.dead = {cert_c};
    cloud.failing[listener_2] = {cloud::failure::transient, "503", {}, {}};
    start();
    kube.create({.name = "new", .certificate = cert_b, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("new") == "CloudUnavailable"; }));
    cloud.failing.clear();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "BlockedByUnreadableRef"; }));
    EXPECT_THAT(cloud.puts, IsEmpty());
    EXPECT_TRUE(row(listener_2).served);
}

TEST_F(two_load_balancers, a_listener_that_was_behind_the_other_one_when_it_could_be_read_stops_nobody)
{
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("broken"); }));
    cloud.failing[listener_3] = trouble;
    kube.update("broken", [](auto& object) { object["spec"]["certificateId"] = cert_c; });
    ASSERT_TRUE(until([&] { return kube.ready_reason("broken") == "CloudUnavailable"; }));
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
}

TEST_F(two_load_balancers, what_does_not_answer_on_another_load_balancer_stops_nobody_after_a_start_either)
{
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("broken"); }));
    stop();
    cloud.failing[listener_3] = trouble;
    start();
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
    EXPECT_LT(clock().now() - began, 2s);
}

TEST_F(two_load_balancers, a_listener_of_the_load_balancer_that_does_not_answer_is_waited_for_and_named)
{
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("broken"); }));
    stop();
    cloud.failing[listener_2] = trouble;
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.message("a").find(listener_2) != std::string::npos; }));
    EXPECT_THAT(kube.message("a"), HasSubstr("500 of the database"));
    EXPECT_EQ(cloud.puts.size(), 1U);
    cloud.failing.clear();
    EXPECT_TRUE(until([&] { return active("a"); }));
}

TEST_F(two_load_balancers, a_listener_that_is_not_there_is_not_asked_for_before_every_change_of_others)
{
    start();
    const std::string nowhere = "44444444-0000-4000-8000-000000000004";
    kube.create({.name = "lost", .certificate = cert_c, .listener = nowhere, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("lost") == "ListenerNotFound"; }));
    const auto put_reads = [&](const std::string& name, const std::string& certificate) {
        const auto before = cloud.reads_of[nowhere];
        kube.create({.name = name, .certificate = certificate, .listener = listener_1, .sni = true});
        EXPECT_TRUE(until([&] { return active(name); }));
        return cloud.reads_of[nowhere] - before;
    };
    EXPECT_EQ(put_reads("a", cert_a), 0);
    EXPECT_EQ(put_reads("b", cert_b), 0);
}

TEST_F(one_load_balancer, nothing_is_kept_of_the_other_listeners_while_there_is_nothing_to_do)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
    advance(1s);
    for (const std::string& id : {listener_1, listener_2})
    {
        const auto* facts =
            running->parts.reconciler.facts_of({support::interned("sao1"), *support::uuid::parse(id)});
        ASSERT_NE(facts, nullptr);
        EXPECT_THAT(facts->other_listeners.refs, IsEmpty());
        EXPECT_THAT(facts->answers.load_balancer->value->listeners, IsEmpty());
    }
}

TEST_F(one_load_balancer, who_waits_for_another_listener_to_clean_up_asks_at_growing_intervals)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.dead = {cert_a};
    cloud.before_put = [&](const auto& put) {
        return put.listener.str() == listener_2
                   ? std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}})
                   : std::nullopt;
    };
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    advance(5min);
    const auto before = cloud.listener_reads;
    advance(10min);
    EXPECT_LT(cloud.listener_reads - before, 100);
}

// Certificates look deleted on many listeners at once, on each listener the only one of ours.
TEST_F(two_load_balancers, half_of_all_that_look_dead_through_the_credential_are_not_removed)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    kube.create({.name = "c", .certificate = cert_c, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("a") && active("b") && active("c"); }));
    const std::string cert_d = "dddddddd-0000-4000-8000-000000000004";
    cloud.certificates[cert_d] = true;
    cloud.dead = {cert_a, cert_b, cert_c};
    const auto puts = cloud.puts.size();
    kube.create({.name = "d", .certificate = cert_d, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("d") == "BlockedByUnreadableRef"; }))
        << kube.object("d")["status"].dump(1);
    EXPECT_THAT(kube.message("d"), HasSubstr("3 of 3"));
    EXPECT_EQ(cloud.puts.size(), puts);

    cloud.dead = {cert_c};
    ASSERT_TRUE(until([&] { return active("d"); })) << kube.object("d")["status"].dump(1);
    EXPECT_THAT(row(listener_3).slots.sni_refs, ElementsAre(ref(cert_d)));
}

}  // namespace
