#include "chart/cluster.hpp"

#include "testbed/eventually.hpp"

namespace test {
namespace {

void create_namespaces(testbed::servers& servers)
{
    ASSERT_TRUE(succeeds(servers.kubectl({"apply", "-f", PROJECT_FOLDER "/manifests/namespace.yaml"})));
    for (const auto* name : {team_a, team_b})
    {
        ASSERT_TRUE(succeeds(servers.kubectl({"create", "namespace", name})));
    }
}

}  // namespace

testbed::environment& kubernetes = testbed::environment::add({}, create_namespaces);

testbed::outcome helm(const std::string& verb, const std::vector<std::string>& flags)
{
    std::vector<std::string> arguments{
        verb, controller_name, chart_folder, "--namespace", controller_namespace, "--set", needed_value
    };
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return kubernetes->helm(std::move(arguments));
}

testbed::outcome install_second(const std::vector<std::string>& flags)
{
    std::vector<std::string> arguments{
        "install",
        "second",
        chart_folder,
        "--namespace",
        team_b,
        "--set",
        needed_value,
        "--set=crds.enabled=false"
    };
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return kubernetes->helm(std::move(arguments));
}

std::vector<json> as_served(const std::string& yaml)
{
    const auto served = kubernetes->kubectl(
        {"apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"}, yaml
    );
    EXPECT_TRUE(succeeds(served)) << yaml;
    const json list = json::parse(served.out, nullptr, false);
    return list.is_object() ? list.value("items", std::vector<json>{list}) : std::vector<json>{};
}

std::vector<json> rendered(const std::vector<std::string>& flags)
{
    const auto result = helm("template", flags);
    EXPECT_TRUE(succeeds(result));
    return as_served(result.out);
}

json first_of(const std::vector<json>& objects, const std::string& kind)
{
    for (const json& object : objects)
    {
        if (object.at("kind") == kind)
        {
            return object;
        }
    }
    ADD_FAILURE() << "there is no " << kind;
    return nullptr;
}

std::string argument_of(const json& deployment, const std::string& flag)
{
    for (const json& argument : deployment.at("/spec/template/spec/containers/0/args"_json_pointer))
    {
        const auto text = argument.get<std::string>();
        if (text.starts_with(flag + "="))
        {
            return text.substr(flag.size() + 1);
        }
    }
    return "(absent)";
}

testing::AssertionResult serves_bindings()
{
    return testbed::eventually("the resource", [] {
        return succeeds(kubernetes->kubectl({"get", "certbind", "--all-namespaces"}));
    });
}

void installation::TearDown()
{
    const auto releases = kubernetes->helm({"list", "--all-namespaces", "-o", "json"});
    for (const json& release : json::parse(releases.out))
    {
        EXPECT_TRUE(succeeds(kubernetes->helm(
            {"uninstall",
             release.at("name").get<std::string>(),
             "--namespace",
             release.at("namespace").get<std::string>()}
        )));
    }
    // Removes the objects that came without Helm. The namespaces stay for other tests.
    for (const auto* kinds :
         {"deployments,poddisruptionbudgets,serviceaccounts,roles,rolebindings",
          "clusterroles,clusterrolebindings"})
    {
        EXPECT_TRUE(succeeds(kubernetes->kubectl(
            {"delete",
             kinds,
             "--all-namespaces",
             "--selector",
             "app.kubernetes.io/name=certificate-binding-controller"}
        )));
    }
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"delete", "crd", crd_name, "--ignore-not-found"})));
}

}  // namespace test
