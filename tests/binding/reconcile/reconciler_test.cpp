#include "binding/reconcile/reconciler.hpp"

#include "binding/reconcile/reconciler_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = runtime::outcome::kind;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

// A Kubernetes that accepts every write and stores none.
class forgetful_kube final : public kube_through
{
public:
    using kube_through::kube_through;

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        return forgets ? get(request.resource, request.name_space, request.name)
                       : kube_through::patch(std::move(request));
    }

    bool forgets = false;
};

// ---- when to come back ----

TEST_F(reconciler, a_stable_target_comes_back_at_the_resync_jittered)
{
    attach("web", cert_a);
    support::duration shortest = 1h;
    support::duration longest{};
    for (int i = 0; i < 30; ++i)
    {
        const auto end = pass();
        EXPECT_EQ(end.how, kind::later);
        shortest = std::min(shortest, end.pause);
        longest = std::max(longest, end.pause);
    }
    EXPECT_THAT(shortest, AllOf(Ge(8min), Le(9min)));
    EXPECT_THAT(longest, AllOf(Ge(11min), Le(12min)));
}

TEST_F(reconciler, what_waits_for_people_is_read_at_growing_intervals_up_to_five_minutes)
{
    row().protocol = "TCP";
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    auto before = 0s;
    for (int i = 0; i < 8; ++i)
    {
        const auto pause = std::chrono::duration_cast<std::chrono::seconds>(pass().pause);
        EXPECT_GE(pause, std::min(before, std::chrono::seconds(220)));
        before = pause;
        advance(pause);
    }
    EXPECT_THAT(before, AllOf(Ge(240s), Le(360s)));
}

TEST_F(reconciler, a_wish_to_be_left_alone_for_no_time_at_all_is_a_failure_like_any_other)
{
    attach("web", cert_a);
    advance(1s);
    cloud.listener_error = cloud::error{cloud::failure::transient, "503", {}, 0s};
    EXPECT_EQ(pass().how, kind::retry);
    cloud.listener_error.reset();
    advance(1s);
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::rate_limited, "429", {}, 0s});
    };
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_EQ(pass().how, kind::retry);
}

TEST_F(reconciler, a_wish_to_be_left_alone_is_granted_with_a_little_more)
{
    attach("web", cert_a);
    advance(1s);
    cloud.listener_error = cloud::error{cloud::failure::transient, "503", {}, 100s};
    const auto end = pass();
    EXPECT_EQ(end.how, kind::retry);
    EXPECT_THAT(end.pause, AllOf(Ge(100s), Le(150s)));
}

TEST_F(reconciler, a_load_balancer_that_stays_pending_is_read_once_a_minute_at_last)
{
    attach("web", cert_a);
    cloud.balancers[balancer] = cloud::provisioning_status::pending;
    const auto reads_in_an_hour = [&] {
        const auto before = cloud.listener_reads;
        const auto began = clock().now();
        while (clock().now() - began < 1h)
        {
            const auto end = pass();
            advance(std::max<support::duration>(end.pause, 100ms));
        }
        return cloud.listener_reads - before;
    };
    EXPECT_LT(reads_in_an_hour(), 100);
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    EXPECT_GT(reads_in_an_hour(), 1700) << "a write waits";
}

TEST_F(reconciler, a_last_certificate_is_read_at_growing_intervals)
{
    row().slots.default_ref.reset();
    attach("web", cert_a, false);
    kube.remove("web");
    see();
    support::duration pause{};
    for (int i = 0; i < 8; ++i)
    {
        pause = pass().pause;
        advance(pause);
    }
    EXPECT_EQ(kube.ready_reason("web"), "LastCertificate");
    EXPECT_THAT(pause, AllOf(Ge(4min), Le(6min)));
}

TEST_F(reconciler, a_target_without_bindings_is_forgotten)
{
    EXPECT_EQ(pass().how, kind::done);
}

TEST_F(reconciler, a_pass_that_never_ends_keeps_the_turn_while_its_put_is_in_doubt)
{
    forgetful_kube forgetful(checked);
    other_kube = &forgetful;
    restart_unseen();
    add_listener(listener_2);
    cloud.before_put = [&](const auto&) {
        forgetful.forgets = true;
        cloud.failing[listener_1] = {cloud::failure::access_denied, "403", {}, {}};
        return std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}});
    };
    create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    support::log_capture log;
    second_pass();
    EXPECT_THAT(log.text(), HasSubstr("the reconciliation of the listener does not end"));
    EXPECT_EQ(cloud.puts.size(), 1U);
    forgetful.forgets = false;
    cloud.before_put = nullptr;
    create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    pass(listener_2);
    advance(1s);
    pass(listener_2);
    EXPECT_EQ(cloud.puts.size(), 1U);
}

// ---- what wakes a target ----

TEST_F(reconciler, our_own_writes_wake_nobody_and_what_people_change_does)
{
    attach("web", cert_a);
    binding::certificate_binding before =
        *one->store.find(*support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>()));
    const binding::target here = binding::listener_of(before);
    const auto delay = [&](const binding::object_changed& change) {
        return requeue_delay(change, one->reconciler.facts_of(here), settings);
    };
    const auto wakes = [&](const std::function<void(binding::certificate_binding&)>& change) {
        binding::certificate_binding after = before;
        ++after.resource_version;
        change(after);
        return delay({&before, &after, here, here}).has_value();
    };
    EXPECT_FALSE(wakes([](auto&) {})) << "a label";
    EXPECT_FALSE(wakes([](auto& object) { object.status.error_message = support::interned("x"); }));
    EXPECT_FALSE(wakes([](auto& object) { object.finalizers.add("other.example/keep"); }));
    EXPECT_TRUE(wakes([](auto& object) { ++object.generation; }));
    EXPECT_TRUE(wakes([](auto& object) { object.deleting = true; }));
    EXPECT_TRUE(wakes([](auto& object) { object.abandoned = true; }));
    EXPECT_TRUE(wakes([](auto& object) { object.requested_at = support::interned("now"); }));
    EXPECT_TRUE(wakes([](auto& object) { object.finalizers.clear(); })) << "ours was taken away";
    EXPECT_TRUE(wakes([](auto& object) { object.status.ledger = {}; })) << "the ledger was";
    EXPECT_TRUE(wakes([](auto& object) { object.status.identified = false; })) << "the status was emptied";
    EXPECT_TRUE(delay({nullptr, &before, std::nullopt, here}));
    EXPECT_TRUE(delay({&before, &before, here, here})) << "its credential";
}

}  // namespace
