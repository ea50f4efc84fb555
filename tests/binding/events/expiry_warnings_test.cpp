#include "binding/events/expiry_warnings.hpp"

#include "binding/events/recorded_events.hpp"
#include "fakes/cloud/one_cloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;

class expirations : public test::loop
{
protected:
    expirations() { start(); }

    void start()
    {
        warnings.reset();
        bindings.emplace(
            credentials, [this](const auto& change) { warnings->changed(change.before, change.after); }, [] {}
        );
        warnings.emplace(clock(), recorded, std::vector{30, 14, 7});
        sink = &bindings->scope("");
        kube.list_into(*sink);
    }

    // The status as the controller writes it.
    void show(const std::string& name, support::duration left)
    {
        kube.update(name, [&](auto& object) {
            const auto end = clock().wall() + std::chrono::floor<std::chrono::seconds>(left);
            object["status"]["certificate"] = {
                {"id", certificate}, {"status", "ACTIVE"}, {"expiresAt", support::format_rfc3339(end)}
            };
        });
    }

    void create(const std::string& name)
    {
        kube.create(
            {.name = name, .certificate = certificate, .listener = "11111111-0000-4000-8000-000000000001"}
        );
    }

    void check_every(support::duration span, support::duration all)
    {
        for (support::duration gone{}; gone < all; gone += span)
        {
            clock().set(clock().now() + span);
            warnings->check(*bindings);
        }
    }

    std::string certificate = "aaaaaaaa-0000-4000-8000-000000000001";
    test::one_cloud credentials;
    test::recorded_events recorded;
    std::optional<binding::expiry_warnings> warnings;
    std::optional<binding::binding_index> bindings;
    runtime::object_sink* sink = nullptr;
    test::fake_kube kube{[this] { return sink; }};
};

TEST_F(expirations, tells_each_day_once)
{
    create("web");
    show("web", days(31));
    check_every(10min, days(32));
    EXPECT_THAT(
        recorded.events,
        ElementsAre(
            "shop/web CertificateExpiring", "shop/web CertificateExpiring", "shop/web CertificateExpiring"
        )
    );
}

TEST_F(expirations, tells_at_once_of_a_certificate_that_is_near_its_end_when_it_is_first_seen)
{
    create("web");
    show("web", days(10));
    EXPECT_THAT(recorded.events, ElementsAre("shop/web CertificateExpiring"));
    EXPECT_TRUE(recorded.last.key.ends_with(" 14"));
    kube.update("web", [](auto& object) { object["status"]["errorMessage"] = "another"; });
    check_every(10min, days(2));
    EXPECT_EQ(recorded.events.size(), 1U);
}

TEST_F(expirations, tells_of_the_next_certificate_again)
{
    create("web");
    show("web", days(10));
    certificate = "bbbbbbbb-0000-4000-8000-000000000002";
    kube.update("web", [this](auto& object) { object["spec"]["certificateId"] = certificate; });
    show("web", days(100));
    check_every(1h, days(60));
    EXPECT_EQ(recorded.events.size(), 1U);
    check_every(1h, days(11));
    EXPECT_EQ(recorded.events.size(), 2U);
}

TEST_F(expirations, after_a_restart_tells_again_what_was_last_true_with_the_same_key)
{
    create("web");
    show("web", days(20));
    const auto key = recorded.last.key;
    check_every(10min, days(1));
    start();
    EXPECT_EQ(recorded.events.size(), 2U);
    EXPECT_EQ(recorded.last.key, key);
    check_every(10min, days(7));
    EXPECT_EQ(recorded.events.size(), 3U) << "and what comes then once";
}

TEST_F(expirations, tells_nothing_twice_of_a_day_that_comes_between_a_check_and_a_change)
{
    create("web");
    clock().set(clock().now() + 5min);
    show("web", days(14) - 1min);
    EXPECT_TRUE(recorded.last.key.ends_with(" 30")) << recorded.last.key;
    check_every(10min, 1h);
    EXPECT_TRUE(recorded.last.key.ends_with(" 14")) << recorded.last.key;
    EXPECT_EQ(recorded.events.size(), 2U);
}

TEST_F(expirations, says_nothing_of_a_binding_that_is_gone)
{
    create("web");
    show("web", days(31));
    kube.remove("web");
    check_every(10min, days(10));
    EXPECT_THAT(recorded.events, IsEmpty());
}

}  // namespace
