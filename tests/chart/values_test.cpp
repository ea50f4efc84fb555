#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <ostream>

// The values that the chart accepts and refuses.
namespace test {
namespace {

using testing::HasSubstr;

TEST(lint, is_clean_with_the_values_of_the_chart)
{
    EXPECT_TRUE(succeeds(kubernetes->helm({"lint", "--strict", chart_folder})));
}

TEST(lint, is_clean_with_other_values)
{
    EXPECT_TRUE(succeeds(kubernetes->helm({
        "lint",
        "--strict",
        chart_folder,
        "--set=cloudConfig.existingSecret=cloud-config",
        "--set=cloudConfig.cloud=prod",
        "--set=watchNamespaces={team-a,team-b}",
        "--set=crds.keep=false",
        "--set=extraArgs={--log-level=debug}",
        "--set=extraEnv[0].name=NO_PROXY",
        "--set=priorityClassName=high",
        "--set=nodeSelector.disk=ssd",
    })));
}

TEST(chart, wants_to_know_the_secret_of_the_cloud)
{
    const auto refused = kubernetes->helm({"template", controller_name, chart_folder});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        HasSubstr("cloudConfig.existingSecret: name a Secret of this namespace that holds clouds.yaml")
    );
}

struct wrong_value
{
    const char* name;
    const char* value;
    const char* message;
};

std::ostream& operator<<(std::ostream& stream, const wrong_value& value)
{
    return stream << value.value;
}

class refused_value : public testing::TestWithParam<wrong_value>
{};

TEST_P(refused_value, and_told_where)
{
    const auto refused = helm("template", {"--set", GetParam().value});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    values,
    refused_value,
    testing::Values(
        wrong_value{"unknown", "replicas=2", "additional properties 'replicas' not allowed"},
        wrong_value{
            "unknown_within", "crds.install=true", "at '/crds': additional properties 'install' not allowed"
        },
        wrong_value{"text_for_a_flag", "crds.keep=often", "at '/crds/keep': got string, want boolean"},
        wrong_value{"empty_repository", "image.repository=", "at '/image/repository': minLength"},
        wrong_value{"number_as_tag", "image.tag=12", "at '/image/tag': got number, want string"},
        wrong_value{"odd_digest", "image.digest=abc", "at '/image/digest': 'abc' does not match pattern"},
        wrong_value{
            "pull_policy", "image.pullPolicy=Sometimes", "at '/image/pullPolicy': value must be one of"
        },
        wrong_value{
            "key_with_a_path", "cloudConfig.key=a/b", "at '/cloudConfig/key': 'a/b' does not match pattern"
        },
        wrong_value{
            "secret_in_capitals",
            "cloudConfig.existingSecret=A",
            "at '/cloudConfig/existingSecret': 'A' does not match pattern"
        },
        wrong_value{
            "namespaces_as_text", "watchNamespaces=shop", "at '/watchNamespaces': got string, want array"
        },
        wrong_value{
            "odd_namespace",
            "watchNamespaces={Shop}",
            "at '/watchNamespaces/0': 'Shop' does not match pattern"
        },
        wrong_value{
            "namespace_twice",
            "watchNamespaces={shop,shop}",
            "at '/watchNamespaces': items at 0 and 1 are equal"
        },
        wrong_value{
            "odd_namespace_of_credentials",
            "allowControllerCredentials={shop*}",
            "at '/allowControllerCredentials/0': 'shop*' does not match pattern"
        },
        wrong_value{
            "auth_url_without_scheme",
            "allowedAuthUrls={ks.example}",
            "at '/allowedAuthUrls/0': 'ks.example' does not match pattern"
        },
        wrong_value{"period_without_unit", "resyncPeriod=600", "at '/resyncPeriod': got number, want string"},
        wrong_value{"period_of_days", "resyncPeriod=1d", "at '/resyncPeriod': '1d' does not match pattern"},
        wrong_value{
            "negative_deadline", "writeDeadline=-1s", "at '/writeDeadline': '-1s' does not match pattern"
        },
        wrong_value{"log_level", "log.level=trace", "at '/log/level': value must be one of"},
        wrong_value{"log_format", "log.format=xml", "at '/log/format': value must be one of"},
        wrong_value{"arguments_as_text", "extraArgs=--x", "at '/extraArgs': got string, want array"},
        wrong_value{
            "no_time_to_end",
            "terminationGracePeriodSeconds=0",
            "at '/terminationGracePeriodSeconds': minimum"
        },
        wrong_value{
            "number_as_label", "podLabels.version=2", "at '/podLabels/version': got number, want string"
        },
        wrong_value{
            "odd_name", "fullnameOverride=My_App", "at '/fullnameOverride': 'My_App' does not match pattern"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

}  // namespace
}  // namespace test
