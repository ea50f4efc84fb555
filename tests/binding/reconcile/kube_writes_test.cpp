// The writes of a pass to Kubernetes: how many, conflicts, lost answers.
#include "binding/reconcile/reconciler_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = runtime::outcome::kind;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
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

}  // namespace
