#include "binding/resource/decode.hpp"

#include "binding/plan/plan_fixture.hpp"
#include "binding/resource/object_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using binding::condition_status;
using binding::condition_type;
using binding::reason;
using binding::state;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const support::wall_time created = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

TEST(decode, reads_metadata_and_spec)
{
    const auto object = decoded(some_object());
    EXPECT_EQ(object.uid.str(), "00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(object.full_name(), "shop/web");
    EXPECT_EQ(object.resource_version, 1234U);
    EXPECT_EQ(object.generation, 3);
    EXPECT_EQ(object.created, created);
    EXPECT_TRUE(object.has_finalizer());
    EXPECT_EQ(object.finalizers.size(), 2U);
    EXPECT_FALSE(object.deleting);
    EXPECT_FALSE(object.abandoned);
    EXPECT_EQ(object.requested_at.view(), "noon");
    EXPECT_EQ(object.spec.certificate_id, certificate_id("a"));
    EXPECT_EQ(object.spec.resource_id.str(), "11111111-0000-4000-8000-000000000001");
    EXPECT_EQ(object.spec.region.view(), "sao1");
    EXPECT_TRUE(object.spec.sni);
    EXPECT_TRUE(object.spec.retain);
}

TEST(decode, reads_the_credential_that_is_named)
{
    json object = some_object();
    EXPECT_TRUE(decoded(object).spec.secret.empty());
    object["spec"]["cloudCredentialsRef"] = {{"secretName", "my-cloud"}};
    EXPECT_EQ(decoded(object).spec.secret.view(), "my-cloud");
    EXPECT_TRUE(decoded(object).spec.cloud.empty());
    object["spec"]["cloudCredentialsRef"]["cloudName"] = "prod";
    EXPECT_EQ(decoded(object).spec.cloud.view(), "prod");
}

TEST(decode, reads_status_and_ledger)
{
    const auto status = decoded(some_object()).status;
    EXPECT_EQ(status.state, state::active);
    EXPECT_EQ(status.observed_generation, 3);
    EXPECT_EQ(status.certificate.expires_at, std::chrono::sys_days(std::chrono::year(2027) / 1 / 1));
    EXPECT_EQ(to_text(status.ledger), "[sni a, default b?, was f]") << "not confirmed unless it says so";
    EXPECT_EQ(status.ledger.scope.project_id.view(), "project");
    EXPECT_TRUE(status.ledger.scope.by_controller);
    EXPECT_EQ(status.handled_request.view(), "morning");
    EXPECT_EQ(status[condition_type::ready].status, condition_status::true_);
    EXPECT_EQ(status[condition_type::ready].reason, reason::attached);
    EXPECT_EQ(status[condition_type::stalled].status, condition_status::absent);
}

TEST(decode, an_entry_of_the_ledger_that_is_there_twice_is_one_and_not_confirmed_if_one_of_them_is_not)
{
    json object = some_object();
    json& list = object["status"]["attachments"];
    const std::size_t entries = list.size();
    json again = list[0];
    again["confirmed"] = false;
    list.push_back(again);
    list.push_back(list[0]);
    const auto parsed = decoded(object).status.ledger.attachments;
    ASSERT_EQ(parsed.size(), entries);
    EXPECT_EQ(parsed[0].container_ref.str(), list[0]["containerRef"].get<std::string>());
    EXPECT_FALSE(parsed[0].confirmed);
}

TEST(decode, what_is_left_out_has_the_defaults_of_the_schema)
{
    json object = some_object();
    object.erase("status");
    object["spec"].erase("options");
    object["spec"].erase("deletionPolicy");
    object["metadata"].erase("finalizers");
    object["metadata"].erase("annotations");
    const auto parsed = decoded(object);
    EXPECT_FALSE(parsed.spec.sni);
    EXPECT_FALSE(parsed.spec.retain);
    EXPECT_FALSE(parsed.has_finalizer());
    EXPECT_EQ(parsed.status, binding::status());
    EXPECT_EQ(parsed.status.observed_generation, -1);
}

TEST(decode, reads_a_deletion_and_the_abandon_annotation)
{
    json object = some_object();
    object["metadata"]["deletionTimestamp"] = "2026-11-24T01:00:00Z";
    object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    const auto parsed = decoded(object);
    EXPECT_TRUE(parsed.deleting);
    EXPECT_TRUE(parsed.abandoned);
}

TEST(decode, a_long_request_is_cut_to_what_the_schema_lets_be_repeated_in_status)
{
    const auto requested = [](const std::string& value) {
        json object = some_object();
        object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = value;
        return decoded(object).requested_at.str();
    };
    EXPECT_EQ(requested(std::string(256, 'x')), std::string(256, 'x'));
    EXPECT_EQ(requested(std::string(257, 'x')), std::string(253, 'x') + "...");
    EXPECT_LE(requested(std::string(10000, '\n') + std::string(300, 'x')).size(), 256U);
}

TEST(decode, only_the_text_true_abandons)
{
    for (const json& value : {json("True"), json("yes"), json(""), json("false"), json(true)})
    {
        json object = some_object();
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = value;
        EXPECT_FALSE(decoded(object).abandoned) << value;
    }
}

// ---- hostile objects ----

struct broken_field
{
    const char* pointer;
    const char* value;  // JSON; "" removes the field
    const char* named;
};

TEST(decode, what_decides_and_cannot_be_read_is_an_error_that_names_the_field)
{
    const broken_field rows[] = {
        {"/metadata", "", "metadata"},
        {"/metadata", "7", "metadata"},
        {"/spec", "", "spec"},
        {"/spec", "[]", "spec"},
        {"/metadata/uid", "", "metadata"},
        {"/metadata/uid", R"("no-uuid")", "metadata"},
        {"/metadata/uid", "7", "metadata"},
        {"/metadata/name", "null", "metadata"},
        {"/metadata/namespace", "{}", "metadata"},
        {"/metadata/resourceVersion", R"("12x")", "metadata.resourceVersion"},
        {"/metadata/resourceVersion", R"("-1")", "metadata.resourceVersion"},
        {"/metadata/resourceVersion", R"("99999999999999999999999")", "metadata.resourceVersion"},
        {"/metadata/resourceVersion", "1234", "metadata"},
        {"/metadata/creationTimestamp", R"("yesterday")", "metadata"},
        {"/metadata/finalizers", "[7]", "metadata.finalizers"},
        {"/metadata/finalizers", R"("certificates.bycloud.io/detach")", "metadata.finalizers"},
        {"/spec/certificateId", R"("../../v1/secrets")", "spec"},
        {"/spec/certificateId", "null", "spec"},
        {"/spec/resourceId", R"("11111111-0000-4000-8000-00000000000")", "spec"},
        {"/spec/region", "1", "spec"},
        {"/spec/cloudCredentialsRef", "{}", "spec.cloudCredentialsRef"},
        {"/spec/cloudCredentialsRef", "[]", "spec.cloudCredentialsRef"},
        {"/spec/cloudCredentialsRef", R"({"secretName":""})", "spec.cloudCredentialsRef"},
        {"/spec/cloudCredentialsRef", R"({"secretName":"x","cloudName":7})", "spec.cloudCredentialsRef"},
        {"/status", R"("gone")", "status"},
        {"/status", "[]", "status"},
        {"/status/attachments", "{}", "status.attachments"},
        {"/status/attachments", R"("none")", "status.attachments"},
        {"/status/attachments/0", "7", "status.attachments"},
        {"/status/attachments/0/containerRef", "", "status.attachments"},
        {"/status/attachments/0/containerRef", R"("")", "status.attachments"},
        {"/status/attachments/0/slot", R"("both")", "status.attachments"},
        {"/status/attachments/1/slot", "", "status.attachments"},
        {"/status/replacedDefaultRef", "7", "status.replacedDefaultRef"},
        {"/status/cloud", R"("here")", "status.cloud"},
        {"/status/cloud/identity", "7", "status.cloud"},
        {"/status/cloud/projectId", "[]", "status.cloud"},
    };
    for (const broken_field& row : rows)
    {
        json object = some_object();
        const json::json_pointer at(row.pointer);
        if (std::string_view(row.value).empty())
        {
            object.at(at.parent_pointer()).erase(at.back());
        }
        else
        {
            object[at] = json::parse(row.value);
        }
        const auto result = decode(object);
        ASSERT_FALSE(result) << row.pointer << " " << row.value;
        EXPECT_EQ(result.error().code, support::errc::bad_answer);
        EXPECT_THAT(result.error().message, HasSubstr(std::string(row.named) + " is missing or malformed"))
            << row.pointer << " " << row.value;
    }
}

TEST(decode, what_is_only_shown_and_cannot_be_read_is_as_if_it_were_not_there)
{
    json object = some_object();
    auto& status = object["status"];
    status["state"] = "splendid";
    status["observedGeneration"] = "3";
    status["errorMessage"] = json::array();
    status["updatedAt"] = 7;
    status["certificate"] = {{"id", "x"}, {"expiresAt", "never"}};
    status["conditions"] = "all fine";
    const auto read = decoded(object).status;
    EXPECT_EQ(read.state, state::unset);
    EXPECT_EQ(read.observed_generation, -1);
    EXPECT_TRUE(read.certificate.id.is_nil());
    EXPECT_EQ(read[condition_type::ready].status, condition_status::absent);
    EXPECT_EQ(to_text(read.ledger), "[sni a, default b?, was f]") << "the ledger is there all the same";
}

TEST(decode, a_status_with_the_id_of_another_object_is_not_of_this_one)
{
    json object = some_object();
    EXPECT_TRUE(decoded(object).status.identified);
    object["status"]["id"] = "00000000-0000-4000-8000-000000000002";
    EXPECT_FALSE(decoded(object).status.identified);
    object["status"].erase("id");
    EXPECT_FALSE(decoded(object).status.identified);
}

TEST(decode, a_reason_of_another_version_makes_its_condition_as_if_it_were_not_there)
{
    for (const json& why : {json("NotYetInvented"), json(""), json(7), json(nullptr)})
    {
        json object = some_object();
        object["status"]["conditions"][0]["reason"] = why;
        const auto parsed = decoded(object);
        EXPECT_FALSE(parsed.status[condition_type::ready].status == condition_status::true_) << why;
        EXPECT_EQ(parsed.status.ledger.attachments.size(), 2U);
    }
}

TEST(decode, conditions_of_others_are_not_ours)
{
    json object = some_object();
    object["status"]["conditions"].push_back({{"type", "Sunny"}, {"status", "True"}, {"reason", "Attached"}});
    object["status"]["conditions"].push_back(7);
    EXPECT_EQ(decoded(object).status[condition_type::ready].status, condition_status::true_);
}

TEST(decode, a_ledger_that_is_null_or_left_out_is_empty)
{
    json object = some_object();
    object["status"]["attachments"] = nullptr;
    object["status"]["cloud"] = nullptr;
    object["status"]["replacedDefaultRef"] = nullptr;
    EXPECT_EQ(decoded(object).status.ledger, binding::ledger());
    object["status"].erase("attachments");
    object["status"].erase("cloud");
    object["status"].erase("replacedDefaultRef");
    EXPECT_EQ(decoded(object).status.ledger, binding::ledger());
}

TEST(decode, what_is_no_json_object_is_an_error)
{
    for (const std::string text : {"", "null", "[]", "7", "{", R"({"metadata": )", "<html>", "\"text\""})
    {
        EXPECT_FALSE(decode(text)) << text;
    }
    EXPECT_FALSE(decode(std::string(5000, '[') + std::string(5000, ']')));
    EXPECT_FALSE(decode(std::string("{\"metadata\": \"\xff\xfe\"}")));
}

}  // namespace
