#include "chart/cluster.hpp"
#include "chart/rights.hpp"

#include <gmock/gmock.h>

// The chart on a real API server. The pod never runs, because there are no nodes.
namespace test {
namespace {

using testing::HasSubstr;

TEST_F(installation, by_helm_is_complete)
{
    ASSERT_TRUE(succeeds(helm("install")));
    EXPECT_TRUE(succeeds(
        kubernetes->kubectl({"get", "deployment", controller_name, "--namespace", controller_namespace})
    ));
    EXPECT_TRUE(serves_bindings());
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", sample, "--namespace", team_a})));
    EXPECT_TRUE(succeeds(helm("upgrade", {"--set=log.level=debug"})));
}

TEST_F(installation, lets_the_controller_do_what_it_does_and_nothing_else)
{
    ASSERT_TRUE(succeeds(helm("install")));
    EXPECT_TRUE(has_rights(controller_account, team_a, rights_of_controller));
}

TEST_F(installation, lets_the_controller_into_the_watched_namespaces_alone)
{
    ASSERT_TRUE(
        succeeds(helm("install", {"--set=watchNamespaces={team-a},allowControllerCredentials={team-a}"}))
    );
    EXPECT_TRUE(has_rights(controller_account, team_a, rights_of_controller));
    EXPECT_TRUE(has_rights(controller_account, team_b, {}));
    EXPECT_TRUE(has_rights(controller_account, controller_namespace, rights_of_leader_election));
}

TEST_F(installation, lets_users_see_and_change_bindings_with_the_roles_they_have)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set", "rbac.aggregateClusterRoles=true"})));
    const auto role = [](const std::string& name) {
        const auto answer = kubernetes->kubectl({"get", "clusterrole", controller_name + name, "-o", "json"});
        EXPECT_TRUE(succeeds(answer));
        return json::parse(answer.out, nullptr, false);
    };
    const json view = role("-view");
    const json edit = role("-edit");
    const auto goes_to = [](const json& from, const std::string& to) {
        return from.at("metadata").at("labels").value("rbac.authorization.k8s.io/aggregate-to-" + to, "") ==
               "true";
    };
    EXPECT_TRUE(goes_to(view, "view") && goes_to(view, "edit") && goes_to(view, "admin"));
    EXPECT_TRUE(!goes_to(edit, "view") && goes_to(edit, "edit") && goes_to(edit, "admin"));
    EXPECT_EQ(
        view.at("rules").dump(),
        R"([{"apiGroups":["certificates.bycloud.io"],"resources":["certificatebindings"],)"
        R"("verbs":["get","list","watch"]}])"
    );
    EXPECT_EQ(
        edit.at("rules").dump(),
        R"([{"apiGroups":["certificates.bycloud.io"],"resources":["certificatebindings"],)"
        R"("verbs":["create","delete","deletecollection","patch","update"]}])"
    );
}

TEST_F(installation, keeps_the_bindings_when_it_is_removed_and_takes_them_up_again)
{
    ASSERT_TRUE(succeeds(helm("install")));
    ASSERT_TRUE(serves_bindings());
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", sample, "--namespace", team_a})));
    const auto binding = [] {
        return kubernetes->kubectl({"get", "certbind", "shop-default", "--namespace", team_a});
    };

    ASSERT_TRUE(succeeds(kubernetes->helm({"uninstall", controller_name, "--namespace", controller_namespace})
    ));
    EXPECT_TRUE(succeeds(binding()));
    EXPECT_TRUE(has_rights(controller_account, team_a, {}));

    EXPECT_TRUE(succeeds(helm("install")));
    EXPECT_TRUE(succeeds(binding()));
}

TEST_F(installation, goes_with_everything_if_that_is_wanted)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=crds.keep=false"})));
    ASSERT_TRUE(succeeds(kubernetes->helm({"uninstall", controller_name, "--namespace", controller_namespace})
    ));
    EXPECT_TRUE(succeeds(
        kubernetes->kubectl({"wait", "--for=delete", "crd/" + std::string(crd_name), "--timeout=2m"})
    ));
}

