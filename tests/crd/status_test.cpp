#include "binding/resource/decode.hpp"
#include "binding/resource/merge_patch.hpp"
#include "crd/cluster.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>

#include <ostream>

// The status: its default, the right to write it, and the values that it may have.
namespace test {
namespace {

using testing::HasSubstr;
using testing::Values;

const json unseen{{"observedGeneration", -1}};

class crd_status : public crd
{
protected:
    void SetUp() override { ASSERT_TRUE(succeeds(create(least_binding("shop")))); }
};

// kstatus regards an object without status as ready.
TEST_F(crd_status, of_an_unseen_object_is_behind_its_generation)
{
    const auto created = create(least_binding("second"), {"-o", "json"});
    ASSERT_TRUE(succeeds(created));
    EXPECT_EQ(json::parse(created.out)["status"], unseen);
    EXPECT_EQ(get("second")["status"], unseen);
    const auto listed = kubernetes->kubectl({"get", "certbind", "-o", "json"});
    for (const json& item : json::parse(listed.out)["items"])
    {
        EXPECT_EQ(item.at("status"), unseen);
    }
}

TEST_F(crd_status, that_comes_with_a_new_object_is_not_believed)
{
    json restored = least_binding("restored");
    restored["status"] = {{"state", "active"}, {"observedGeneration", 1}};
    ASSERT_TRUE(succeeds(create(restored)));
    EXPECT_EQ(get("restored")["status"], unseen);
}

TEST_F(crd_status, is_written_through_the_subresource_alone)
{
    ASSERT_TRUE(succeeds(patch("shop", {{"status", {{"state", "active"}}}})));
    EXPECT_EQ(get("shop")["status"], unseen);

    const json spec = get("shop")["spec"];
    const json both{
        {"spec", {{"certificateId", other_certificate_id}}},
        {"metadata", {{"finalizers", {"example.com/mine"}}}},
        {"status", {{"state", "pending"}}},
    };
    ASSERT_TRUE(succeeds(patch_status("shop", both)));
    const json written = get("shop");
    EXPECT_EQ(written.at("status").at("state"), "pending");
    EXPECT_EQ(written.at("spec"), spec);
    EXPECT_FALSE(written.at("metadata").contains("finalizers"));
}

TEST_F(crd_status, is_no_new_generation_and_outlives_one)
{
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", {{"observedGeneration", 1}}}})));
    EXPECT_EQ(get("shop")["metadata"]["generation"], 1);

    ASSERT_TRUE(succeeds(patch("shop", {{"spec", {{"certificateId", other_certificate_id}}}})));
    EXPECT_EQ(get("shop")["metadata"]["generation"], 2);
    EXPECT_EQ(get("shop")["status"]["observedGeneration"], 1);
}

TEST_F(crd_status, is_that_of_an_unseen_object_when_it_is_taken_away)
{
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", {{"state", "active"}, {"observedGeneration", 1}}}}))
    );
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", nullptr}})));
    EXPECT_EQ(get("shop")["status"], unseen);
}

// ---- the writes of the controller ----

binding::certificate_binding decoded(const json& object)
{
    std::string text = object.dump();
    text.reserve(text.size() + 64);  // simdjson may read so far beyond the end
    auto result = binding::decode(text);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return std::move(*result);
}

support::interned text(std::string_view value)
{
    return support::interned(value);
}

// A status with a value in every field.
binding::status full_status(const binding::certificate_binding& object)
{
    using binding::condition_status;
    const auto now = *support::parse_rfc3339("2026-11-24T10:00:00Z");
    const auto ref = [](char kind) {
        return cloud::container_ref("https://barbican.example.com/v1/containers/" + std::string(36, kind));
    };

    binding::status status;
    status.state = binding::state::error;
    status.observed_generation = 1;
    status.error_message = text("the certificate has expired");
    status.identified = true;
    status.updated_at = now;
    status.handled_request = text("2026-11-24T09:00:00Z");
    status.certificate = {object.spec.certificate_id, text("ACTIVE"), now};
    status.ledger.attachments = {
        {ref('a'), binding::slot::default_, true},
        {ref('a'), binding::slot::sni, false},
        {ref('b'), binding::slot::sni, true},
    };
    status.ledger.replaced_default_ref = ref('c');
    status.ledger.scope = {
        text("https://keystone.example.com/v3"),
        text("0123456789abcdef0123456789abcdef"),
        text("sao1"),
        text("https://octavia.example.com/v2.0"),
    };
    for (std::size_t i = 0; i < binding::condition_types; ++i)
    {
        status.conditions.at(i) = {
            i % 2 == 0 ? condition_status::true_ : condition_status::false_,
            binding::reason::certificate_expired,
            1,
            now,
            text("the certificate has expired")
        };
    }
    return status;
}

TEST_F(crd_status, has_a_place_for_everything_that_the_controller_writes)
{
    const auto object = decoded(get("shop"));
    const json written = json::parse(binding::status_patch(object, full_status(object)));
    ASSERT_TRUE(succeeds(patch_status("shop", written)));
    EXPECT_EQ(get("shop")["status"].dump(2), written.at("status").dump(2));
    EXPECT_EQ(decoded(get("shop")).status, full_status(object));
}

TEST_F(crd_status, has_no_place_that_the_controller_never_writes)
{
    const auto object = decoded(get("shop"));
    const json written = json::parse(binding::status_patch(object, full_status(object)))["status"];
    const auto crd = kubernetes->kubectl({"get", "crd", crd_name, "-o", "json"});
    const json schema = json::parse(crd.out)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];

