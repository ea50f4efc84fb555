#include "app/options.hpp"
#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

// How the chart renders its values.
namespace test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- the CustomResourceDefinition ----

json spec_of_crd(const std::vector<json>& objects)
{
    return first_of(objects, "CustomResourceDefinition")["spec"];
}

TEST(chart, has_the_definition_of_the_project)
{
    const auto original = kubernetes->kubectl(
        {"apply", "--server-side", "--dry-run=server", "-o", "json", "-f", PROJECT_FOLDER "/crds"}
    );
    ASSERT_TRUE(succeeds(original));
    EXPECT_EQ(spec_of_crd(rendered()).dump(2), json::parse(original.out)["spec"].dump(2));
}

TEST(chart, keeps_the_definition_unless_told_otherwise)
{
    const auto policy = [](const std::vector<std::string>& flags) {
        json crd = first_of(rendered(flags), "CustomResourceDefinition");
        return crd["metadata"].value("annotations", json::object()).value("helm.sh/resource-policy", "");
    };
    EXPECT_EQ(policy({}), "keep");
    EXPECT_EQ(policy({"--set", "crds.keep=false"}), "");
}

std::vector<std::string> kinds(const std::vector<json>& objects)
{
    std::vector<std::string> result;
    for (const json& object : objects)
    {
        result.push_back(object.at("kind").get<std::string>());
    }
    return result;
}

TEST(chart, leaves_out_what_is_not_wanted)
{
    EXPECT_THAT(kinds(rendered({"--set", "crds.enabled=false"})), Not(Contains("CustomResourceDefinition")));
    EXPECT_THAT(kinds(rendered({"--set", "serviceAccount.create=false"})), Not(Contains("ServiceAccount")));
    EXPECT_THAT(
        kinds(rendered({"--set", "rbac.create=false"})), Not(Contains(testing::ContainsRegex("Role")))
    );
    EXPECT_EQ(std::ranges::count(kinds(rendered()), "ClusterRole"), 1);
    const auto with_users = rendered({"--set", "rbac.aggregateClusterRoles=true"});
    EXPECT_EQ(std::ranges::count(kinds(with_users), "ClusterRole"), 3);
}

// ---- the program ----

