// Several listeners: the queue of their load balancer, and what one of them says about the others.
#include "binding/reconcile/loop_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class one_load_balancer : public the_loop
{
protected:
    one_load_balancer() { add_listener(listener_2); }

    bool active(const std::string& name) { return kube.exists(name) && kube.state(name) == "active"; }

    // The PUT has no effect, and its answer is lost.
    void lose_first_put()
    {
        cloud.before_put = [once = true](const auto&) mutable {
            return std::exchange(once, false)
                       ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                       : std::nullopt;
        };
    }
};

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

// Writes that make a binding Ready take 5 s.
class slow_to_be_ready final : public kube_through
{
public:
    slow_to_be_ready(kube::client& next, support::clock& clock) : kube_through(next), clock_(clock) {}

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        if (request.merge_patch.contains(R"("state":"active")"))
        {
            co_await clock_.sleep_for(5s);
        }
        co_return co_await kube_through::patch(std::move(request));
    }

private:
    support::clock& clock_;
};

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

// A second load balancer with a listener of its own.
class two_load_balancers : public one_load_balancer
{
protected:
    two_load_balancers()
    {
        cloud.balancers[*support::uuid::parse(other)] = cloud::provisioning_status::active;
        add_listener(listener_3);
        row(listener_3).load_balancer = *support::uuid::parse(other);
    }

    static inline const std::string other = "99999999-0000-4000-8000-000000000002";
    static inline const std::string listener_3 = "33333333-0000-4000-8000-000000000003";
    static inline const cloud::error trouble{cloud::failure::transient, "500 of the database", {}, {}};
};

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

// A tenant of the same cloud whose credential is refused.
class two_tenants : public two_load_balancers
{
protected:
    two_tenants() : theirs_(clock()) {}

    void attach_theirs(const std::string& listener)
    {
        start();
        running->parts.credentials.give_of_the_same_cloud("other", &cloud);
        kube.create(
            {.name = "theirs", .certificate = cert_b, .listener = listener, .sni = true, .name_space = "other"
            }
        );
        ASSERT_TRUE(until([&] { return active("theirs"); }));
    }

    void spoil_theirs(cloud::failure how)
    {
        theirs_.listener_takes = theirs_.look_up_takes = 10s;
        theirs_.listener_error = cloud::error{how, "no use", {}, {}};
        running->parts.credentials.give_of_the_same_cloud("other", &theirs_);
    }

    fake_cloud theirs_;
};

// What a peer writes ahead in the ledger of the other must not meet the write that confirms it.
TEST_F(two_tenants, a_peer_has_its_turn_after_the_statuses_of_the_one_before_are_written)
{
    slow_to_be_ready slow(checked, clock());
    running = std::make_unique<process>(*this, slow, cloud);
    kube.list_into(*running->parts.sink);
    running->parts.credentials.give_of_the_same_cloud("other", &cloud);
    cloud.put_takes = 1s;
    cloud.pending_for = 1s;
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create(
        {.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true, .name_space = "other"}
    );
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_TRUE(active("a") || active("b"));
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
    stop();
}

TEST_F(two_tenants, a_listener_that_its_own_credential_may_not_read_is_read_with_ours)
{
    for (const auto how : {cloud::failure::credentials_invalid, cloud::failure::access_denied})
    {
        attach_theirs(listener_2);
        spoil_theirs(how);
        cloud.dead = {cert_b};
        kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
        ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "BlockedByUnreadableRef"; }));
        EXPECT_THAT(kube.message("a"), HasSubstr(listener_2));
        EXPECT_THAT(row(listener_1).slots.sni_refs, IsEmpty());
        EXPECT_TRUE(row(listener_2).served);
        kube.remove("a");
        cloud.dead.clear();
        running->parts.credentials.give_of_the_same_cloud("other", &cloud);
        ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
        kube.remove("theirs");
        ASSERT_TRUE(until([&] { return !kube.exists("theirs"); }));
        stop();
    }
}