    const std::function<void(const json&, const json&, const std::string&)> compare =
        [&](const json& shape, const json& value, const std::string& path) {
            if (shape.at("type") == "array")
            {
                compare(shape.at("items"), value.at(0), path + "[0]");
            }
            for (const auto& [name, inner] : shape.value("properties", json::object()).items())
            {
                ASSERT_TRUE(value.contains(name)) << path << "." << name;
                compare(inner, value.at(name), path + "." + name);
            }
        };
    compare(schema.at("properties").at("status"), written, "status");
}

TEST_F(crd_status, takes_every_state_and_reason_of_the_controller)
{
    constexpr int most_conditions = 16;
    std::vector<json> batches;
    for (int i = 1; i <= static_cast<int>(binding::reason::certificate_active); ++i)
    {
        if (i % most_conditions == 1)
        {
            batches.push_back(json::array());
        }
        batches.back().push_back({
            {"type", "Type" + std::to_string(i)},
            {"status", "True"},
            {"reason", binding::name_of(static_cast<binding::reason>(i))},
            {"message", ""},
            {"lastTransitionTime", "2026-11-24T10:00:00Z"},
        });
    }
    for (const json& conditions : batches)
    {
        EXPECT_TRUE(succeeds(patch_status("shop", {{"status", {{"conditions", conditions}}}})));
    }
    for (const auto state :
         {binding::state::pending, binding::state::active, binding::state::error, binding::state::deleting})
    {
        EXPECT_TRUE(succeeds(patch_status("shop", {{"status", {{"state", binding::name_of(state)}}}})));
    }
}

// ---- limits ----

json attachment(const std::string& ref, const std::string& slot)
{
    return {{"containerRef", ref}, {"slot", slot}, {"confirmed", true}};
}

json attachments(int count)
{
    json list = json::array();
    for (int i = 0; i < count; ++i)
    {
        list.push_back(attachment("ref " + std::to_string(i), "sni"));
    }
    return list;
}

json condition_with(const json& change)
{
    json condition{
        {"type", "Ready"},
        {"status", "True"},
        {"reason", "Attached"},
        {"message", ""},
        {"lastTransitionTime", "2026-11-24T10:00:00Z"},
    };
    condition.merge_patch(change);
    return {{"conditions", json::array({condition})}};
}

using status_case = json_case;

class crd_status_case : public crd_status, public testing::WithParamInterface<status_case>
{};

using accepted_status = crd_status_case;

TEST_P(accepted_status, and_kept_as_it_is)
{
    ASSERT_TRUE(succeeds(patch_status("shop", {{"status", GetParam().change}})));
    json kept = get("shop")["status"];
    kept.merge_patch(GetParam().change);
    EXPECT_EQ(get("shop")["status"].dump(2), kept.dump(2));
}

INSTANTIATE_TEST_SUITE_P(
    status,
    accepted_status,
    Values(
        status_case{
            "an_attachment_twice",
            {{"attachments", json::array({attachment("a", "sni"), attachment("a", "sni")})}}
        },
        status_case{"sixteen_attachments", {{"attachments", attachments(16)}}},
        status_case{
            "one_ref_in_both_slots",
            {{"attachments", json::array({attachment("a", "default"), attachment("a", "sni")})}}
        },
        status_case{
            "longest_ref_of_octavia",
            {{"attachments", json::array({attachment(std::string(255, 'r'), "default")})}}
        },
        status_case{"longest_default_of_octavia", {{"replacedDefaultRef", std::string(255, 'r')}}},
        status_case{"time_with_a_fraction", {{"updatedAt", "2026-11-24T10:00:00.123Z"}}},
        status_case{"no_error", {{"errorMessage", ""}}},
        status_case{"unknown_condition", condition_with({{"status", "Unknown"}})}
    ),
    name_of
);

