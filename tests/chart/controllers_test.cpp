#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <ostream>

// Two controllers in one cluster, and a CustomResourceDefinition that is going: what the chart finds there.
namespace test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using strings = std::vector<std::string>;

const strings watch_team_a{"--set=watchNamespaces={team-a},allowControllerCredentials={team-a}"};
const strings watch_team_b{"--set=watchNamespaces={team-b}"};

struct installed
{
    const char* name;
    std::function<testbed::outcome()> install;
    const char* found;  // in the refusal
};

std::ostream& operator<<(std::ostream& stream, const installed& value)
{
    return stream << value.name;
}

class a_controller : public installation, public testing::WithParamInterface<installed>
{
    void SetUp() override { ASSERT_TRUE(succeeds(GetParam().install())); }
};

TEST_P(a_controller, is_found_and_no_second_one_is_installed)
{
    const auto refused = install_second();
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        AllOf(HasSubstr("another controller watches the same bindings"), HasSubstr(GetParam().found))
    );
    EXPECT_NE(kubernetes->helm({"status", "second", "--namespace", team_b}).code, 0) << "there is a release";
}

INSTANTIATE_TEST_SUITE_P(
    chart,
    a_controller,
    testing::Values(
        installed{
            "of_the_chart",
            [] { return helm("install"); },
            "Deployment certificate-binding/certificate-binding-controller, which watches all namespaces"
        },
        installed{
            "with_other_names",
            [] {
                return helm(
                    "install",
                    {"--set=nameOverride=tls,fullnameOverride=edge,image.repository=registry.example/tls"}
                );
            },
            "Deployment certificate-binding/edge, which watches all namespaces"
        },
        installed{
            "of_kustomize",
            [] { return kubernetes->kubectl({"apply", "-k", PROJECT_FOLDER "/manifests"}); },
            "Deployment certificate-binding/certificate-binding-controller, which watches all namespaces"
        },
        installed{
            "of_some_namespaces",
            [] { return helm("install", watch_team_a); },
            "Deployment certificate-binding/certificate-binding-controller, which watches the namespace "
            "team-a"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST_F(installation, of_a_second_controller_is_refused_for_one_shared_namespace)
{
    ASSERT_TRUE(succeeds(helm("install", watch_team_a)));
    const auto refused = install_second({"--set=watchNamespaces={team-b,team-a}", "--dry-run=server"});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr("another controller watches the same bindings"));
}

TEST_F(installation, of_a_second_controller_for_other_namespaces_names_the_first_one)
{
    ASSERT_TRUE(succeeds(helm("install", watch_team_a)));
    const auto second = install_second(watch_team_b);
    ASSERT_TRUE(succeeds(second));
    EXPECT_EQ(second.out.find("There is another controller"), std::string::npos)
        << "who installs nothing cluster-wide is shown his own namespace";
    const auto first = helm("upgrade", watch_team_a);
    ASSERT_TRUE(succeeds(first));
    EXPECT_THAT(
        first.out,
        HasSubstr(
            "There is another controller: Deployment team-b/second-certificate-binding-controller, which "
            "watches the namespace team-b."
        )
    );
}

TEST_F(installation, of_a_second_controller_goes_on_where_that_is_wanted_or_the_first_one_is_stopped)
{
    ASSERT_TRUE(succeeds(helm("install")));
    const auto wanted = install_second({"--set=allowOtherControllers=true", "--dry-run=server"});
    ASSERT_TRUE(succeeds(wanted));
    EXPECT_THAT(wanted.out, HasSubstr("The chart did not look for other controllers"));
    ASSERT_TRUE(succeeds(kubernetes->kubectl(
        {"scale", "deployment", controller_name, "--namespace", controller_namespace, "--replicas=0"}
    )));
    EXPECT_TRUE(succeeds(install_second({"--dry-run=server"})));
}

TEST_F(installation, is_upgraded_beside_its_own_controller)
{
    ASSERT_TRUE(succeeds(helm("install")));
    EXPECT_TRUE(succeeds(helm("upgrade", {"--set=log.level=debug"})));
    EXPECT_TRUE(succeeds(helm("upgrade", {"--set=fullnameOverride=edge"})));
}

// The chart must not ask for more rights than the installation needs.
TEST_F(installation, of_a_namespace_is_open_to_who_has_rights_in_this_namespace_alone)
{
    const auto* rights = R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: owner, namespace: team-b}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: owner, namespace: team-b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: owner}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
)";
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", "-"}, rights)));
    EXPECT_TRUE(succeeds(install_second({"--set=watchNamespaces={team-b}", "--kube-as-user=jane"})));
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"delete", "-f", "-"}, rights)));
}

TEST_F(installation, is_refused_while_the_definition_is_being_deleted)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=crds.keep=false"})));
    ASSERT_TRUE(serves_bindings());
    const auto binding = [](strings arguments) {
        arguments.insert(arguments.begin(), {"--namespace", team_a});
        return kubernetes->kubectl(std::move(arguments));
    };
    const auto set_finalizers = [&](const std::string& value) {
        return binding(
            {"patch",
             "certbind",
             "shop-default",
             "--type=merge",
             "-p",
             R"({"metadata":{"finalizers":)" + value + "}}"}
        );
    };
    ASSERT_TRUE(succeeds(binding({"apply", "-f", sample})));
    ASSERT_TRUE(succeeds(set_finalizers(R"(["certificates.bycloud.io/detach"])")));
    ASSERT_TRUE(succeeds(kubernetes->helm({"uninstall", controller_name, "--namespace", controller_namespace})
    ));

    const auto refused = helm("install");
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        HasSubstr("certificatebindings.certificates.bycloud.io is being deleted and waits for its last")
    );

    ASSERT_TRUE(succeeds(set_finalizers("null")));
    ASSERT_TRUE(succeeds(
        kubernetes->kubectl({"wait", "--for=delete", "crd/" + std::string(crd_name), "--timeout=2m"})
    ));
    EXPECT_TRUE(succeeds(helm("install")));
}

}  // namespace
}  // namespace test
