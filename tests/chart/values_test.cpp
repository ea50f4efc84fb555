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
        "--set=allowControllerCredentials={team-b}",
        "--set=crds.keep=false",
        "--set=extraArgs={--context=prod}",
        "--set=extraEnv[0].name=NO_PROXY",
        "--set=priorityClassName=high",
        "--set=nodeSelector.disk=ssd",
        "--set=imagePullSecrets={regcred}",
        "--set=global.imageRegistry=mirror.example",
        "--set=commonLabels.team=edge",
        "--set=hostAliases[0].ip=10.0.0.5,hostAliases[0].hostnames={keystone.example}",
        R"(--set-json=extraObjects=[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}])",
    })));
}

// Helm takes null as the removal of a default.
TEST(chart, takes_null_for_a_list_or_a_map)
{
    for (const auto* value :
         {"affinity",
          "commonAnnotations",
          "commonLabels",
          "crds.annotations",
          "deploymentAnnotations",
          "deploymentLabels",
          "dnsConfig",
          "dnsPolicy",
          "extraObjects",
          "extraVolumeMounts",
          "extraVolumes",
          "hostAliases",
          "imagePullSecrets",
          "labelSelector",
          "leaderElection.resourceName",
          "podAnnotations",
          "podLabels",
          "serviceAccount.annotations",
          "serviceAccount.labels",
          "topologySpreadConstraints"})
    {
        EXPECT_TRUE(succeeds(helm("template", {"--set", value + std::string("=null")}))) << value;
    }
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
            "allowedAuthUrls: \"ks.example\" is not a URL such as https://keystone.example.com:5000/v3"
        },
        wrong_value{"period_without_unit", "resyncPeriod=600", "at '/resyncPeriod': got number, want string"},
        wrong_value{
            "period_of_days",
            "resyncPeriod=1d",
            "resyncPeriod: must be a duration from 1s to 720h, such as 30s, 10m or 1h30m, not \"1d\""
        },
        wrong_value{
            "deadline_above_the_range",
            "writeDeadline=9h",
            "writeDeadline: must be a duration from 100ms to 1h, such as 30s, 10m or 1h30m, not \"9h\""
        },
        wrong_value{
            "deadline_beyond_the_end_of_the_pod",
            "writeDeadline=10m",
            "terminationGracePeriodSeconds: 180 s are shorter than writeDeadline (10m), so a pod that ends "
            "would be "
            "killed while a change of a listener is under way; set at least writeDeadline plus 0.6 s"
        },
        wrong_value{
            "timeout_below_the_range",
            "cloudTimeout=0s",
            "cloudTimeout: must be a duration from 1s to 1h, such as 30s, 10m or 1h30m, not \"0s\""
        },
        wrong_value{
            "days_above_the_range",
            "expiryWarningDays=9999",
            "expiryWarningDays: \"9999\" is not a number of days from 1 to 3650"
        },
        wrong_value{
            "repository_with_a_tag",
            "image.repository=registry.example.com:5000/cbc:0.1.0",
            "image.repository: registry.example.com:5000/cbc:0.1.0 holds a tag; put what follows the last : "
            "into image.tag"
        },
        wrong_value{
            "repository_with_a_digest",
            "image.repository=registry.example.com/cbc@sha256:0",
            "holds a digest; put what follows the @ into image.digest"
        },
        wrong_value{
            "repository_with_a_scheme",
            "image.repository=https://registry.example.com/cbc",
            "image.repository: https://registry.example.com/cbc is not the name of an image"
        },
        wrong_value{"digest_as_tag", "image.tag=sha256:0", "image.tag: sha256:0 is not a tag"},
        wrong_value{"api_without_tls", "bindingsApi.enabled=true", "bindingsApi.tlsSecret: name a Secret"},
        wrong_value{
            "api_that_waits_too_long",
            "bindingsApi.enabled=true,bindingsApi.allowHttp=true,bindingsApi.wait=6m",
            "bindingsApi.wait: must be a duration from 1s to 5m"
        },
        wrong_value{"api_that_is_off", "bindingsApi.port=9443", "bindingsApi.port: has no effect"},
        wrong_value{
            "api_of_a_namespace_that_is_not_watched",
            "bindingsApi.enabled=true,bindingsApi.allowHttp=true,bindingsApi.namespace=shop,"
            "watchNamespaces={certificate-binding}",
            "bindingsApi.namespace: the controller does not watch shop"
        },
        wrong_value{
            "api_on_the_port_of_the_metrics",
            "bindingsApi.enabled=true,bindingsApi.allowHttp=true,bindingsApi.port=8080",
            "bindingsApi.port: 8080 is the port of metrics.port; choose another one"
        },
        wrong_value{
            "debugging_on_the_port_of_the_metrics",
            "debug.port=8080",
            "debug.port: 8080 is the port of metrics.port; choose another one"
        },
        wrong_value{
            "debugging_on_the_port_of_the_api",
            "bindingsApi.enabled=true,bindingsApi.allowHttp=true,debug.port=8443",
            "debug.port: 8443 is the port of bindingsApi.port; choose another one"
        },
        wrong_value{"no_room_for_requests", "budgets.requestsPerServer=0", "budgets/requestsPerServer"},
        wrong_value{
            "slow_lag_warning", "loopLagWarning=2h", "loopLagWarning: must be a duration from 10ms to 1h"
        },
        wrong_value{
            "odd_region_of_the_api",
            "bindingsApi.defaultRegion=a b",
            "at '/bindingsApi/defaultRegion': 'a b' does not"
        },
        wrong_value{"switched_off", "enabled=false", "enabled: the chart cannot leave itself out"},
        wrong_value{"switched_by_text", "enabled=often", "at '/enabled': got string, want boolean"},
        wrong_value{
            "global_of_another_chart", "global.storageClass=fast", "global.storageClass: the chart uses"
        },
        wrong_value{
            "pull_secret_in_capitals", "imagePullSecrets={A}", "at '/imagePullSecrets/0': 'A' does not match"
        },
        wrong_value{
            "pull_secret_with_a_typo",
            "imagePullSecrets[0].nam=a",
            "at '/imagePullSecrets/0': additional properties 'nam' not allowed"
        },
        wrong_value{
            "global_pull_secrets_as_text",
            "global.imagePullSecrets=a",
            "at '/global/imagePullSecrets': got string, want array"
        },
        wrong_value{
            "registry_with_a_slash",
            "global.imageRegistry=mirror.example/",
            "at '/global/imageRegistry': 'mirror.example/' does not match pattern"
        },
        wrong_value{
            "alias_without_names",
            "hostAliases[0].ip=10.0.0.5",
            "at '/hostAliases/0': missing property 'hostnames'"
        },
        wrong_value{
            "dns_policy_without_effect",
            "dnsPolicy=ClusterFirstWithHostNet",
            "at '/dnsPolicy': value must be one of"
        },
        wrong_value{
            "dns_with_a_typo",
            "dnsConfig.nameserver={10.0.0.1}",
            "at '/dnsConfig': additional properties 'nameserver' not allowed"
        },
        wrong_value{
            "volume_of_the_chart",
            "extraVolumes[0].name=cloud-config",
            "extraVolumes: the chart has a volume cloud-config already; give yours another name"
        },
        wrong_value{
            "mount_without_a_path",
            "extraVolumeMounts[0].name=a",
            "at '/extraVolumeMounts/0': missing property 'mountPath'"
        },
        wrong_value{
            "object_without_a_version",
            "extraObjects[0].kind=Secret",
            "at '/extraObjects/0': missing property 'apiVersion'"
        },
        wrong_value{
            "label_of_the_chart",
            R"(commonLabels.app\.kubernetes\.io/name=evil)",
            "commonLabels: the chart sets the label app.kubernetes.io/name itself"
        },
        wrong_value{
            "pod_label_of_the_chart",
            R"(podLabels.app\.kubernetes\.io/instance=evil)",
            "podLabels: the chart sets the label app.kubernetes.io/instance itself"
        },
        wrong_value{
            "label_that_gives_users_rights",
            R"(serviceAccount.labels.rbac\.authorization\.k8s\.io/aggregate-to-view=a)",
            "serviceAccount.labels: rbac.authorization.k8s.io/aggregate-to-view would give the rights of the "
            "controller to users; rbac.aggregateClusterRoles gives"
        },
        wrong_value{
            "policy_beside_keep",
            R"(crds.annotations.helm\.sh/resource-policy=delete)",
            "crds.annotations: helm.sh/resource-policy says whether the CustomResourceDefinition stays when "
            "the "
            "release is uninstalled; use crds.keep"
        },
        wrong_value{
            "annotations_of_no_definition",
            "crds.annotations.a=b,crds.enabled=false",
            "crds.annotations: there is no CustomResourceDefinition"
        },
        wrong_value{
            "annotations_of_no_account",
            "serviceAccount.annotations.a=b,serviceAccount.create=false",
            "serviceAccount.annotations: there is no ServiceAccount"
        },
        wrong_value{
            "labels_of_no_account",
            "serviceAccount.labels.a=b,serviceAccount.create=false",
            "serviceAccount.labels: there is no ServiceAccount"
        },
        wrong_value{
            "roles_of_users_without_roles",
            "rbac.aggregateClusterRoles=true,rbac.create=false",
            "rbac.aggregateClusterRoles: there are no roles"
        },
        wrong_value{
            "number_in_the_environment",
            "extraEnv[0].name=A,extraEnv[0].value=1",
            "at '/extraEnv/0/value': got number, want string"
        },
        wrong_value{
            "limits_with_a_typo",
            "resources.limit.memory=1Gi",
            "at '/resources': additional properties 'limit' not allowed"
        },
        wrong_value{
            "toleration_with_a_typo",
            "tolerations[0].opertor=Exists",
            "at '/tolerations/0': additional properties 'opertor' not allowed"
        },
        wrong_value{
            "affinity_with_a_typo",
            "affinity.podAfinity.a=b",
            "at '/affinity': additional properties 'podAfinity' not allowed"
        },
        wrong_value{
            "spread_without_a_key",
            "topologySpreadConstraints[0].maxSkew=1",
            "at '/topologySpreadConstraints/0': missing properties 'topologyKey'"
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
