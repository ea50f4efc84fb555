#include "chart/cluster.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

// Nothing that is set is ignored in silence: every value changes what the chart renders.
namespace test {
namespace {

struct sample
{
    // Not the default, as JSON.
    std::string value;
    // Flags with which the value is of use.
    std::vector<std::string> beside;
};

const std::map<std::string, sample>& samples()
{
    static const std::map<std::string, sample> all{
        {"affinity", {R"({"nodeAffinity":{}})", {}}},
        {"allowControllerCredentials", {R"(["team-a"])", {}}},
        {"allowedAuthUrls", {R"(["*"])", {}}},
        {"bindingsApi.port", {R"(9443)", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.servicePort", {R"(9443)", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}
        },
        {"bindingsApi.allowHttp", {R"(true)", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.namespace", {R"("shop")", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}
        },
        {"bindingsApi.defaultRegion",
         {R"("sao1")", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.wait", {R"("1m")", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.maxWaiting", {R"(7)", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.requestsPerMinute",
         {R"(0)", {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls"}}},
        {"bindingsApi.tlsSecret", {R"("tls")", {"--set=bindingsApi.enabled=true,bindingsApi.allowHttp=true"}}
        },
        {"budgets.cloudRequests", {"100", {}}},
        {"budgets.kubernetesRequests", {"100", {}}},
        {"budgets.requestsPerServer", {"100", {}}},
        {"cloudConfig.cloud", {R"("prod")", {}}},
        {"cloudConfig.key", {R"("other.yaml")", {}}},
        {"commonAnnotations", {R"({"a":"b"})", {}}},
        {"cloudTimeout", {R"("2m")", {}}},
        {"commonLabels", {R"({"a":"b"})", {}}},
        {"crds.annotations", {R"({"a":"b"})", {}}},
        {"crds.enabled", {"false", {}}},
        {"crds.keep", {"false", {}}},
        {"deploymentAnnotations", {R"({"a":"b"})", {}}},
        {"deploymentLabels", {R"({"a":"b"})", {}}},
        {"dnsConfig", {R"({"nameservers":["10.0.0.1"]})", {}}},
        {"dnsPolicy", {R"("Default")", {}}},
        {"expiryWarningDays", {R"("60")", {}}},
        {"extraArgs", {R"(["--context=pod"])", {}}},
        {"extraEnv", {R"([{"name":"A","value":"b"}])", {}}},
        {"extraObjects", {R"([{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}])", {}}},
        {"extraVolumeMounts",
         {R"([{"name":"a","mountPath":"/a"}])", {R"(--set-json=extraVolumes=[{"name":"a"}])"}}},
        {"extraVolumes", {R"([{"name":"a"}])", {}}},
        {"fullnameOverride", {R"("other")", {}}},
        {"global.commonLabels", {R"({"a":"b"})", {}}},
        {"global.imagePullSecrets", {R"(["a"])", {}}},
        {"global.imageRegistry", {R"("mirror.example")", {}}},
        {"hostAliases", {R"([{"ip":"10.0.0.5","hostnames":["a"]}])", {}}},
        {"image.digest", {R"("sha256:)" + std::string(64, 'd') + '"', {}}},
        {"image.pullPolicy", {R"("Always")", {}}},
        {"image.repository", {R"("other")", {}}},
        {"image.tag", {R"("7")", {}}},
        {"imagePullSecrets", {R"(["a"])", {}}},
        {"labelSelector", {R"("region=sao1")", {"--set=leaderElection.resourceName=sao1"}}},
        {"leaderElection.enabled", {"false", {"--set=replicaCount=1"}}},
        {"leaderElection.leaseDuration", {R"("20s")", {}}},
        {"leaderElection.renewDeadline", {R"("12s")", {}}},
        {"leaderElection.resourceName", {R"("other")", {}}},
        {"leaderElection.retryPeriod", {R"("3s")", {}}},
        {"log.format", {R"("text")", {}}},
        {"log.level", {R"("debug")", {}}},
        {"loopLagWarning", {R"("5s")", {}}},
        {"debug.port", {"9091", {}}},
        {"metrics.expiries", {"false", {}}},
        {"metrics.port", {"9090", {}}},
        {"nameOverride", {R"("other")", {}}},
        {"nodeSelector", {R"({"a":"b"})", {}}},
        {"podAnnotations", {R"({"a":"b"})", {}}},
        {"podDisruptionBudget.enabled", {"false", {}}},
        {"podDisruptionBudget.maxUnavailable", {R"("50%")", {}}},
        {"podDisruptionBudget.minAvailable", {"1", {}}},
        {"podDisruptionBudget.unhealthyPodEvictionPolicy", {R"("IfHealthyBudget")", {}}},
        {"podLabels", {R"({"a":"b"})", {}}},
        {"podSecurityContext", {R"({"runAsUser":1})", {}}},
        {"priorityClassName", {R"("high")", {}}},
        {"rbac.aggregateClusterRoles", {"true", {}}},
        {"rbac.create", {"false", {}}},
        {"replicaCount", {"3", {}}},
        {"resources", {R"({"limits":{"memory":"1Gi"}})", {}}},
        {"resyncPeriod", {R"("1h")", {}}},
        {"securityContext", {R"({"runAsUser":1})", {}}},
        {"serviceAccount.annotations", {R"({"a":"b"})", {}}},
        {"serviceAccount.create", {"false", {}}},
        {"serviceAccount.labels", {R"({"a":"b"})", {}}},
        {"serviceAccount.name", {R"("other")", {}}},
        {"terminationGracePeriodSeconds", {"300", {}}},
        {"tolerations", {R"([{"operator":"Exists"}])", {}}},
        {"topologySpreadConstraints",
         {R"([{"maxSkew":1,"topologyKey":"a","whenUnsatisfiable":"DoNotSchedule"}])", {}}},
        {"watchNamespaces", {R"(["team-a"])", {"--set=allowControllerCredentials={team-a}"}}},
        {"writeDeadline", {R"("1m")", {}}},
    };
    return all;
}

std::vector<std::string> values_of_schema()
{
    std::vector<std::string> paths;
    const std::function<void(const json&, const std::string&)> collect = [&](const json& shape,
                                                                             const std::string& path) {
        for (const auto& [name, inner] : shape.at("properties").items())
        {
            if (inner.contains("properties"))
            {
                collect(inner, path + name + ".");
            }
            else
            {
                paths.push_back(path + name);
            }
        }
    };
    collect(json::parse(testbed::read_file(std::string(chart_folder) + "/values.schema.json")), "");
    return paths;
}

TEST(effects, are_shown_for_every_value)
{
    // parent_chart_test, rendering_test and controllers_test show these four.
    std::vector<std::string> shown{
        "enabled", "cloudConfig.existingSecret", "allowOtherControllers", "bindingsApi.enabled"
    };
    for (const auto& [path, effect] : samples())
    {
        shown.push_back(path);
    }
    EXPECT_THAT(values_of_schema(), testing::UnorderedElementsAreArray(shown));
}

class effect : public testing::TestWithParam<std::string>
{};

TEST_P(effect, is_seen_by_the_api_server)
{
    const auto& [value, beside] = samples().at(GetParam());
    auto with_value = beside;
    with_value.push_back("--set-json=" + GetParam() + "=" + value);
    const auto texts = [](const std::vector<std::string>& flags) {
        std::multiset<std::string> all;
        for (json object : rendered(flags))
        {
            for (const auto* field : {"creationTimestamp", "managedFields", "uid"})
            {
                object["metadata"].erase(field);
            }
            object.erase("status");
            all.insert(object.dump());
        }
        return all;
    };
    EXPECT_NE(texts(with_value), texts(beside));
}

std::vector<std::string> paths_of_samples()
{
    std::vector<std::string> paths;
    for (const auto& [path, effect] : samples())
    {
        paths.push_back(path);
    }
    return paths;
}

INSTANTIATE_TEST_SUITE_P(of, effect, testing::ValuesIn(paths_of_samples()), [](const auto& info) {
    auto name = info.param;
    std::ranges::replace(name, '.', '_');
    return name;
});

}  // namespace
}  // namespace test
