#include "binding/resource/merge_patch.hpp"

#include "binding/plan/plan_fixture.hpp"
#include "binding/resource/object_json.hpp"
#include "binding/status/ready_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using binding::condition_status;
using binding::reason;
using testing::IsEmpty;

const support::wall_time created = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

TEST(merge_patch, a_patch_is_conditional_on_the_object_that_was_seen)
{
    const auto object = decoded(some_object());
    for (const std::string& text :
         {finalizers_patch(object, true), finalizers_patch(object, false), status_patch(object, object.status)
         })
    {
        const json patch = json::parse(text);
        EXPECT_EQ(patch["metadata"]["uid"], "00000000-0000-4000-8000-000000000001");
        EXPECT_EQ(patch["metadata"]["resourceVersion"], "1234");
    }
}

TEST(merge_patch, the_finalizers_of_others_stay)
{
    const auto object = decoded(some_object());
    const json with = json::parse(finalizers_patch(object, true));
    const json without = json::parse(finalizers_patch(object, false));
    EXPECT_EQ(with["metadata"]["finalizers"], json({"other.example/keep", "certificates.bycloud.io/detach"}));
    EXPECT_EQ(without["metadata"]["finalizers"], json::array({"other.example/keep"}));
    EXPECT_EQ(with["metadata"].size(), 3U) << "nothing else is touched";
    EXPECT_EQ(with.size(), 1U);
}

TEST(merge_patch, a_written_status_reads_back_as_it_was)
{
    auto object = decoded(some_object());
    binding::binding_state state;
    state.certificate_id = certificate_id("a");
    state.certificate = binding::observed<cloud::answer<cloud::certificate>>{{}, not_active("a")};
    for (const reason why :
         {reason::attached,
          reason::progressing,
          reason::conflict,
          reason::cloud_unavailable,
          reason::detaching})
    {
        const auto wanted = render(
            object,
            {why, why == reason::attached ? "" : "why", condition_status::true_},
            object.status.ledger,
            state,
            created + std::chrono::hours(5)
        );
        json written = some_object();
        written.merge_patch(json::parse(status_patch(object, wanted)));
        EXPECT_EQ(decoded(written).status, wanted) << name_of(why);
    }
}

TEST(merge_patch, the_documented_fields_are_written)
{
    const auto object = decoded(some_object());
    const json status = json::parse(status_patch(object, object.status))["status"];
    EXPECT_EQ(status["state"], "active");
    EXPECT_EQ(status["errorMessage"], "");
    EXPECT_EQ(status["id"], "00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(status["crn"], "crn:sao1:certificate:binding:00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(status["createdAt"], "2026-11-24T00:00:00Z");
    EXPECT_EQ(status["observedGeneration"], 3);
    EXPECT_EQ(status["certificate"]["expiresAt"], "2027-01-01T00:00:00Z");
    EXPECT_EQ(status["attachments"][0]["confirmed"], true);
    EXPECT_EQ(status["attachments"][1]["confirmed"], false);
    EXPECT_EQ(status["attachments"][1]["slot"], "default");
    EXPECT_EQ(status["cloud"]["loadBalancerEndpoint"], "http://octavia/v2");
    EXPECT_EQ(status["cloud"]["credentialSource"], "Controller");
    EXPECT_EQ(status["lastHandledReconcileAt"], "morning");
}

TEST(merge_patch, what_is_empty_is_taken_away)
{
    auto object = decoded(some_object());
    json written = some_object();
    written.merge_patch(json::parse(status_patch(object, binding::status())));
    const json& status = written["status"];
    EXPECT_THAT(status["attachments"], IsEmpty());
    EXPECT_THAT(status["conditions"], IsEmpty());
    EXPECT_FALSE(status.contains("cloud"));
    EXPECT_FALSE(status.contains("replacedDefaultRef"));
    EXPECT_FALSE(status.contains("certificate"));
}

TEST(merge_patch, a_condition_that_is_absent_is_not_written)
{
    const auto object = decoded(some_object());
    const json status = json::parse(status_patch(object, object.status))["status"];
    ASSERT_EQ(status["conditions"].size(), 1U);
    EXPECT_EQ(status["conditions"][0]["type"], "Ready");
}

TEST(merge_patch, conditions_of_other_managers_stay)
{
    json shown = some_object();
    const json audited = {
        {"type", "example.com/Audited"},
        {"status", "True"},
        {"reason", "ByHand"},
        {"message", "said \"so\""},
        {"extra", {1, nullptr}}
    };
    const json sunny = {{"type", "Sunny"}, {"status", "Unknown"}, {"reason", "Attached"}};
    shown["status"]["conditions"].insert(shown["status"]["conditions"].begin(), audited);
    shown["status"]["conditions"].push_back(sunny);
    const auto object = decoded(shown);
    const auto wanted =
        render(object, {reason::conflict, "why"}, object.status.ledger, binding::binding_state(), created);
    const json written = json::parse(status_patch(object, wanted))["status"]["conditions"];
    EXPECT_THAT(written, testing::Contains(audited));
    EXPECT_THAT(written, testing::Contains(sunny));
    json after = shown;
    after.merge_patch(json::parse(status_patch(object, wanted)));
    EXPECT_EQ(decoded(after).status, wanted) << "what is written reads back as it was";
    EXPECT_EQ(decoded(after).status.other_conditions, object.status.other_conditions);
}

TEST(merge_patch, a_message_that_is_no_utf8_is_written_all_the_same)
{
    const auto object = decoded(some_object());
    auto wanted = object.status;
    wanted.error_message = support::interned("\xff\xfe");
    EXPECT_TRUE(json::accept(status_patch(object, wanted)));
}

}  // namespace
