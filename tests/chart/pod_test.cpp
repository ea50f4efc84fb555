#include "chart/cluster.hpp"

#include <gmock/gmock.h>

// The values that go into the pod as Kubernetes has them. Each is sent to the API server.
namespace test {
namespace {

using testing::HasSubstr;

// The pod with these values, each as PATH=JSON.
json pod_with(std::vector<std::string> values)
{
    for (auto& value : values)
    {
        value.insert(0, "--set-json=");
    }
    return first_of(rendered(values), "Deployment")["spec"]["template"]["spec"];
}

// ---- secrets for pulling the image ----

constexpr auto two_secrets = R"([{"name":"one"},{"name":"two"}])";

TEST(pull_secrets, are_names_or_objects)
{
    for (const auto* values : {R"(["one","two"])", two_secrets, R"(["one",{"name":"two"}])"})
    {
        const json pod = pod_with({std::string("imagePullSecrets=") + values});
        EXPECT_EQ(pod.at("imagePullSecrets").dump(), two_secrets) << values;
    }
}

TEST(pull_secrets, of_global_come_first_and_none_twice)
{
    const json pod =
        pod_with({R"(global.imagePullSecrets=["one",{"name":"two"}])", R"(imagePullSecrets=[{"name":"one"}])"}
        );
    EXPECT_EQ(pod.at("imagePullSecrets").dump(), two_secrets);
}

TEST(pull_secrets, are_none_by_default)
{
    EXPECT_FALSE(pod_with({}).contains("imagePullSecrets"));
}

// ---- the registry ----

struct repository
{
    const char* value;
    const char* image;
};

TEST(registry_of_global, replaces_the_host_of_the_repository)
{
    const std::vector<repository> repositories{
        {"cbc", "mirror.example:5000/docker/cbc"},
        {"team/cbc", "mirror.example:5000/docker/team/cbc"},
        {"registry.example.com/team/cbc", "mirror.example:5000/docker/team/cbc"},
        {"registry:5000/cbc", "mirror.example:5000/docker/cbc"},
        {"localhost/cbc", "mirror.example:5000/docker/cbc"},
        {"team.cbc", "mirror.example:5000/docker/team.cbc"},
    };
    for (const auto& [value, image] : repositories)
    {
        const json pod = pod_with(
            {R"(global.imageRegistry="mirror.example:5000/docker")",
             std::string(R"(image.repository=")") + value + '"'}
        );
        EXPECT_EQ(pod.at("containers")[0].at("image"), image + std::string(":" PROJECT_VERSION)) << value;
    }
}

// ---- names ----

TEST(pod, gets_host_aliases)
{
    constexpr auto aliases = R"([{"hostnames":["keystone.example","octavia.example"],"ip":"10.0.0.5"}])";
    EXPECT_EQ(pod_with({std::string("hostAliases=") + aliases}).at("hostAliases").dump(), aliases);
}

TEST(pod, gets_its_dns)
{
    constexpr auto config =
        R"({"nameservers":["10.0.0.1"],"options":[{"name":"ndots","value":"1"},{"name":"rotate"}],"searches":["example"]})";
    const json pod = pod_with({R"(dnsPolicy="None")", std::string("dnsConfig=") + config});
    EXPECT_EQ(pod.at("dnsPolicy"), "None");
    EXPECT_EQ(pod.at("dnsConfig").dump(), config);

    EXPECT_EQ(pod_with({}).at("dnsPolicy"), "ClusterFirst");
    EXPECT_EQ(pod_with({R"(dnsPolicy="Default")"}).at("dnsPolicy"), "Default");
}

// ---- volumes ----

TEST(pod, gets_volumes_and_mounts_beside_its_own)
{
    const json pod = pod_with({
        R"(extraVolumes=[{"name":"ca","configMap":{"name":"ca"}},{"name":"tmp"}])",
        R"(extraVolumeMounts=[{"name":"ca","mountPath":"/etc/ca","readOnly":true},{"name":"tmp","mountPath":"/tmp"}])",
    });
    const json& volumes = pod.at("volumes");
    ASSERT_EQ(volumes.size(), 3U);
    EXPECT_EQ(volumes[0].at("name"), "cloud-config");
    EXPECT_EQ(volumes[1].at("configMap").at("name"), "ca");
    EXPECT_TRUE(volumes[2].contains("emptyDir"));
    const json& mounts = pod.at("containers")[0].at("volumeMounts");
    ASSERT_EQ(mounts.size(), 3U);
    EXPECT_EQ(mounts[0].at("mountPath"), "/etc/openstack");
    EXPECT_EQ(mounts[1].dump(), R"({"mountPath":"/etc/ca","name":"ca","readOnly":true})");
    EXPECT_EQ(mounts[2].dump(), R"({"mountPath":"/tmp","name":"tmp"})");
}

// ---- spreading ----

TEST(pod, is_spread_among_the_pods_of_the_release_or_those_that_are_named)
{
    const json pod = pod_with({
        R"(topologySpreadConstraints=[)"
        R"({"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"},)"
        R"({"maxSkew":2,"topologyKey":"host","whenUnsatisfiable":"DoNotSchedule","labelSelector":{},"minDomains":3}])",
    });
    const json& constraints = pod.at("topologySpreadConstraints");
    EXPECT_EQ(
        constraints[0].dump(),
        R"({"labelSelector":{"matchLabels":{"app.kubernetes.io/instance":"certificate-binding-controller",)"
        R"("app.kubernetes.io/name":"certificate-binding-controller"}},)"
        R"("maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"})"
    );
    EXPECT_EQ(
        constraints[1].dump(),
        R"({"labelSelector":{},"maxSkew":2,"minDomains":3,"topologyKey":"host","whenUnsatisfiable":"DoNotSchedule"})"
    );
}

// ---- what the API server refuses ----

TEST(pod, is_refused_by_the_api_server_where_its_parts_do_not_fit)
{
    const std::vector<std::pair<std::string, std::string>> refused{
        {R"(extraVolumeMounts=[{"name":"missing","mountPath":"/x"}])", "volumeMounts[1].name: Not found"},
        {R"(extraVolumes=[{"name":"v","emptydir":{}}])", "emptydir: field not declared in schema"},
        {R"(hostAliases=[{"ip":"keystone","hostnames":["a"]}])", "must be a valid IP address"},
        {R"(dnsPolicy="None")", "must provide `dnsConfig` when `dnsPolicy` is None"},
    };
    for (const auto& [value, message] : refused)
    {
        const auto chart = helm("template", {"--set-json=" + value});
        ASSERT_TRUE(succeeds(chart));
        const auto applied = kubernetes->kubectl(
            {"apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"}, chart.out
        );
        EXPECT_NE(applied.code, 0) << value;
        EXPECT_THAT(applied.err, HasSubstr(message));
    }
}

}  // namespace
}  // namespace test
