// Certificates that expire while they are attached.
#include "component/controller_world.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class expirations : public test::controller_world
{
protected:
    void attach()
    {
        a = certificate("a.example.com");
        kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
        start();
        ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
        end_ =
            support::parse_rfc3339(kube.object("a")["status"]["certificate"]["expiresAt"].get<std::string>())
                .value();
    }

    void until_end(std::chrono::days days)
    {
        clock().set_wall_start(
            end_ - days - std::chrono::floor<std::chrono::seconds>(clock().now().time_since_epoch())
        );
    }

    std::ptrdiff_t warnings(const std::string& reason) const
    {
        return std::ranges::count(reasons_of_events(), "Warning " + reason);
    }

    cloudsim::control::certificate a;

private:
    support::wall_time end_;
};

TEST_F(expirations, are_warned_of_once_for_each_day_also_over_a_restart)
{
    attach();
    ASSERT_EQ(warnings("CertificateExpiring"), 0);
    until_end(std::chrono::days(7));
    advance(1h);
    EXPECT_EQ(warnings("CertificateExpiring"), 1);
    crash();
    start();
    advance(1h);
    EXPECT_EQ(warnings("CertificateExpiring"), 1) << "as long as Kubernetes keeps the event";
    until_end(std::chrono::days(3));
    advance(1h);
    EXPECT_EQ(warnings("CertificateExpiring"), 2);
    EXPECT_THAT(kube.events.back()["note"].get<std::string>(), HasSubstr("in 3 days or less"));
}

TEST_F(expirations, are_told_once_and_take_nothing_off_the_listener)
{
    attach();
    until_end(std::chrono::days(0));
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CertificateExpired"; }, 15min))
        << "in a resync period and its jitter";
    crash();
    start();
    advance(2h);
    EXPECT_EQ(kube.state("a"), "error");
    EXPECT_EQ(warnings("CertificateExpired"), 1);
    EXPECT_THAT(metrics(), HasSubstr("certificatebinding_bindings{reason=\"CertificateExpired\"} 1\n"));
    EXPECT_EQ(served("a.example.com"), a.ref) << "to be without TLS is worse";
    EXPECT_EQ(sim.puts(), 1U);
    const auto b = certificate("b.example.com");
    kube.update("a", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 1min)) << kube.object("a").dump(1);
    EXPECT_EQ(served("b.example.com"), b.ref);
    EXPECT_EQ(served("a.example.com"), foreign);
}

}  // namespace
