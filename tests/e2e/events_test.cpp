// The Events that `kubectl get events` shows.
#include "e2e/world.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class events_told : public world
{
protected:
    testing::AssertionResult is_told(const std::string& reason) const
    {
        return testbed::eventually(reason + " is told", [&] { return !events(reason).empty(); });
    }
};

TEST_F(events_told, a_certificate_that_ends_within_the_days_of_the_flag_is_warned_of)
{
    const auto a = certificate("a.example.com");
    start_controller({"--expiry-warning-days=3650"});
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_told("CertificateExpiring"));
    const auto event = events("CertificateExpiring").front();
    EXPECT_EQ(event["type"], "Warning");
    EXPECT_EQ(event["involvedObject"]["kind"], "CertificateBinding");
    EXPECT_EQ(event["involvedObject"]["name"], "web");
    EXPECT_THAT(event["message"].get<std::string>(), HasSubstr("3650 days or less"));
}

// A user who does not wait for a slow cloud.
TEST_F(events_told, a_finalizer_stripped_by_hand_leaves_what_the_namespace_is_told_of)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply({{.name = "web", .certificate = a.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("web"));
    sim->hold({.service = "load-balancer", .times = {}});
    remove("web");
    kubectl({"patch", "certbind", "web", "--type=merge", "-p", R"({"metadata":{"finalizers":null}})"});
    ASSERT_TRUE(is_gone("web"));
    sim->remove_rules();
    sim->release();

    ASSERT_TRUE(is_told("RefsOrphaned"));
    const auto event = events("RefsOrphaned").front();
    EXPECT_EQ(event["type"], "Warning");
    EXPECT_EQ(event["involvedObject"]["kind"], "Namespace");
    EXPECT_EQ(event["involvedObject"]["name"], name_space);
    EXPECT_THAT(event["message"].get<std::string>(), AllOf(HasSubstr("web"), HasSubstr(a.ref)));

    EXPECT_EQ(stop_controller(SIGTERM), 0);
    start_controller();
    apply({{.name = "other", .certificate = b.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("other"));
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
    EXPECT_EQ(sim->puts(), 2U) << "one for each attach";

    apply({{.name = "again", .certificate = a.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("again"));
    EXPECT_EQ(sim->puts(), 2U);
    EXPECT_TRUE(is_told("Adopted"));
    EXPECT_THAT(events("RefsOrphaned"), SizeIs(1));
    remove("again");
    ASSERT_TRUE(is_gone("again"));
    EXPECT_EQ(served(listener, "a.example.com"), foreign);
}

}  // namespace
}  // namespace e2e
