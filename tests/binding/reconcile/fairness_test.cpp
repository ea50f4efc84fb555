// The cloud of one tenant does not answer; the other tenants are not delayed.
#include "binding/reconcile/loop_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int hanging_listeners = 200;

// Namespace "hangs" has a cloud that does not answer.
class fairness : public the_loop
{
protected:
    fairness() : silent_(clock())
    {
        silent_.listener_takes = 10s;
        silent_.listener_error = cloud::error{cloud::failure::transient, "no answer in time", {}, {}};
    }

    static std::string hanging(int i) { return "hangs-" + std::to_string(i); }

    void start_with_hanging()
    {
        start();
        running->parts.credentials.give("hangs", &silent_);
        for (int i = 0; i < hanging_listeners; ++i)
        {
            char listener[37];
            std::snprintf(listener, sizeof listener, "33333333-0000-4000-8000-%012d", i);
            kube.create(
                {.name = hanging(i), .certificate = cert_a, .listener = listener, .name_space = "hangs"}
            );
        }
        step();
    }

    // Like a tool that applies its objects again and again.
    void touch_hanging()
    {
        const auto now = std::to_string(clock().now().time_since_epoch().count());
        for (int i = 0; i < hanging_listeners; ++i)
        {
            kube.update(hanging(i), [&](auto& object) {
                object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = now;
            });
        }
    }

    bool soon(const std::function<bool()>& done) { return run_until(done, 5s); }

    fake_cloud silent_;
};

TEST_F(fairness, a_tenant_whose_cloud_hangs_does_not_hold_up_the_changes_of_another)
{
    start_with_hanging();
    ASSERT_GT(running->queue.depth(clock().now()), 100U) << "they wait for a worker";
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(soon([&] { return kube.state("web") == "active"; }));
    for (int i = 0; i < 10; ++i)
    {
        touch_hanging();
        const std::string& wanted = i % 2 == 0 ? cert_b : cert_a;
        kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = wanted; });
        ASSERT_TRUE(soon([&] {
            return kube.attachments("web").size() == 1 &&
                   kube.attachments("web")[0]["containerRef"] == fake_cloud::ref(wanted).str() &&
                   kube.state("web") == "active";
        })) << i;
        advance(7s);
    }
    kube.remove("web");
    ASSERT_TRUE(soon([&] { return !kube.exists("web"); }));
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
}

TEST_F(fairness, nor_what_another_reads_again_by_the_clock)
{
    start_with_hanging();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(soon([&] { return kube.state("web") == "active"; }));
    row().slots.sni_refs.clear();
    for (int i = 0; i < 13 * 6 && row().slots.sni_refs.empty(); ++i)
    {
        touch_hanging();
        advance(10s);
    }
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(fake_cloud::ref(cert_a)))
        << "in a resync period and a fifth";
}

}  // namespace