json container_of(const std::vector<json>& objects)
{
    return first_of(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
}

app::options options_of(const json& container)
{
    const auto parsed = app::parse_options(
        container.at("args").get<std::vector<std::string>>(), [](const std::string&) { return std::nullopt; }
    );
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return parsed ? std::get<app::options>(*parsed) : app::options{};
}

TEST(chart, starts_the_program_with_its_own_defaults_but_for_the_log_and_the_metrics)
{
    const auto options = options_of(container_of(rendered()));
    const app::options defaults;
    EXPECT_EQ(options.cloud_config, "/etc/openstack/clouds.yaml");
    EXPECT_EQ(options.cloud, defaults.cloud);
    EXPECT_EQ(options.namespaces, defaults.namespaces);
    EXPECT_THAT(options.credential_namespaces, testing::ElementsAre(controller_namespace));
    EXPECT_EQ(options.allowed_auth_urls, defaults.allowed_auth_urls);
    EXPECT_EQ(options.resync_period, defaults.resync_period);
    EXPECT_EQ(options.write_deadline, defaults.write_deadline);
    EXPECT_EQ(options.cloud_timeout, defaults.cloud_timeout);
    EXPECT_EQ(options.metrics, (net::listen_address{"", 8080}));
    EXPECT_EQ(options.debug, (net::listen_address{"127.0.0.1", 8081}));
    EXPECT_TRUE(options.expiry_metrics);
    EXPECT_EQ(options.requests, defaults.requests);
    EXPECT_EQ(options.loop_lag_warning, defaults.loop_lag_warning);
    EXPECT_EQ(options.expiry_warning_days, defaults.expiry_warning_days);
    EXPECT_EQ(options.log_level, defaults.log_level);
    EXPECT_EQ(options.log_format, support::log_format::json);
}

TEST(chart, passes_its_values_on_to_the_program)
{
    using namespace std::chrono_literals;
    json container = container_of(rendered({
        "--set=cloudConfig.key=prod.yaml",
        "--set=cloudConfig.cloud=prod: \"a\" #1",
        "--set=watchNamespaces={team-b,team-a}",
        "--set=allowControllerCredentials={team-a,team-b}",
        "--set=allowedAuthUrls={https://ks.example/v3,*}",
        "--set=resyncPeriod=1h30m",
        "--set=writeDeadline=45s",
        "--set=cloudTimeout=90s",
        "--set=metrics.port=9090",
        "--set=metrics.expiries=false",
        "--set=debug.port=9091",
        "--set=budgets.cloudRequests=100",
        "--set=budgets.requestsPerServer=20",
        "--set=budgets.kubernetesRequests=10",
        "--set=loopLagWarning=3s",
        "--set-string=expiryWarningDays=60\\,7",
        "--set=log.level=debug",
        "--set=log.format=text",
        "--set=extraEnv[0].name=NO_PROXY",
        "--set=extraEnv[0].value=10.0.0.0/8",
    }));
    const auto options = options_of(container);
    EXPECT_EQ(options.cloud_config, "/etc/openstack/prod.yaml");
    EXPECT_EQ(options.cloud, "prod: \"a\" #1");
    EXPECT_THAT(options.namespaces, testing::ElementsAre(team_a, team_b));
    EXPECT_THAT(options.credential_namespaces, testing::ElementsAre(team_a, team_b));
    EXPECT_THAT(options.allowed_auth_urls, testing::ElementsAre("https://ks.example/v3", "*"));
    EXPECT_EQ(options.resync_period, 90min);
    EXPECT_EQ(options.write_deadline, 45s);
    EXPECT_EQ(options.cloud_timeout, 90s);
    EXPECT_EQ(options.metrics, (net::listen_address{"", 9090}));
    EXPECT_FALSE(options.expiry_metrics);
    EXPECT_EQ(options.requests, (net::request_limits{20, 10, 100}));
    EXPECT_EQ(options.loop_lag_warning, 3s);
    EXPECT_EQ(options.debug, (net::listen_address{"127.0.0.1", 9091}));
    EXPECT_THAT(options.expiry_warning_days, testing::ElementsAre(60, 7));
    EXPECT_EQ(options.log_level, support::log_level::debug);
    EXPECT_EQ(options.log_format, support::log_format::text);
    EXPECT_EQ(container["env"].dump(), R"([{"name":"NO_PROXY","value":"10.0.0.0/8"}])");
}

TEST(chart, lets_extra_arguments_come_last)
{
    const auto args = container_of(rendered({"--set=extraArgs={--context=pod}"}))["args"];
    EXPECT_EQ(args.back(), "--context=pod");
    EXPECT_EQ(options_of({{"args", args}}).context, "pod");
}

TEST(chart, has_a_value_for_each_flag_that_a_pod_can_use)
{
    const auto help = app::parse_options({"--help"}, [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(help);
    const auto text = std::get<app::exit_text>(*help).text;
    std::set<std::string> flags;
    const std::regex flag("\n +(?:-\\w,)?(--[a-z-]+)");
    for (std::sregex_iterator match(text.begin(), text.end(), flag); match != std::sregex_iterator(); ++match)
    {
        flags.insert((*match)[1]);
    }
    for (const auto* of_a_shell : {"--context", "--help", "--kubeconfig", "--version"})
    {
        EXPECT_EQ(flags.erase(of_a_shell), 1U) << of_a_shell;
    }
    const json args = container_of(rendered(
        {"--set=cloudConfig.cloud=prod",
         "--set=watchNamespaces={team-a},allowControllerCredentials={team-a}",
         "--set=allowedAuthUrls={*}",
         "--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=tls,bindingsApi.namespace=team-a",
         "--set=bindingsApi.defaultRegion=sao1"}
    ))["args"];
    const json without_api =
        container_of(rendered({"--set=labelSelector=region=sao1,leaderElection.resourceName=sao1"}))["args"];
    for (const auto* shown : {&args, &without_api})
    {
        for (const json& argument : *shown)
        {
            const auto text_of_argument = argument.get<std::string>();
            flags.erase(text_of_argument.substr(0, text_of_argument.find('=')));
        }
    }
    EXPECT_THAT(flags, IsEmpty());
}

TEST(chart, serves_the_bindings_api_only_if_asked_for)
{
    EXPECT_FALSE(options_of(container_of(rendered())).bindings_api.address);
    const auto objects = rendered(
        {"--set=bindingsApi.enabled=true,bindingsApi.tlsSecret=api-tls,bindingsApi.defaultRegion=sao1"}
    );
    const json container = container_of(objects);
    const auto options = options_of(container).bindings_api;
    EXPECT_EQ(options.address, (net::listen_address{"", 8443}));
    EXPECT_EQ(options.region, "sao1");
    const json& mount = container["volumeMounts"][1];
    EXPECT_EQ(options.certificate_file, mount["mountPath"].get<std::string>() + "/tls.crt");
    EXPECT_EQ(options.key_file, mount["mountPath"].get<std::string>() + "/tls.key");
    const json pod = first_of(objects, "Deployment")["spec"]["template"];
    EXPECT_EQ(pod["spec"]["volumes"][1]["name"], mount["name"]);
    EXPECT_EQ(pod["spec"]["volumes"][1]["secret"]["secretName"], "api-tls");
    const json service = first_of(objects, "Service")["spec"];
    EXPECT_EQ(service["ports"][0]["port"], 443);
    EXPECT_EQ(service["ports"][0]["targetPort"], container["ports"][1]["name"]);
    EXPECT_EQ(container["ports"][1]["containerPort"], 8443);
    for (const auto& [label, value] : service["selector"].items())
    {
        EXPECT_EQ(pod["metadata"]["labels"][label], value);
    }
}

TEST(chart, probes_the_program_where_it_serves_its_pages)
{
    json container = container_of(rendered({"--set=metrics.port=9090"}));
    EXPECT_EQ(container["ports"][0]["containerPort"], 9090);
    EXPECT_EQ(container["livenessProbe"]["httpGet"]["path"], "/livez");
    EXPECT_EQ(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    for (const auto* probe : {"livenessProbe", "readinessProbe"})
    {
        EXPECT_EQ(container[probe]["httpGet"]["port"], container["ports"][0]["name"]);
    }
}

TEST(chart, takes_the_image_by_tag_or_by_digest)
{
    EXPECT_EQ(container_of(rendered())["image"], "certificate-binding-controller:" PROJECT_VERSION);
    EXPECT_EQ(
        container_of(rendered({"--set=image.repository=example.com/cbc", "--set-string=image.tag=7"})
        )["image"],
        "example.com/cbc:7"
    );
    const auto digest = "sha256:" + std::string(64, 'd');
    EXPECT_EQ(
        container_of(rendered({"--set-string=image.tag=7", "--set=image.digest=" + digest}))["image"],
        "certificate-binding-controller@" + digest
    );
}

TEST(chart, mounts_the_secret_where_the_program_looks_for_it_and_for_its_group_alone)
{
    json pod = first_of(rendered(), "Deployment")["spec"]["template"]["spec"];
    json& volume = pod["volumes"][0];
    EXPECT_EQ(volume["secret"]["secretName"], "cloud-config");
    EXPECT_EQ(volume["secret"]["defaultMode"], 0440);
    EXPECT_EQ(pod["securityContext"]["fsGroup"], pod["securityContext"]["runAsGroup"]);
    json& mount = pod["containers"][0]["volumeMounts"][0];
    EXPECT_EQ(mount["name"], volume["name"]);
    EXPECT_EQ(mount["mountPath"], "/etc/openstack");
    EXPECT_EQ(mount["readOnly"], true);
}

TEST(chart, lets_the_pod_be_placed)
{
    json pod = first_of(
        rendered({
            "--set=nodeSelector.disk=ssd",
            "--set=tolerations[0].key=edge",
            "--set=tolerations[0].operator=Exists",
            "--set=affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey=zone",
            "--set=imagePullSecrets[0].name=pull",
            "--set=podLabels.team=edge",
            "--set=podAnnotations.note=seen",
            "--set=terminationGracePeriodSeconds=300",
        }),
        "Deployment"
    )["spec"]["template"];
    EXPECT_EQ(pod["spec"]["nodeSelector"]["disk"], "ssd");
    EXPECT_EQ(pod["spec"]["tolerations"][0]["key"], "edge");
    EXPECT_TRUE(pod["spec"]["affinity"].contains("podAffinity"));
    EXPECT_EQ(pod["spec"]["imagePullSecrets"][0]["name"], "pull");
    EXPECT_EQ(pod["metadata"]["labels"]["team"], "edge");
    EXPECT_EQ(pod["metadata"]["annotations"]["note"], "seen");
    EXPECT_EQ(pod["spec"]["terminationGracePeriodSeconds"], 300);
}

}  // namespace
}  // namespace test
