// The answer about the load balancer, and what is missing in it.
#include "binding/reconcile/load_balancers_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;

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

}  // namespace
