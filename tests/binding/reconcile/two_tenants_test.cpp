// Listeners of two credentials on one load balancer, of which one is refused or does not get through.
#include "binding/reconcile/load_balancers_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;

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

}  // namespace
