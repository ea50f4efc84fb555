// The events of the reconcile loop, as the event log records them.
#include "binding/reconcile/pass_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class loop_events : public passes_by_hand
{};

TEST_F(loop_events, tells_each_change_of_a_binding_once_also_if_the_answer_to_its_write_was_lost)
{
    int statuses = 0;
    kube.after_write = [&](const kube::patch_request& request) {
        const bool lost = request.subresource == "status" && ++statuses == 1;
        return lost ? std::optional(support::error{support::errc::interrupted, "cut", 0, {}}) : std::nullopt;
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    second_pass();
    see();
    passes();
    see();
    passes();
    EXPECT_THAT(recorded.events, ElementsAre("shop/web Progressing", "shop/web Attached"));
    EXPECT_FALSE(recorded.last.warning);
}

TEST_F(loop_events, gives_an_event_one_key_however_often_its_step_fails)
{
    attach("web", cert_a);
    recorded.kept.clear();
    // A change by another client blocks each PUT.
    cloud.before_put = [](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}});
    };
    create({.name = "shop", .certificate = cert_b, .listener = listener_1});
    for (int i = 0; i < 5; ++i)
    {
        pass();
        advance(5min);
    }
    EXPECT_GE(recorded.updates.size(), 3U) << "it was tried again";
    const auto is_of_default = [](const std::string& event) {
        return event.starts_with("shop/shop DefaultReplaced http");
    };
    EXPECT_EQ(std::ranges::count_if(recorded.kept, is_of_default), 1);
}

TEST_F(loop_events, a_ledger_that_somebody_else_wrote_is_warned_of)
{
    attach("web", cert_a);
    kube.update("web", [](auto& object) { object["status"]["attachments"] = nlohmann::json::array(); });
    see();
    support::log_capture log;
    passes();
    EXPECT_THAT(log.text(), HasSubstr("somebody else"));
    EXPECT_THAT(recorded.events, testing::Contains("shop/web LedgerRestored"));
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

// ---- the refs that a binding leaves on its listener and no binding holds ----

TEST_F(loop_events, tells_of_refs_that_a_finalizer_stripped_by_hand_leaves_and_forgets_them)
{
    attach("web", cert_a);
    const auto puts = cloud.puts.size();
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("web");
    one->sink->deleted(kube.last_removed());
    EXPECT_THAT(recorded.events, testing::Contains("shop RefsOrphaned"));
    EXPECT_THAT(recorded.last.note, HasSubstr(ref(cert_a).str() + " (sni)"));
    EXPECT_EQ(recorded.orphans, 1U);
    few_passes();
    EXPECT_EQ(cloud.puts.size(), puts) << "nothing is removed";
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
    // A new binding for the certificate adopts it.
    create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
    passes();
    EXPECT_EQ(kube.state("again"), "active");
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_EQ(recorded.orphans, 1U);
}

TEST_F(loop_events, tells_of_no_orphans_where_it_took_the_finalizer_off_itself)
{
    const support::error lost{support::errc::interrupted, "cut", 0, {}};
    for (const bool answered : {true, false})
    {
        attach("web", cert_a);
        kube.after_write = [&](const kube::patch_request& request) {
            if (request.subresource.empty() && !kube.exists("web"))
            {
                one->sink->deleted(kube.last_removed());  // the watch is faster than the answer
                return answered ? std::nullopt : std::optional(lost);
            }
            return std::optional<support::error>();
        };
        kube.remove("web");
        see();
        few_passes();
        EXPECT_FALSE(kube.exists("web"));
        kube.after_write = nullptr;
    }
    EXPECT_EQ(recorded.orphans, 0U);
}

TEST_F(loop_events, tells_of_no_orphans_where_a_duplicate_takes_over)
{
    enum class end
    {
        answered,
        seen_first,
        lost,
        refused
    };
    for (const end how : {end::answered, end::seen_first, end::lost, end::refused})
    {
        attach("web", cert_a);
        create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
        passes();
        ASSERT_EQ(kube.ready_reason("again"), "Conflict");
        const auto is_release = [](const kube::patch_request& request) {
            return request.name == "web" && request.subresource.empty();
        };
        kube.before_write = [&](const kube::patch_request& request) {
            return how == end::refused && is_release(request)
                       ? std::optional(support::error{support::errc::status, "no", 403, {}})
                       : std::nullopt;
        };
        kube.after_write = [&](const kube::patch_request& request) {
            if (how != end::answered && is_release(request))
            {
                one->sink->deleted(kube.last_removed());  // the watch is faster than the answer
            }
            return how == end::lost && is_release(request)
                       ? std::optional(support::error{support::errc::interrupted, "cut", 0, {}})
                       : std::nullopt;
        };
        kube.remove("web");
        see();
        few_passes();
        if (how == end::refused)
        {
            kube.update("web", [](auto& object) {
                object["metadata"]["finalizers"] = nlohmann::json::array();
            });
            kube.remove("web");
            see();
            few_passes();
        }
        EXPECT_FALSE(kube.exists("web"));
        EXPECT_EQ(kube.state("again"), "active");
        EXPECT_EQ(recorded.orphans, 0U) << static_cast<int>(how);
        EXPECT_THAT(recorded.events, Not(testing::Contains("shop RefsOrphaned")));
        kube.before_write = nullptr;
        kube.after_write = nullptr;
        kube.remove("again");
        see();
        few_passes();
        ASSERT_FALSE(kube.exists("again"));
    }
}

TEST_F(loop_events, tells_of_orphans_where_it_would_not_detach_any_more)
{
    attach("web", cert_a);
    create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
    passes();
    kube.before_write = [](const kube::patch_request& request) {
        return request.name == "web" && request.subresource.empty()
                   ? std::optional(support::error{support::errc::status, "no", 403, {}})
                   : std::nullopt;
    };
    kube.remove("web");
    see();
    few_passes();
    // The finalizer of the duplicate is removed too, so the first binding has to detach; but the cloud
    // refuses.
    kube.update("again", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("again");
    one->sink->deleted(kube.last_removed());
    recorded.orphans = 0;
    cloud.before_put = [](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}});
    };
    few_passes();
    ASSERT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    see();
    EXPECT_EQ(recorded.orphans, 1U);
}

TEST_F(loop_events, tells_of_no_orphans_where_a_binding_that_was_detached_is_stripped_by_hand)
{
    attach("web", cert_a);
    kube.remove("web");
    kube.before_write = [](const kube::patch_request& request) {
        return request.subresource.empty()
                   ? std::optional(support::error{support::errc::status, "no", 403, {}})
                   : std::nullopt;
    };
    see();
    few_passes();
    ASSERT_THAT(row().slots.sni_refs, IsEmpty());
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = {"example.com/another"}; });
    see();
    EXPECT_EQ(recorded.orphans, 0U);
}

}  // namespace
