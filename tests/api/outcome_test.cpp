#include "api/outcome.hpp"

#include "api/codes.hpp"
#include "binding/resource/object_json.hpp"

#include <gtest/gtest.h>

namespace {

using api::outcome_of_creation;
using nlohmann::json;

binding::certificate_binding with(const std::string& reason, const std::string& state, int observed = 3)
{
    json object = test::some_object();
    object["status"]["state"] = state;
    object["status"]["observedGeneration"] = observed;
    json& ready = object["status"]["conditions"][0];
    ready["reason"] = reason;
    ready["status"] = reason == "Attached" ? "True" : "False";
    ready["observedGeneration"] = observed;
    return test::decoded(object);
}

TEST(outcome, nothing_is_answered_before_the_loop_speaks_of_this_generation)
{
    EXPECT_EQ(outcome_of_creation(nullptr, false), std::nullopt);
    const auto old = with("Attached", "active", 2);
    EXPECT_EQ(outcome_of_creation(&old, false), std::nullopt);
    EXPECT_EQ(outcome_of_creation(nullptr, true), 201);
    EXPECT_EQ(outcome_of_creation(&old, true), 201);
}

TEST(outcome, ready_is_201_at_once)
{
    const auto ready = with("Attached", "active");
    EXPECT_EQ(outcome_of_creation(&ready, false), 201);
}

TEST(outcome, a_refusal_is_told_at_once_also_while_the_binding_is_pending)
{
    for (const char* state : {"pending", "error"})
    {
        for (const char* reason :
             {"CertificateNotActive", "CertificateNotFound", "Conflict", "ListenerProtocol"})
        {
            const auto object = with(reason, state);
            EXPECT_EQ(
                outcome_of_creation(&object, false), api::http_status_of(*binding::parse_reason(reason))
            );
        }
    }
}

TEST(outcome, progress_is_waited_for)
{
    for (const char* reason : {"Progressing", "LoadBalancerBusy"})
    {
        const auto object = with(reason, "pending");
        EXPECT_EQ(outcome_of_creation(&object, false), std::nullopt);
        EXPECT_EQ(outcome_of_creation(&object, true), 201);
    }
}

TEST(outcome, trouble_of_the_cloud_is_500_at_the_end_and_an_error_that_stays_at_once)
{
    const auto unavailable = with("CloudUnavailable", "pending");
    EXPECT_EQ(outcome_of_creation(&unavailable, false), std::nullopt);
    EXPECT_EQ(outcome_of_creation(&unavailable, true), 500);
    const auto overdue = with("CloudUnavailable", "error");
    EXPECT_EQ(outcome_of_creation(&overdue, false), std::nullopt);
    const auto stays = with("LoadBalancerError", "error");
    EXPECT_EQ(outcome_of_creation(&stays, false), 500);
}

TEST(outcome, a_binding_that_is_being_deleted_is_409)
{
    auto object = with("Attached", "active");
    object.deleting = true;
    EXPECT_EQ(outcome_of_creation(&object, false), 409);
}

TEST(outcome, a_ledger_entry_may_be_attached)
{
    auto object = with("CertificateNotActive", "error");
    EXPECT_TRUE(api::may_be_attached(object));
    object.status.ledger.attachments.clear();
    EXPECT_FALSE(api::may_be_attached(object));
}

}  // namespace
