#include "chart/cluster.hpp"
#include "chart/rights.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <regex>
#include <unistd.h>

// The kustomize base: what it holds, what overlays make of it, and what it takes with it.
namespace test {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::HasSubstr;

constexpr auto base = PROJECT_FOLDER "/manifests";
constexpr auto definition_base = PROJECT_FOLDER "/manifests/crd";

std::string built(const std::string& folder)
{
    const auto result = kubernetes->kubectl({"kustomize", folder});
    EXPECT_TRUE(succeeds(result));
    return result.out;
}

// ---- the same as the chart's ----

// The chart knows the namespace of its release. The base takes it from the pod.
void resolve_namespace_of_pod(json& container)
{
    const json variable{
        {"name", "POD_NAMESPACE"},
        {"valueFrom", {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}}}
    };
    if (container.value("env", json::array()) != json::array({variable}))
    {
        return;
    }
    container.erase("env");
    const std::string reference = "$(POD_NAMESPACE)";
    for (json& argument : container["args"])
    {
        auto text = argument.get<std::string>();
        if (const auto at = text.find(reference); at != std::string::npos)
        {
            argument = text.replace(at, reference.size(), controller_namespace);
        }
    }
}

// The object without fields that the server sets or only a release has.
json comparable(json object)
{
    for (const auto* field : {"annotations", "creationTimestamp", "generation", "managedFields", "uid"})
    {
        object["metadata"].erase(field);
    }
    object.erase("status");
    const auto erase_labels = [](json& labels) {
        for (const auto* label :
             {"app.kubernetes.io/instance",
              "app.kubernetes.io/managed-by",
              "app.kubernetes.io/version",
              "helm.sh/chart"})
        {
            labels.erase(label);
        }
    };
    erase_labels(object["metadata"]["labels"]);
    if (object["kind"] == "Deployment")
    {
        json& pod = object["spec"]["template"];
        erase_labels(object["spec"]["selector"]["matchLabels"]);
        erase_labels(pod["metadata"]["labels"]);
        erase_labels(pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]);
        resolve_namespace_of_pod(pod["spec"]["containers"][0]);
    }
    if (object["kind"] == "PodDisruptionBudget")
    {
        erase_labels(object["spec"]["selector"]["matchLabels"]);
    }
    return object;
}

std::map<std::string, std::string> by_name(const std::vector<json>& objects)
{
    std::map<std::string, std::string> texts;
    for (const json& object : objects)
    {
        const auto name = object.at("metadata").at("name").get<std::string>();
        texts[object.at("kind").get<std::string>() + " " + name] = comparable(object).dump(2);
    }
    return texts;
}

TEST(chart, installs_the_same_objects_as_the_kustomize_bases)
{
    const auto of_chart = by_name(rendered());
    const auto of_bases = by_name(as_served(built(definition_base) + "---\n" + built(base)));
    EXPECT_THAT(of_chart, Contains(testing::Key("Deployment certificate-binding-controller")));
    EXPECT_EQ(of_chart, of_bases);
}

TEST(kustomize_base, has_a_namespace_for_restricted_pods_beside_it)
{
    const auto text = testbed::read_file(std::string(base) + "/namespace.yaml");
    json name_space = first_of(as_served(text), "Namespace");
    EXPECT_EQ(name_space["metadata"]["name"], controller_namespace);
    EXPECT_EQ(name_space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
}

// ---- rights, also of overlays ----

TEST_F(installation, by_kustomize_gives_the_same_rights)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", base})));
    EXPECT_TRUE(has_rights(controller_account, team_a, rights_of_controller));
}

struct overlay
{
    const char* name;
    const char* fields;  // of its kustomization.yaml
    const char* of_namespace;
    const char* of_name;  // of the ServiceAccount and the Deployment
};

std::ostream& operator<<(std::ostream& stream, const overlay& value)
{
    return stream << value.name;
}