TEST_F(two_tenants, nobody_waits_for_a_credential_that_does_not_get_through)
{
    attach_theirs(listener_3);
    stop();
    start();
    running->parts.credentials.give_of_the_same_cloud("other", &theirs_);
    spoil_theirs(cloud::failure::transient);
    const auto hidden = cloud.listeners.extract(*support::uuid::parse(listener_3));  // of their project
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto began = clock().now();
    EXPECT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
    EXPECT_LT(clock().now() - began, 10s);
}

TEST_F(two_tenants, listeners_that_do_not_answer_their_own_credential_delay_nobody)
{
    start();
    running->parts.credentials.give_of_the_same_cloud("other", &theirs_);
    spoil_theirs(cloud::failure::transient);
    for (int i = 100; i < 260; ++i)
    {
        const auto silent = "33333333-0000-4000-8000-000000000" + std::to_string(i);
        kube.create(
            {.name = std::to_string(i), .certificate = cert_b, .listener = silent, .name_space = "other"}
        );
    }
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return !cloud.puts.empty(); }));
    EXPECT_LT(clock().now() - began, 10s);
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

// ---- the answer about the load balancer ----

TEST_F(one_load_balancer, nothing_is_written_while_the_load_balancer_cannot_be_read)
{
    for (const auto& [kind, reason] : {
             std::pair{cloud::failure::transient, "CloudUnavailable"},
             std::pair{cloud::failure::access_denied, "ListenerAccessDenied"},
             std::pair{cloud::failure::not_found, "ListenerNotFound"},
         })
    {
        start();
        cloud.load_balancer_error = {kind, "no load balancer", {}, {}};
        kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
        ASSERT_TRUE(until([&] { return kube.exists("a") && kube.ready_reason("a") == reason; }))
            << kube.object("a")["status"].dump(1);
        EXPECT_THAT(kube.message("a"), HasSubstr("no load balancer"));
        advance(10min);
        EXPECT_THAT(cloud.puts, IsEmpty());
        cloud.load_balancer_error.reset();
        ASSERT_TRUE(until([&] { return active("a"); }));
        kube.remove("a");
        ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
        cloud.puts.clear();
        stop();
    }
}

TEST_F(
    one_load_balancer,
    a_list_that_lacks_a_listener_that_was_read_there_writes_nothing_over_its_dead_certificate
)
{
    row(listener_2).slots.sni_refs = {ref(cert_c)};
    start();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("b"); }));
    cloud.dead = {cert_c};
    cloud.unlisted[balancer] = {*support::uuid::parse(listener_2)};
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.message("a").find(listener_2) != std::string::npos; }))
        << kube.object("a")["status"].dump(1);
    EXPECT_THAT(kube.message("a"), HasSubstr("is missing in the answer about its load balancer"));
    advance(10min);
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_TRUE(row(listener_2).served);

    cloud.unlisted.clear();
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "BlockedByUnreadableRef"; }));
    cloud.dead.clear();
    EXPECT_TRUE(until([&] { return active("a"); }));
}

TEST_F(one_load_balancer, a_list_that_lacks_the_listener_itself_is_read_again_before_a_change)
{
    cloud.unlisted[balancer] = {*support::uuid::parse(listener_1)};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.message("a").find("is missing in the answer") != std::string::npos; })
    ) << kube.object("a")["status"].dump(1);
    EXPECT_THAT(kube.message("a"), HasSubstr(listener_1));
    EXPECT_EQ(kube.ready_reason("a"), "Progressing");
    EXPECT_THAT(cloud.puts, IsEmpty());
    cloud.unlisted.clear();
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return active("a"); }));
    EXPECT_LE(clock().now() - began, 7s);
}

TEST_F(one_load_balancer, what_another_project_could_not_see_is_looked_up_again_through_this_one)
{
    start();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    const auto right = cloud.here;
    const auto hidden = cloud.listeners.extract(*support::uuid::parse(listener_2));
    cloud.here.project_id = "another";
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.here = right;
    cloud.listeners.insert({hidden.key(), hidden.mapped()});
    const auto before = cloud.reads_of[listener_2];
    kube.create({.name = "c", .certificate = cert_c, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("c"); }));
    EXPECT_GT(cloud.reads_of[listener_2], before);
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