TEST_F(installation, hands_the_definition_over_with_its_bindings_if_it_is_kept_first)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=crds.keep=false"})));
    ASSERT_TRUE(serves_bindings());
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", sample, "--namespace", team_a})));
    ASSERT_TRUE(succeeds(helm("upgrade", {"--set=crds.keep=true"})));
    ASSERT_TRUE(succeeds(helm("upgrade", {"--set=crds.enabled=false"})));
    const auto definition =
        kubernetes->kubectl({"get", "crd", crd_name, "-o=jsonpath={.metadata.deletionTimestamp}"});
    ASSERT_TRUE(succeeds(definition));
    EXPECT_EQ(definition.out, "") << "it is not being deleted";
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "certbind", "shop-default", "--namespace", team_a})));
}

// The README of the chart says so.
TEST_F(installation, that_failed_for_a_missing_namespace_goes_on_when_the_namespace_is_there)
{
    const std::vector<std::string> flags{"--set=watchNamespaces={late},allowControllerCredentials={late}"};
    EXPECT_THAT(helm("install", flags).err, HasSubstr("namespaces \"late\" not found"));
    EXPECT_THAT(helm("install", flags).err, HasSubstr("cannot reuse a name that is still in use"));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "namespace", "late"})));
    auto with_install = flags;
    with_install.emplace_back("--install");
    EXPECT_TRUE(succeeds(helm("upgrade", with_install)));
    EXPECT_TRUE(has_rights(controller_account, "late", rights_of_controller));
}

// YAML reads such names as numbers or booleans unless they are quoted.
TEST_F(installation, takes_names_of_any_look)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "namespace", "123"})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "namespace", "true"})));
    EXPECT_TRUE(succeeds(kubernetes->helm({
        "install",
        "456",
        chart_folder,
        "--namespace=123",
        "--set-string=cloudConfig.existingSecret=789",
        "--set-string=watchNamespaces[0]=true",
        "--set-string=allowControllerCredentials[0]=true",
        "--set-string=fullnameOverride=1e3",
        "--set-string=nameOverride=off",
        "--set-string=serviceAccount.name=0",
        "--set-string=image.tag=1",
    })));
    const auto answer = kubernetes->kubectl({"get", "deployment", "1e3", "--namespace=123", "-o", "json"});
    ASSERT_TRUE(succeeds(answer));
    EXPECT_EQ(json::parse(answer.out)["spec"]["template"]["spec"]["serviceAccountName"], "0");
    EXPECT_TRUE(has_rights("system:serviceaccount:123:0", "true", rights_of_controller));
}

// ---- Pod Security Standard "restricted" ----

class restricted : public installation
{
protected:
    void SetUp() override
    {
        ASSERT_TRUE(succeeds(helm("install")));
        const auto answer = kubernetes->kubectl(
            {"get", "deployment", controller_name, "--namespace", controller_namespace, "-o", "json"}
        );
        const json pod_template = json::parse(answer.out)["spec"]["template"];
        pod = {
            {"apiVersion", "v1"},
            {"kind", "Pod"},
            {"metadata", {{"name", "probe"}, {"labels", pod_template.at("metadata").at("labels")}}},
            {"spec", pod_template.at("spec")},
        };
    }

    testbed::outcome admit() const
    {
        return kubernetes->kubectl(
            {"create", "--dry-run=server", "--namespace", controller_namespace, "-f", "-"}, pod.dump()
        );
    }

    json pod;
};

TEST_F(restricted, namespaces_admit_the_pod)
{
    EXPECT_TRUE(succeeds(admit()));
}

TEST_F(restricted, namespaces_refuse_it_without_any_of_its_security)
{
    const std::vector<std::string> parts{
        "/spec/securityContext/runAsNonRoot",
        "/spec/securityContext/seccompProfile",
        "/spec/containers/0/securityContext/allowPrivilegeEscalation",
        "/spec/containers/0/securityContext/capabilities",
    };
    const json whole = pod;
    for (const auto& part : parts)
    {
        const json removal = json::array({{{"op", "remove"}, {"path", part}}});
        pod = whole.patch(removal);
        EXPECT_THAT(admit().err, HasSubstr("violates PodSecurity \"restricted:latest\"")) << part;
    }
    EXPECT_EQ(whole.at("/spec/containers/0/securityContext/readOnlyRootFilesystem"_json_pointer), true);
}

}  // namespace
}  // namespace test