// The name of the base in the docs.
constexpr auto base_of_docs = "certificate-binding-controller/manifests";

// A folder with a kustomization.yaml, whose text names the base as the docs do.
class overlay_folder
{
public:
    explicit overlay_folder(std::string text)
    {
        fs::create_directories(path_);
        const auto relative = fs::relative(base, path_).string();
        text = std::regex_replace(text, std::regex(base_of_docs), relative);
        EXPECT_THAT(text, HasSubstr(relative));
        testbed::write_file(path_ / "kustomization.yaml", text);
    }
    ~overlay_folder() { fs::remove_all(path_); }
    overlay_folder(const overlay_folder&) = delete;
    overlay_folder& operator=(const overlay_folder&) = delete;

    std::string path() const { return path_.string(); }

private:
    fs::path path_ = fs::path(testing::TempDir()) / ("overlay-" + std::to_string(::getpid()));
};

class an_overlay : public installation, public testing::WithParamInterface<overlay>
{
protected:
    std::string folder() const { return folder_.path(); }

private:
    overlay_folder folder_{std::string("resources: [") + base_of_docs + "]\n" + GetParam().fields};
};

TEST_P(an_overlay, gives_the_account_of_its_pod_the_rights)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", folder()})));
    const auto deployment = kubernetes->kubectl(
        {"get", "deployment", GetParam().of_name, "--namespace", GetParam().of_namespace, "-o", "json"}
    );
    ASSERT_TRUE(succeeds(deployment));
    const json found = json::parse(deployment.out);
    const json& pod = found.at("/spec/template/spec"_json_pointer);
    const auto account = pod["serviceAccountName"].get<std::string>();
    EXPECT_EQ(account, GetParam().of_name);
    EXPECT_TRUE(succeeds(
        kubernetes->kubectl({"get", "serviceaccount", account, "--namespace", GetParam().of_namespace})
    ));
    const auto account_of_pod =
        "system:serviceaccount:" + std::string(GetParam().of_namespace) + ":" + account;
    EXPECT_TRUE(has_rights(account_of_pod, team_a, rights_of_controller));
    EXPECT_TRUE(has_rights(controller_account, team_a, {}));
    EXPECT_TRUE(
        may(account_of_pod,
            "patch",
            "lease/" + argument_of(found, "--leader-elect-resource-name"),
            GetParam().of_namespace)
    );
}

TEST_P(an_overlay, admits_its_own_namespace_to_the_credential_of_the_controller)
{
    const json pod = first_of(as_served(built(folder())), "Deployment")["spec"]["template"]["spec"];
    const json& container = pod["containers"][0];
    EXPECT_THAT(
        container["args"].get<std::vector<std::string>>(),
        Contains("--allow-controller-credentials=$(POD_NAMESPACE)")
    );
    EXPECT_EQ(
        container["env"].dump(),
        R"([{"name":"POD_NAMESPACE","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}}])"
    );
}

