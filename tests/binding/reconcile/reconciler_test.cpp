#include "binding/reconcile/reconciler.hpp"

#include "binding/reconcile/pass_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = runtime::outcome::kind;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

// A Kubernetes whose writes take a second.
class slow_kube final : public kube_through
{
public:
    slow_kube(kube::client& next, support::clock& clock) : kube_through(next), clock_(clock) {}

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        most = std::max(most, ++under_way_);
        co_await clock_.sleep_for(1s);
        --under_way_;
        co_return co_await kube_through::patch(std::move(request));
    }

    int most = 0;  // at a time

private:
    support::clock& clock_;
    int under_way_ = 0;
};

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

class reconciler : public passes_by_hand
{};

// ---- writes to Kubernetes ----

TEST_F(reconciler, an_attach_is_three_writes_an_adoption_two_and_rest_none)
{
    attach("web", cert_a);
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status", "web status"));
    kube.writes.clear();
    row().slots.sni_refs.push_back(ref(cert_b));
    advance(10min);
    passes();
    advance(2s);
    passes();
    attach("more", cert_b);
    EXPECT_THAT(kube.writes, ElementsAre("more metadata", "more status"));
    kube.writes.clear();
    for (int i = 0; i < 10; ++i)
    {
        advance(10min);
        pass();
    }
    EXPECT_THAT(kube.writes, IsEmpty());
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(reconciler, a_status_of_which_the_schema_knows_too_little_is_written_once_a_pass)
{
    support::log_capture log;
    kube.prune = [](auto& status) { status["cloud"].erase("credentialSource"); };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_LE(kube.writes.size(), 3U);
    EXPECT_THAT(log.text(), HasSubstr("the CustomResourceDefinition is older than the controller"));
    kube.prune = nullptr;
    passes();
    EXPECT_EQ(kube.state("web"), "active");
}

TEST_F(reconciler, a_conflict_is_read_again_and_planned_again)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    // The watch has not shown this change yet.
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    passes();
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b))) << "never the certificate of before";
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(reconciler, a_conflict_with_a_deletion_ends_in_the_deletion)
{
    attach("web", cert_a);
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    see();
    kube.remove("web");
    passes();
    EXPECT_FALSE(kube.exists("web"));
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
}

TEST_F(reconciler, endless_conflicts_are_left_to_another_pass)
{
    int conflicts = 0;
    kube.before_write = [&](const auto&) {
        ++conflicts;
        return std::optional(support::error{support::errc::status, "modified", 409, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_LE(conflicts, 2 * 6) << "six in each of two passes";
    EXPECT_THAT(cloud.puts, IsEmpty());
}

TEST_F(reconciler, an_object_that_is_gone_while_it_is_written_is_no_trouble)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    kube.remove("web");
    support::log_capture log;
    second_pass();
    EXPECT_THAT(log.text(), Not(HasSubstr("could not write")));
    see();
    passes();
    EXPECT_EQ(kube.state("more"), "active");
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
}

// The write-ahead is not answered with success. In one case its answer is lost; in the others it took effect
// or not, and the API server answers with an error code.
class lost_ledger : public reconciler, public testing::WithParamInterface<std::tuple<bool, int>>
{};

TEST_P(lost_ledger, is_ours_and_stays_while_its_put_is_under_way)
{
    const auto [sni, http_status] = GetParam();
    bool once = true;
    kube.after_write = [&, code = http_status](const kube::patch_request& request) {
        const bool lost = request.subresource == "status" && std::exchange(once, false);
        return !lost      ? std::optional<support::error>()
               : code > 0 ? support::error{support::errc::status, "etcd timed out", code, {}}
                          : support::error{support::errc::interrupted, "cut", 0, {}};
    };
    support::log_capture log;
    cloud.pending_for = 30s;
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = sni});
    EXPECT_EQ(second_pass().how, kind::retry);
    EXPECT_THAT(cloud.puts, IsEmpty()) << "not known to be committed";
    see();
    const auto committed = kube.object("web")["status"];
    ASSERT_EQ(committed["attachments"].size(), 1U) << "it took effect";
    advance(1s);
    pass();
    pass();
    EXPECT_EQ(cloud.puts.size(), 1U);
    const auto status = kube.object("web")["status"];
    EXPECT_EQ(status["attachments"], committed["attachments"]);
    EXPECT_EQ(status.value("replacedDefaultRef", ""), sni ? "" : foreign.str());
    EXPECT_THAT(log.text(), Not(AnyOf(HasSubstr("somebody else"), HasSubstr("Adopted"))));

    kube.remove("web");
    see();
    passes();
    EXPECT_FALSE(kube.exists("web"));
    advance(60s);
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
    EXPECT_EQ(row().slots.default_ref, foreign);
}

INSTANTIATE_TEST_SUITE_P(
    reconciler, lost_ledger, testing::Combine(testing::Bool(), testing::Values(0, 500, 504))
);

TEST_F(reconciler, a_binding_that_gets_another_credential_while_it_is_written_was_written_by_us)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto uid = *support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>());
    bool once = true;
    kube.after_write = [&](const kube::patch_request& request) {
        if (request.subresource == "status" && std::exchange(once, false))
        {
            one->credentials.give("shop", &cloud);
            one->store.place_again({uid});
        }
        return std::optional<support::error>();
    };
    second_pass();
    ASSERT_FALSE(once);
    const auto target = one->credentials.target_of(*one->store.find(uid));
    run(one->reconciler.reconcile(target));
    EXPECT_THAT(recorded.events, testing::Not(testing::Contains("shop/web LedgerRestored")));
}

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

TEST_F(reconciler, writes_of_a_target_run_side_by_side_sixteen_at_a_time)
{
    slow_kube slow(checked, clock());
    other_kube = &slow;
    restart_unseen();
    for (int i = 0; i < 40; ++i)
    {
        char id[37];
        std::snprintf(id, sizeof id, "dddddddd-0000-4000-8000-%012d", i);
        cloud.certificates[id] = true;
        row().slots.sni_refs.push_back(ref(id));
        create({.name = "web-" + std::to_string(i), .certificate = id, .listener = listener_1, .sni = true});
    }
    const auto began = clock().now();
    passes();
    EXPECT_EQ(kube.state("web-39"), "active");
    EXPECT_EQ(slow.most, 16);
    EXPECT_LE(clock().now() - began, 8s);
}

// ---- the cloud ----

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
