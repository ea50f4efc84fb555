#include "crd/cluster.hpp"

#include <gmock/gmock.h>

#include <ostream>

// The values that a spec may have, and the fields that may change.
namespace test {
namespace {

using testing::HasSubstr;
using testing::Values;

constexpr auto no_uuid = "the id has to be a UUID, such as 550e8400-e29b-41d4-a716-446655440001";
constexpr auto region_pattern = "should match '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$'";

// A spec that differs from the least one, or from an existing one, by a merge patch. Null removes a field.
using spec_case = json_case;

class crd_spec : public crd, public testing::WithParamInterface<spec_case>
{
protected:
    static json changed_binding()
    {
        json object = least_binding("changed");
        object["spec"].merge_patch(GetParam().change);
        return object;
    }
};

// ---- creation ----

TEST_F(crd, fills_in_what_may_be_left_out)
{
    ASSERT_TRUE(succeeds(create(least_binding("least"))));
    EXPECT_EQ(
        get("least")["spec"].dump(2),
        json({
                 {"certificateId", certificate_id},
                 {"resourceType", "octavia:listener"},
                 {"resourceId", listener_id},
                 {"region", "sao1"},
                 {"options", {{"sni", false}}},
                 {"deletionPolicy", "Detach"},
             })
            .dump(2)
    );
}

using accepted_at_creation = crd_spec;

TEST_P(accepted_at_creation, and_kept_as_it_is)
{
    const json object = changed_binding();
    const auto created = create(object, {"--dry-run=server", "-o", "json"});
    ASSERT_TRUE(succeeds(created));
    json kept = json::parse(created.out)["spec"];
    kept.merge_patch(object.at("spec"));
    EXPECT_EQ(json::parse(created.out)["spec"].dump(2), kept.dump(2));
}

INSTANTIATE_TEST_SUITE_P(
    spec,
    accepted_at_creation,
    Values(
        spec_case{"the_only_resource_type", {{"resourceType", "octavia:listener"}}},
        spec_case{"sni", {{"options", {{"sni", true}}}}},
        spec_case{"no_sni", {{"options", {{"sni", false}}}}},
        spec_case{"detach", {{"deletionPolicy", "Detach"}}},
        spec_case{"retain", {{"deletionPolicy", "Retain"}}},
        spec_case{"region_of_one_letter", {{"region", "a"}}},
        spec_case{"region_in_camel_case", {{"region", "RegionOne"}}},
        spec_case{"region_with_a_dot", {{"region", "eu-de.1"}}},
        spec_case{"region_with_an_underscore", {{"region", "region_one"}}},
        spec_case{"region_of_64_letters", {{"region", std::string(64, 'r')}}},
        spec_case{"credential", {{"cloudCredentialsRef", {{"secretName", "my-cloud"}}}}},
        spec_case{
            "credential_of_one_of_several_clouds",
            {{"cloudCredentialsRef", {{"secretName", "my-cloud.prod"}, {"cloudName", "Prod cloud_1"}}}}
        }
    ),
    name_of
);

using refused_at_creation = crd_spec;

TEST_P(refused_at_creation, and_told_why)
{
    const auto refused = create(changed_binding(), {"--dry-run=server"});
    EXPECT_EQ(refused.code, 1) << refused;
    EXPECT_THAT(refused.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    spec,
    refused_at_creation,
    Values(
        spec_case{"without_certificate", {{"certificateId", nullptr}}, "spec.certificateId: Required value"},
        spec_case{"certificate_empty", {{"certificateId", ""}}, no_uuid},
        spec_case{
            "certificate_in_capitals",
            {{"certificateId", "550E8400-E29B-41D4-A716-446655440001"}},
            "the id has to be in lower case: "
            "550e8400-e29b-41d4-a716-446655440001"
        },
        spec_case{
            "certificate_without_hyphens", {{"certificateId", "550e8400e29b41d4a716446655440001"}}, no_uuid
        },
        spec_case{
            "certificate_after_a_space", {{"certificateId", " 50e8400-e29b-41d4-a716-446655440001"}}, no_uuid
        },
        spec_case{
            "certificate_with_a_line_end",
            {{"certificateId", "550e8400-e29b-41d4-a716-44665544000\n"}},
            no_uuid
        },
        spec_case{"certificate_too_long", {{"certificateId", std::string(certificate_id) + "0"}}, no_uuid},
        spec_case{
            "certificate_of_256_letters",
            {{"certificateId", std::string(256, 'a')}},
            "spec.certificateId: Too long: may not be more than 255 bytes"
        },
        spec_case{
            "certificate_as_href",
            {{"certificateId", "https://kms.example/v1/containers/" + std::string(certificate_id)}},
            "the id is the last part of the href: "
            "550e8400-e29b-41d4-a716-446655440001"
        },
        spec_case{
            "certificate_as_number",
            {{"certificateId", 42}},
            "spec.certificateId in body must be of type string"
        },
        spec_case{"without_listener", {{"resourceId", nullptr}}, "spec.resourceId: Required value"},
        spec_case{"listener_empty", {{"resourceId", ""}}, no_uuid},
        spec_case{
            "listener_in_capitals",
            {{"resourceId", "550E8400-E29B-41D4-A716-446655440002"}},
            "the id has to be in lower case: "
            "550e8400-e29b-41d4-a716-446655440002"
        },
        spec_case{"listener_without_hyphens", {{"resourceId", "550e8400e29b41d4a716446655440002"}}, no_uuid},
        spec_case{
            "listener_of_256_letters",
            {{"resourceId", std::string(256, 'a')}},
            "spec.resourceId: Too long: may not be more than 255 bytes"
        },
        spec_case{
            "listener_as_href",
            {{"resourceId", "/v2/lbaas/listeners/" + std::string(listener_id)}},
            "the id is the last part of the href: "
            "550e8400-e29b-41d4-a716-446655440002"
        },
        spec_case{"without_region", {{"region", nullptr}}, "spec.region: Required value"},
        spec_case{"region_empty", {{"region", ""}}, "spec.region in body should be at least 1 chars long"},
        spec_case{"region_with_a_slash", {{"region", "eu/de"}}, region_pattern},
        spec_case{"region_with_a_space", {{"region", "eu de"}}, region_pattern},
        spec_case{"region_that_begins_with_a_dot", {{"region", ".eu"}}, region_pattern},
        spec_case{"region_that_ends_with_a_hyphen", {{"region", "eu-"}}, region_pattern},
        spec_case{
            "region_of_65_letters",
            {{"region", std::string(65, 'r')}},
            "spec.region: Too long: may not be more than 64 bytes"
        },
        spec_case{
            "other_resource_type",
            {{"resourceType", "octavia:pool"}},
            R"(spec.resourceType: Unsupported value: "octavia:pool": supported values: "octavia:listener")"
        },
        spec_case{
            "sni_as_text", {{"options", {{"sni", "yes"}}}}, "spec.options.sni in body must be of type boolean"
        },
        spec_case{"options_as_list", {{"options", {true}}}, "spec.options in body must be of type object"},
        spec_case{"unknown_option", {{"options", {{"sno", true}}}}, R"(unknown field "spec.options.sno")"},
        spec_case{
            "other_deletion_policy",
            {{"deletionPolicy", "detach"}},
            R"(spec.deletionPolicy: Unsupported value: "detach": supported values: "Detach", "Retain")"
        },
        spec_case{"unknown_field", {{"listenerId", listener_id}}, R"(unknown field "spec.listenerId")"},
        spec_case{
            "credential_without_secret",
            {{"cloudCredentialsRef", {{"cloudName", "prod"}}}},
            "spec.cloudCredentialsRef.secretName: Required value"
        },
        spec_case{
            "credential_that_is_no_name",
            {{"cloudCredentialsRef", {{"secretName", "other/secret"}}}},
            "should match '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'"
        },
        spec_case{
            "credential_of_another_namespace",
            {{"cloudCredentialsRef", {{"secretName", "my-cloud"}, {"namespace", "other"}}}},
            R"(unknown field "spec.cloudCredentialsRef.namespace")"
        },
        spec_case{
            "credential_of_a_cloud_without_name",
            {{"cloudCredentialsRef", {{"secretName", "my-cloud"}, {"cloudName", ""}}}},
            "spec.cloudCredentialsRef.cloudName in body should be at least 1 chars long"
        }
    ),
    name_of
);

TEST_F(crd, refuses_an_object_without_spec)
{
    json object = least_binding("empty");
    object.erase("spec");
    const auto refused = create(object);
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("spec: Required value"));
}

// ---- change ----

// Changes of an existing binding that has SNI and Retain.
class crd_change : public crd_spec
{
protected:
    void SetUp() override
    {
        json object = least_binding("changed");
        object["spec"]["options"]["sni"] = true;
        object["spec"]["deletionPolicy"] = "Retain";
        ASSERT_TRUE(succeeds(create(object)));
    }
};

using accepted_as_change = crd_change;

TEST_P(accepted_as_change, and_makes_a_new_generation)
{
    json wanted = get("changed")["spec"];
    wanted.merge_patch(GetParam().change);
    ASSERT_TRUE(succeeds(patch("changed", {{"spec", GetParam().change}})));
    json changed = get("changed");
    EXPECT_EQ(changed["spec"].dump(2), wanted.dump(2));
    EXPECT_EQ(changed["metadata"]["generation"], 2);
}

INSTANTIATE_TEST_SUITE_P(
    spec,
    accepted_as_change,
    Values(
        spec_case{"rotation", {{"certificateId", other_certificate_id}}},
        spec_case{"from_sni_to_default", {{"options", {{"sni", false}}}}},
        spec_case{"deletion_policy", {{"deletionPolicy", "Detach"}}},
        spec_case{"a_credential_that_comes", {{"cloudCredentialsRef", {{"secretName", "my-cloud"}}}}}
    ),
    name_of
);

TEST_F(crd_change, what_has_a_default_gets_it_back_when_it_is_left_out)
{
    ASSERT_TRUE(succeeds(patch(
        "changed", {{"spec", {{"options", nullptr}, {"deletionPolicy", nullptr}, {"resourceType", nullptr}}}}
    )));
    json spec = get("changed")["spec"];
    EXPECT_EQ(spec["options"]["sni"], false);
    EXPECT_EQ(spec["deletionPolicy"], "Detach");
    EXPECT_EQ(spec["resourceType"], "octavia:listener");
}

TEST_F(crd_change, the_credential_may_change_and_go)
{
    const auto credential = [](const json& value) {
        return patch("changed", {{"spec", {{"cloudCredentialsRef", value}}}});
    };
    ASSERT_TRUE(succeeds(credential({{"secretName", "one"}, {"cloudName", "prod"}})));
    ASSERT_TRUE(succeeds(credential({{"secretName", "two"}, {"cloudName", nullptr}})));
    EXPECT_EQ(get("changed")["spec"]["cloudCredentialsRef"].dump(), R"({"secretName":"two"})");
    ASSERT_TRUE(succeeds(credential(nullptr)));
    EXPECT_FALSE(get("changed")["spec"].contains("cloudCredentialsRef"));
}

using refused_as_change = crd_change;

TEST_P(refused_as_change, by_patch_and_by_replacement)
{
    json replacement = get("changed");
    const json before = replacement;
    replacement["spec"].merge_patch(GetParam().change);

    for (const auto& refused : {patch("changed", {{"spec", GetParam().change}}), replace(replacement)})
    {
        EXPECT_EQ(refused.code, 1) << refused;
        EXPECT_THAT(refused.err, HasSubstr(GetParam().message));
    }
    EXPECT_EQ(get("changed").dump(2), before.dump(2));
}

INSTANTIATE_TEST_SUITE_P(
    spec,
    refused_as_change,
    Values(
        spec_case{
            "other_listener",
            {{"resourceId", other_listener_id}},
            "spec.resourceId: Invalid value: resourceId cannot be changed: create another CertificateBinding "
            "for "
            "the other listener and delete this one"
        },
        spec_case{
            "other_region",
            {{"region", "RegionOne"}},
            "spec.region: Invalid value: region cannot be changed: create another CertificateBinding for the "
            "other "
            "region and delete this one"
        },
        // As long as the enum has one value, it refuses the change before the rule can.
        spec_case{
            "other_resource_type",
            {{"resourceType", "octavia:pool"}},
            R"(spec.resourceType: Unsupported value: "octavia:pool": supported values: "octavia:listener")"
        },
        // Without this rule the next change could set another value.
        spec_case{"listener_left_out", {{"resourceId", nullptr}}, "spec.resourceId: Required value"},
        spec_case{"region_left_out", {{"region", nullptr}}, "spec.region: Required value"},
        spec_case{"certificate_left_out", {{"certificateId", nullptr}}, "spec.certificateId: Required value"},
        spec_case{"malformed_certificate", {{"certificateId", "next"}}, no_uuid}
    ),
    name_of
);

TEST_F(crd_change, refuses_a_change_of_everything_that_is_fixed_with_one_message_each)
{
    const auto refused =
        patch("changed", {{"spec", {{"resourceId", other_listener_id}, {"region", "RegionOne"}}}});
    EXPECT_THAT(refused.err, HasSubstr("spec.resourceId: Invalid value: resourceId cannot be changed"));
    EXPECT_THAT(refused.err, HasSubstr("spec.region: Invalid value: region cannot be changed"));
}

TEST_F(crd_change, refuses_to_lose_the_spec)
{
    EXPECT_THAT(patch("changed", {{"spec", nullptr}}).err, HasSubstr("spec: Required value"));
}

TEST_F(crd, refuses_a_server_side_apply_that_no_longer_has_a_fixed_field)
{
    json object = least_binding("applied");
    const auto apply = [&] {
        return kubernetes->kubectl({"apply", "--server-side", "-f", "-"}, object.dump());
    };
    ASSERT_TRUE(succeeds(apply()));
    object["spec"].erase("region");
    EXPECT_THAT(apply().err, HasSubstr("spec.region: Required value"));
}

}  // namespace
}  // namespace test