INSTANTIATE_TEST_SUITE_P(
    kustomize,
    an_overlay,
    testing::Values(
        overlay{"in_another_namespace", "namespace: team-b\n", team_b, controller_name},
        overlay{
            "with_a_prefix",
            "namespace: team-b\nnamePrefix: edge-\n",
            team_b,
            "edge-certificate-binding-controller"
        },
        overlay{
            "with_a_suffix",
            "namespace: team-b\nnameSuffix: -two\n",
            team_b,
            "certificate-binding-controller-two"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

// ---- what goes with it ----

TEST_F(installation, by_kustomize_is_removed_without_the_bindings_the_secret_and_the_namespace)
{
    for (const auto* folder : {definition_base, base})
    {
        ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", folder})));
    }
    ASSERT_TRUE(serves_bindings());
    const auto in_namespace = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--namespace", controller_namespace});
        return kubernetes->kubectl(std::move(arguments));
    };
    ASSERT_TRUE(succeeds(in_namespace({"apply", "-f", sample})));
    ASSERT_TRUE(succeeds(in_namespace({"create", "secret", "generic", "cloud-config", "--from-literal=a=b"}))
    );

    const auto removed = kubernetes->kubectl({"delete", "-k", base, "--timeout=60s"});
    EXPECT_TRUE(succeeds(removed));
    EXPECT_THAT(removed.out, HasSubstr("deployment.apps \"certificate-binding-controller\" deleted"));
    EXPECT_TRUE(succeeds(in_namespace({"get", "certbind", "shop-default"})));
    EXPECT_TRUE(succeeds(in_namespace({"get", "secret", "cloud-config"})));
    EXPECT_EQ(
        kubernetes->kubectl({"get", "namespace", controller_namespace, "-o", "jsonpath={.status.phase}"}).out,
        "Active"
    );
    EXPECT_TRUE(has_rights(controller_account, team_a, {}));
    in_namespace({"delete", "secret", "cloud-config"});
}

// ---- the overlay of docs/gitops.md ----

constexpr auto overlay_namespace = "tls-system";
constexpr auto overlay_account = "system:serviceaccount:tls-system:certificate-binding-controller";

std::string overlay_of_docs()
{
    const auto text = testbed::read_file(PROJECT_FOLDER "/docs/gitops.md");
    const auto begin = text.find(std::string("# kustomization.yaml\nnamespace: ") + overlay_namespace);
    EXPECT_NE(begin, std::string::npos);
    return text.substr(begin, text.find("```", begin) - begin);
}

class overlay_in_the_docs : public installation
{
protected:
    void SetUp() override
    {
        const json name_space{
            {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", overlay_namespace}}}
        };
        ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", "-"}, name_space.dump())));
        ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", definition_base})));
    }

    std::string folder() const { return folder_.path(); }

    static bool has_deployment(const std::string& in_namespace)
    {
        const auto found = kubernetes->kubectl(
            {"get", "deployment", controller_name, "--namespace", in_namespace, "--ignore-not-found"}
        );
        EXPECT_TRUE(succeeds(found));
        return !found.out.empty();
    }

private:
    overlay_folder folder_{overlay_of_docs()};
};

TEST_F(overlay_in_the_docs, goes_without_the_bindings)
{
    ASSERT_TRUE(serves_bindings());
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", sample, "--namespace", team_a})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", folder()})));
    const auto image = kubernetes->kubectl(
        {"get",
         "deployment",
         controller_name,
         "--namespace",
         overlay_namespace,
         "-o",
         "jsonpath={.spec.template.spec.containers[0].image}"}
    );
    EXPECT_EQ(image.out, "registry.example.com/certificate-binding-controller:" PROJECT_VERSION);
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"delete", "-k", folder(), "--timeout=60s"})));
    EXPECT_FALSE(has_deployment(overlay_namespace));
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "certbind", "shop-default", "--namespace", team_a})));
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "namespace", overlay_namespace})));
}

TEST_F(overlay_in_the_docs, takes_the_place_of_a_base_that_is_deleted_before)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", base})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"delete", "-k", base, "--timeout=60s"})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", folder()})));
    EXPECT_FALSE(has_deployment(controller_namespace));
    EXPECT_TRUE(has_deployment(overlay_namespace));
    EXPECT_TRUE(has_rights(overlay_account, team_a, rights_of_controller));
    EXPECT_TRUE(has_rights(controller_account, team_a, {}));
}

// What the docs warn of.
TEST_F(overlay_in_the_docs, and_a_base_take_the_rights_from_each_other)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", base})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-k", folder()})));
    EXPECT_TRUE(has_deployment(controller_namespace));
    EXPECT_TRUE(has_rights(controller_account, team_a, {}));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"delete", "-k", base, "--timeout=60s"})));
    EXPECT_TRUE(has_deployment(overlay_namespace));
    EXPECT_TRUE(has_rights(overlay_account, team_a, {}));
}

}  // namespace
}  // namespace test
