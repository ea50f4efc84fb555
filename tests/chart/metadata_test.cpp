#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

// Labels, annotations and objects of the user. Each is sent to the API server.
namespace test {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::SizeIs;

using strings = std::map<std::string, std::string>;

strings labels_of(const json& object)
{
    return object.at("metadata").value("labels", strings{});
}

strings annotations_of(const json& object)
{
    return object.at("metadata").value("annotations", strings{});
}

json pod_of(const std::vector<json>& objects)
{
    return first_of(objects, "Deployment").at("spec").at("template");
}

// Makes the chart render each object that it can have.
std::vector<std::string> with_all_objects(std::vector<std::string> flags)
{
    flags.emplace_back("--set=rbac.aggregateClusterRoles=true");
    return flags;
}

TEST(labels, of_all_objects_and_of_the_pod)
{
    const auto flags = with_all_objects({R"(--set-json=commonLabels={"team":"edge"})"});
    for (const auto& namespaces : {"{}", "{team-a,team-b}"})
    {
        auto more = flags;
        if (std::string(namespaces) != "{}")
        {
            more.push_back(std::string("--set=watchNamespaces=") + namespaces);
            more.emplace_back("--set=allowControllerCredentials={team-a}");
        }
        const auto objects = rendered(more);
        EXPECT_THAT(objects, SizeIs(testing::Ge(7U)));
        for (const json& object : objects)
        {
            EXPECT_EQ(labels_of(object)["team"], "edge") << object;
            EXPECT_EQ(labels_of(object)["app.kubernetes.io/name"], controller_name) << object;
        }
        EXPECT_EQ(labels_of(pod_of(objects))["team"], "edge");
    }
}

TEST(labels, are_not_in_the_selector_which_cannot_change)
{
    const auto selector = [](const std::vector<std::string>& flags) {
        return first_of(rendered(flags), "Deployment").at("spec").at("selector").dump();
    };
    EXPECT_EQ(
        selector({"--set=commonLabels.team=edge", "--set=podLabels.pod=edge", "--set=global.commonLabels.a=b"}
        ),
        selector({})
    );
}

TEST(labels, of_one_object_override_those_of_all_and_these_override_the_global_ones)
{
    const auto objects = rendered(with_all_objects({
        R"(--set-json=global.commonLabels={"a":"global","b":"global","c":"global"})",
        R"(--set-json=commonLabels={"b":"common","c":"common"})",
        R"(--set-json=deploymentLabels={"c":"deployment"})",
        R"(--set-json=podLabels={"c":""})",
        R"(--set-json=serviceAccount.labels={"c":"account"})",
    }));
    const auto expect_labels = [](const json& object, const std::string& own) {
        auto labels = labels_of(object);
        EXPECT_EQ(labels["a"], "global") << object;
        EXPECT_EQ(labels["b"], "common") << object;
        EXPECT_EQ(labels["c"], own) << object;
    };
    expect_labels(first_of(objects, "Deployment"), "deployment");
    expect_labels(pod_of(objects), "");
    expect_labels(first_of(objects, "ServiceAccount"), "account");
    expect_labels(first_of(objects, "ClusterRole"), "common");
    expect_labels(first_of(objects, "CustomResourceDefinition"), "common");
}

TEST(annotations, of_all_objects_and_of_one)
{
    const auto objects = rendered(with_all_objects({
        R"(--set-json=commonAnnotations={"note":"common","other":"common"})",
        R"(--set-json=deploymentAnnotations={"note":"deployment"})",
        R"(--set-json=serviceAccount.annotations={"note":"account"})",
        R"(--set-json=crds.annotations={"note":"crd"})",
        R"(--set-json=podAnnotations={"note":"pod"})",
    }));
    const strings own{
        {"Deployment", "deployment"}, {"ServiceAccount", "account"}, {"CustomResourceDefinition", "crd"}
    };
    for (const json& object : objects)
    {
        const auto kind = object.at("kind").get<std::string>();
        EXPECT_EQ(annotations_of(object)["other"], "common") << object;
        EXPECT_EQ(annotations_of(object)["note"], own.contains(kind) ? own.at(kind) : "common") << object;
    }
    EXPECT_EQ(annotations_of(pod_of(objects)), (strings{{"note", "pod"}}));
    EXPECT_EQ(
        annotations_of(first_of(objects, "CustomResourceDefinition"))["helm.sh/resource-policy"], "keep"
    );
}

TEST(annotations, are_none_by_default)
{
    for (const json& object : rendered(with_all_objects({"--set=crds.keep=false"})))
    {
        // The API server adds those of a Deployment's revisions.
        EXPECT_THAT(annotations_of(object), Not(Contains(Key(testing::HasSubstr("helm"))))) << object;
    }
}

TEST(extra_objects, are_objects_or_texts_and_templates)
{
    const auto objects = rendered({
        R"(--set-json=extraObjects=[)"
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{ .Release.Name }}-one"},)"
        R"("data":{"account":"{{ include \"certificate-binding-controller.serviceAccountName\" . }}"}},)"
        R"("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n)"
        R"(  name: {{ .Values.cloudConfig.existingSecret }}\n"])",
    });
    std::set<std::string> names;
    for (const json& object : objects)
    {
        if (object.at("kind") == "ConfigMap")
        {
            names.insert(object.at("metadata").at("name").get<std::string>());
            EXPECT_EQ(labels_of(object), strings{});
        }
    }
    EXPECT_EQ(names, (std::set<std::string>{"certificate-binding-controller-one", "two", "cloud-config"}));
    EXPECT_EQ(first_of(objects, "ConfigMap").value("data", strings{}).size(), 1U);
}

}  // namespace
}  // namespace test