using refused_status = crd_status_case;

TEST_P(refused_status, and_told_why)
{
    const auto refused = patch_status("shop", {{"status", GetParam().change}});
    EXPECT_EQ(refused.code, 1) << refused;
    EXPECT_THAT(refused.err, HasSubstr(GetParam().message));
    EXPECT_EQ(get("shop")["status"], unseen);
}

INSTANTIATE_TEST_SUITE_P(
    status,
    refused_status,
    Values(
        status_case{
            "other_state",
            {{"state", "ready"}},
            R"(status.state: Unsupported value: "ready": supported values: "pending", "active", "error", "deleting")"
        },
        status_case{
            "error_message_too_long",
            {{"errorMessage", std::string(2049, 'e')}},
            "status.errorMessage: Too long: may not be more than 2048 bytes"
        },
        status_case{
            "handled_request_too_long",
            {{"lastHandledReconcileAt", std::string(257, 'r')}},
            "status.lastHandledReconcileAt: Too long: may not be more than 256 bytes"
        },
        status_case{
            "created_at_no_time", {{"createdAt", "yesterday"}}, "createdAt in body must be of type date-time"
        },
        status_case{
            "updated_at_without_zone",
            {{"updatedAt", "2026-11-24T10:00:00"}},
            "updatedAt in body must be of type date-time"
        },
        status_case{
            "expires_at_no_time",
            {{"certificate", {{"expiresAt", "never"}}}},
            "expiresAt in body must be of type date-time"
        },
        status_case{
            "generation_as_text",
            {{"observedGeneration", "1"}},
            "observedGeneration in body must be of type integer"
        },
        status_case{
            "seventeen_attachments",
            {{"attachments", attachments(17)}},
            "status.attachments: Too many: 17: must have at most 16 items"
        },
        status_case{
            "attachment_without_ref",
            {{"attachments", json::array({{{"slot", "sni"}}})}},
            "status.attachments[0].containerRef: Required value"
        },
        status_case{
            "attachment_with_empty_ref",
            {{"attachments", json::array({attachment("", "sni")})}},
            "attachments[0].containerRef in body should be at least 1 chars long"
        },
        status_case{
            "attachment_with_long_ref",
            {{"attachments", json::array({attachment(std::string(256, 'r'), "sni")})}},
            "status.attachments[0].containerRef: Too long: may not be more than 255 bytes"
        },
        status_case{
            "attachment_without_slot",
            {{"attachments", json::array({{{"containerRef", "a"}}})}},
            "status.attachments[0].slot: Required value"
        },
        status_case{
            "attachment_in_another_slot",
            {{"attachments", json::array({attachment("a", "ca")})}},
            R"(status.attachments[0].slot: Unsupported value: "ca": supported values: "default", "sni")"
        },
        status_case{
            "replaced_default_too_long",
            {{"replacedDefaultRef", std::string(256, 'r')}},
            "status.replacedDefaultRef: Too long: may not be more than 255 bytes"
        },
        status_case{
            "condition_without_reason",
            condition_with({{"reason", nullptr}}),
            "status.conditions[0].reason: Required value"
        },
        status_case{
            "condition_with_empty_reason",
            condition_with({{"reason", ""}}),
            "conditions[0].reason in body should be at least 1 chars long"
        },
        status_case{
            "condition_with_a_sentence_as_reason",
            condition_with({{"reason", "not found"}}),
            "conditions[0].reason in body should match"
        },
        status_case{
            "condition_neither_true_nor_false_nor_unknown",
            condition_with({{"status", "Maybe"}}),
            R"(status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown")"
        },
        status_case{
            "condition_of_a_generation_before_the_first",
            condition_with({{"observedGeneration", -1}}),
            "conditions[0].observedGeneration in body should be greater than or equal to 0"
        },
        status_case{
            "condition_without_time",
            condition_with({{"lastTransitionTime", nullptr}}),
            "status.conditions[0].lastTransitionTime: Required value"
        },
        status_case{
            "condition_with_an_odd_type",
            condition_with({{"type", "not ready"}}),
            "conditions[0].type in body should match"
        }
    ),
    name_of
);

TEST_F(crd_status, has_each_condition_once)
{
    json conditions = condition_with(json::object());
    const json again = conditions["conditions"][0];
    conditions["conditions"].push_back(again);
    EXPECT_THAT(
        patch_status("shop", {{"status", conditions}}).err,
        HasSubstr(R"(status.conditions[1]: Duplicate value: {"type":"Ready"})")
    );
}

}  // namespace
}  // namespace test
