#include "binding/resource/codec.hpp"

#include "binding/plan/plan_fixture.hpp"
#include "binding/status/ready_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace test;
using binding::condition_status;
using binding::condition_type;
using binding::reason;
using binding::state;
using json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const support::wall_time created = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

support::result<binding::certificate_binding> decode(std::string text)
{
    text.reserve(text.size() + 64);  // what simdjson may read beyond the end
    return binding::decode(text);
}

support::result<binding::certificate_binding> decode(const json& object)
{
    return decode(object.dump());
}

json some_object()
{
    return json::parse(R"({
        "apiVersion": "certificates.bycloud.io/v1alpha1",
        "kind": "CertificateBinding",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "00000000-0000-4000-8000-000000000001",
            "resourceVersion": "1234",
            "generation": 3,
            "creationTimestamp": "2026-11-24T00:00:00Z",
            "finalizers": ["other.example/keep", "certificates.bycloud.io/detach"],
            "annotations": {"certificates.bycloud.io/reconcile-requested-at": "noon", "more": "x"}
        },
        "spec": {
            "certificateId": "aaaaaaaa-0000-4000-8000-000000000000",
            "resourceType": "octavia:listener",
            "resourceId": "11111111-0000-4000-8000-000000000001",
            "region": "sao1",
            "options": {"sni": true},
            "deletionPolicy": "Retain"
        },
        "status": {
            "state": "active",
            "errorMessage": "",
            "id": "00000000-0000-4000-8000-000000000001",
            "crn": "crn:sao1:certificate:binding:00000000-0000-4000-8000-000000000001",
            "createdAt": "2026-11-24T00:00:00Z",
            "updatedAt": "2026-11-24T00:01:00Z",
            "lastHandledReconcileAt": "morning",
            "observedGeneration": 3,
            "certificate": {
                "id": "aaaaaaaa-0000-4000-8000-000000000000",
                "status": "ACTIVE",
                "expiresAt": "2027-01-01T00:00:00Z"
            },
            "cloud": {
                "identity": "http://keystone/v3",
                "projectId": "project",
                "region": "sao1",
                "loadBalancerEndpoint": "http://octavia/v2",
                "credentialSource": "Controller"
            },
            "attachments": [
                {"containerRef": "http://kms/v1/containers/aaaaaaaa-0000-4000-8000-000000000000", "slot": "sni", "confirmed": true},
                {"containerRef": "http://kms/v1/containers/bbbbbbbb-0000-4000-8000-000000000000", "slot": "default"}
            ],
            "replacedDefaultRef": "http://kms/v1/containers/ffffffff-0000-4000-8000-000000000000",
            "conditions": [
                {
                    "type": "Ready", "status": "True", "observedGeneration": 3,
                    "lastTransitionTime": "2026-11-24T00:01:00Z", "reason": "Attached", "message": ""
                }
            ]
        }
    })");
}

binding::certificate_binding decoded(const json& object)
{
    auto result = decode(object);
    if (!result)
    {
        ADD_FAILURE() << result.error().message;
        return {};
    }
    return std::move(*result);
}

// ---- reading ----

TEST(codec, reads_metadata_and_spec)
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

TEST(codec, reads_the_credential_that_is_named)
{
    json object = some_object();
    EXPECT_TRUE(decoded(object).spec.secret.empty());
    object["spec"]["cloudCredentialsRef"] = {{"secretName", "my-cloud"}};
    EXPECT_EQ(decoded(object).spec.secret.view(), "my-cloud");
    EXPECT_TRUE(decoded(object).spec.cloud.empty());
    object["spec"]["cloudCredentialsRef"]["cloudName"] = "prod";
    EXPECT_EQ(decoded(object).spec.cloud.view(), "prod");
}

TEST(codec, reads_status_and_ledger)
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

TEST(codec, what_is_left_out_has_the_defaults_of_the_schema)
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

TEST(codec, reads_a_deletion_and_the_abandon_annotation)
{
    json object = some_object();
    object["metadata"]["deletionTimestamp"] = "2026-11-24T01:00:00Z";
    object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    const auto parsed = decoded(object);
    EXPECT_TRUE(parsed.deleting);
    EXPECT_TRUE(parsed.abandoned);
}

TEST(codec, only_the_text_true_abandons)
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
    const char* value;  // JSON; "" takes the field away
    const char* named;
};

TEST(codec, what_decides_and_cannot_be_read_is_an_error_that_names_the_field)
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

TEST(codec, what_is_only_shown_and_cannot_be_read_is_as_if_it_were_not_there)
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

TEST(codec, a_status_with_the_id_of_another_object_is_not_of_this_one)
{
    json object = some_object();
    EXPECT_TRUE(decoded(object).status.identified);
    object["status"]["id"] = "00000000-0000-4000-8000-000000000002";
    EXPECT_FALSE(decoded(object).status.identified);
    object["status"].erase("id");
    EXPECT_FALSE(decoded(object).status.identified);
}

TEST(codec, a_reason_of_another_version_makes_its_condition_as_if_it_were_not_there)
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

TEST(codec, conditions_of_others_are_not_ours)
{
    json object = some_object();
    object["status"]["conditions"].push_back({{"type", "Sunny"}, {"status", "True"}, {"reason", "Attached"}});
    object["status"]["conditions"].push_back(7);
    EXPECT_EQ(decoded(object).status[condition_type::ready].status, condition_status::true_);
}

TEST(codec, a_ledger_that_is_null_or_left_out_is_empty)
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

TEST(codec, what_is_no_json_object_is_an_error)
{
    for (const std::string text : {"", "null", "[]", "7", "{", R"({"metadata": )", "<html>", "\"text\""})
    {
        EXPECT_FALSE(decode(text)) << text;
    }
    EXPECT_FALSE(decode(std::string(5000, '[') + std::string(5000, ']')));
    EXPECT_FALSE(decode(std::string("{\"metadata\": \"\xff\xfe\"}")));
}

// ---- writing ----

TEST(codec, a_patch_is_conditional_on_the_object_that_was_seen)
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

TEST(codec, the_finalizers_of_others_stay)
{
    const auto object = decoded(some_object());
    const json with = json::parse(finalizers_patch(object, true));
    const json without = json::parse(finalizers_patch(object, false));
    EXPECT_EQ(with["metadata"]["finalizers"], json({"other.example/keep", "certificates.bycloud.io/detach"}));
    EXPECT_EQ(without["metadata"]["finalizers"], json::array({"other.example/keep"}));
    EXPECT_EQ(with["metadata"].size(), 3U) << "nothing else is touched";
    EXPECT_EQ(with.size(), 1U);
}

TEST(codec, a_written_status_reads_back_as_it_was)
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

TEST(codec, the_documented_fields_are_written)
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

TEST(codec, what_is_empty_is_taken_away)
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

TEST(codec, a_condition_that_is_absent_is_not_written)
{
    const auto object = decoded(some_object());
    const json status = json::parse(status_patch(object, object.status))["status"];
    ASSERT_EQ(status["conditions"].size(), 1U);
    EXPECT_EQ(status["conditions"][0]["type"], "Ready");
}

TEST(codec, a_message_that_is_no_utf8_is_written_all_the_same)
{
    const auto object = decoded(some_object());
    auto wanted = object.status;
    wanted.error_message = support::interned("\xff\xfe");
    EXPECT_TRUE(json::accept(status_patch(object, wanted)));
}

}  // namespace
