// The PUT of a pass, and what follows from its answer.
#include "binding/reconcile/reconciler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = runtime::outcome::kind;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

TEST_F(reconciler, what_one_credential_was_refused_is_tried_at_once_with_the_next)
{
    cloud.before_put = [](const auto&) {
        return std::optional(cloud::error{cloud::failure::refused, "no application credentials", {}, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    passes();
    ASSERT_EQ(kube.ready_reason("web"), "CertificateRefused");
    cloud.before_put = nullptr;
    one->credentials.give("shop", &cloud);
    const auto uid = *support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>());
    one->store.place_again({uid});
    const auto target = one->credentials.target_of(*one->store.find(uid));
    for (int i = 0; i < 5; ++i)
    {
        run(one->reconciler.reconcile(target));
        advance(1s);
    }
    EXPECT_EQ(kube.state("web"), "active") << kube.message("web");
}

TEST_F(reconciler, an_ambiguous_put_is_sent_once_whatever_became_of_it)
{
    for (const bool took_effect : {true, false})
    {
        bool once = true;
        const auto cut = [&](const auto&) {
            return std::exchange(once, false)
                       ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                       : std::nullopt;
        };
        (took_effect ? cloud.after_put : cloud.before_put) = cut;
        const std::string name = took_effect ? "web" : "more";
        create(
            {.name = name, .certificate = took_effect ? cert_a : cert_b, .listener = listener_1, .sni = true}
        );
        const auto began = clock().now();
        const auto puts = cloud.puts.size();
        passes();
        EXPECT_EQ(kube.state(name), "active");
        EXPECT_EQ(cloud.puts.size() - puts, took_effect ? 1U : 2U);
        EXPECT_TRUE(took_effect || clock().now() - began >= 30s);
        cloud.after_put = cloud.before_put = nullptr;
    }
}

TEST_F(reconciler, tells_of_each_put_and_how_long_a_foreign_commit_would_have_been_lost)
{
    std::vector<std::optional<cloud::failure>> ends{
        cloud::failure::busy, cloud::failure::ambiguous, std::nullopt
    };
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        clock().set(clock().now() + 7s);  // as long as Octavia took
        const auto end = ends.front();
        ends.erase(ends.begin());
        return end ? std::optional(cloud::error{*end, "trouble", {}, {}}) : std::nullopt;
    };
    attach("web", cert_a);
    ASSERT_EQ(recorded.updates.size(), 3U);
    EXPECT_EQ(recorded.updates[0].failed, cloud::failure::busy);
    EXPECT_EQ(recorded.updates[0].window, std::nullopt) << "it surely had no effect";
    EXPECT_EQ(recorded.updates[1].failed, cloud::failure::ambiguous);
    EXPECT_EQ(recorded.updates[2].failed, std::nullopt);
    for (const auto& each : {recorded.updates[1], recorded.updates[2]})
    {
        EXPECT_GE(each.window, 7s);
        EXPECT_LT(each.window, 8s) << "from the read before it";
    }
}

TEST_F(reconciler, a_put_that_is_answered_busy_is_not_repeated_at_once)
{
    int puts = 0;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        return ++puts <= 3 ? std::optional(cloud::error{cloud::failure::busy, "immutable", {}, {}})
                           : std::nullopt;
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_EQ(puts, 1);
    EXPECT_EQ(kube.ready_reason("web"), "LoadBalancerBusy");
    passes();
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(puts, 4);
}

// What a PUT was planned from is too old once its connection is there, so it is read again.
TEST_F(reconciler, a_put_whose_connection_took_too_long_is_planned_again_in_the_same_pass)
{
    std::vector<int> listener_reads;
    std::vector<support::duration> certificate_ages;
    int puts = 0;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        listener_reads.push_back(cloud.listener_reads);
        certificate_ages.push_back(clock().now() - cloud.certificate_read.at(cert_a));
        if (++puts == 3)
        {
            return std::nullopt;
        }
        clock().set(clock().now() + 11s);
        return cloud::error{cloud::failure::too_late, "connecting took so long", {}, {}};
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    second_pass();
    EXPECT_EQ(puts, 3);
    EXPECT_EQ(kube.ready_reason("web"), "Progressing") << "no failure was written";
    EXPECT_LT(listener_reads.at(0), listener_reads.at(1));
    EXPECT_LT(listener_reads.at(1), listener_reads.at(2));
    for (const auto age : certificate_ages)
    {
        EXPECT_LE(age, 10s);
    }
    passes();
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_THAT(row().slots.sni_refs, testing::ElementsAre(ref(cert_a)));
}

TEST_F(reconciler, a_connection_that_always_takes_too_long_is_said)
{
    cloud.before_put = [&](const auto&) {
        clock().set(clock().now() + 8s);
        return std::optional(cloud::error{cloud::failure::too_late, "connecting took so long", {}, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_EQ(cloud.puts.size(), 3U);
    EXPECT_EQ(kube.ready_reason("web"), "CloudUnavailable");
    EXPECT_EQ(kube.message("web"), "connecting took so long");
}

TEST_F(reconciler, a_put_that_we_may_not_send_is_said_and_tried_slowly)
{
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403: read-only role", {}, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto end = second_pass();
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_EQ(end.how, kind::later);
    EXPECT_THAT(end.pause, AllOf(Ge(10s), Le(20s)));
    EXPECT_EQ(kube.ready_reason("web"), "ListenerAccessDenied");
    EXPECT_THAT(kube.message("web"), HasSubstr("read-only"));
}

TEST_F(reconciler, who_was_refused_with_one_that_is_gone_by_then_is_not_quarantined_for_it)
{
    bool once = true;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        if (!std::exchange(once, false))
        {
            return std::nullopt;
        }
        kube.remove("bad");
        see();
        return cloud::error{cloud::failure::refused, "PKCS12 bundle is unreadable", {}, {}};
    };
    create({.name = "bad", .certificate = cert_a, .listener = listener_1, .sni = true});
    create({.name = "web", .certificate = cert_b, .listener = listener_1, .sni = true});
    passes();
    EXPECT_EQ(cloud.puts.size(), 2U);
    EXPECT_EQ(kube.state("web"), "active") << kube.message("web");
}

TEST_F(reconciler, what_is_added_was_checked_ten_seconds_before_however_long_other_reads_take)
{
    attach("web", cert_a);
    cloud.look_up_takes = 45s;
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        EXPECT_LE((clock().now() - cloud.certificate_read[cert_b]) / 1s, 10);
        return std::nullopt;
    };
    passes();
    EXPECT_EQ(cloud.puts.size(), 2U);
}

}  // namespace
