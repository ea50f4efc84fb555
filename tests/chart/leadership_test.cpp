#include "chart/cluster.hpp"
#include "chart/rights.hpp"

#include <gmock/gmock.h>

// Several pods of one release: the Lease by which they elect their leader, and how they are replaced.
namespace test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string without_election = "--set=replicaCount=1,leaderElection.enabled=false";

json deployment_with(const std::vector<std::string>& flags)
{
    return first_of(rendered(flags), "Deployment");
}

// ---- pods ----

TEST(pods, are_two_of_which_a_lease_chooses_the_leader)
{
    const json deployment = deployment_with({});
    EXPECT_EQ(deployment["spec"]["replicas"], 2);
    EXPECT_EQ(argument_of(deployment, "--leader-elect"), "true");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-lease-duration"), "15s");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-renew-deadline"), "10s");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-retry-period"), "2s");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-resource-name"), controller_name);
    EXPECT_EQ(argument_of(deployment, "--leader-elect-resource-namespace"), controller_namespace);
}

TEST(pods, have_the_lease_of_their_release)
{
    const auto lease = [](const std::vector<std::string>& flags) {
        return argument_of(deployment_with(flags), "--leader-elect-resource-name");
    };
    EXPECT_EQ(lease({"--set=fullnameOverride=edge"}), "edge");
    EXPECT_EQ(lease({"--set=fullnameOverride=edge,leaderElection.resourceName=a.b"}), "a.b");
}

TEST(pods, are_replaced_when_the_new_one_is_ready_so_that_one_can_always_lead)
{
    const json strategy = deployment_with({})["spec"]["strategy"];
    EXPECT_EQ(
        strategy.dump(), R"({"rollingUpdate":{"maxSurge":1,"maxUnavailable":0},"type":"RollingUpdate"})"
    );
}

TEST(pods, without_an_election_are_one_that_ends_before_the_next_begins)
{
    const json deployment = deployment_with({without_election});
    EXPECT_EQ(deployment["spec"]["replicas"], 1);
    EXPECT_EQ(deployment["spec"]["strategy"].dump(), R"({"type":"Recreate"})");
    EXPECT_EQ(argument_of(deployment, "--leader-elect"), "false");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-resource-name"), "(absent)");
}

TEST(pods, stand_on_different_nodes_where_that_is_possible)
{
    const json pod = deployment_with({})["spec"]["template"]["spec"];
    EXPECT_EQ(
        pod.at("topologySpreadConstraints").dump(),
        R"([{"labelSelector":{"matchLabels":{"app.kubernetes.io/instance":"certificate-binding-controller",)"
        R"("app.kubernetes.io/name":"certificate-binding-controller"}},)"
        R"("matchLabelKeys":["pod-template-hash"],"maxSkew":1,"topologyKey":"kubernetes.io/hostname",)"
        R"("whenUnsatisfiable":"ScheduleAnyway"}])"
    );
}

TEST(pods, that_have_a_part_of_the_bindings_have_a_name_without_an_election_too)
{
    const json deployment =
        deployment_with({without_election, "--set=labelSelector=region=sao1,leaderElection.resourceName=sao1"}
        );
    EXPECT_EQ(argument_of(deployment, "--label-selector"), "region=sao1");
    EXPECT_EQ(argument_of(deployment, "--leader-elect-resource-name"), "sao1");
}

// ---- the PodDisruptionBudget ----

TEST(disruption_budget, lets_drains_evict_one_pod_of_the_release_after_the_other)
{
    const auto objects = rendered();
    const json budget = first_of(objects, "PodDisruptionBudget")["spec"];
    EXPECT_EQ(budget["maxUnavailable"], 1);
    EXPECT_EQ(budget["unhealthyPodEvictionPolicy"], "AlwaysAllow");
    EXPECT_EQ(budget["selector"].dump(), first_of(objects, "Deployment")["spec"]["selector"].dump());
}

TEST(disruption_budget, takes_a_number_or_a_share_of_either_kind)
{
    const auto budget = [](const std::string& value) {
        json spec = first_of(rendered({"--set=podDisruptionBudget." + value}), "PodDisruptionBudget")["spec"];
        spec.erase("selector");
        spec.erase("unhealthyPodEvictionPolicy");
        return spec.dump();
    };
    EXPECT_EQ(budget("minAvailable=1"), R"({"minAvailable":1})");
    EXPECT_EQ(budget("minAvailable=50%"), R"({"minAvailable":"50%"})");
    EXPECT_EQ(budget("minAvailable=0"), R"({"minAvailable":0})");
    EXPECT_EQ(budget("maxUnavailable=50%"), R"({"maxUnavailable":"50%"})");
}

// ---- rights ----

TEST_F(installation, lets_the_controller_hold_the_lease_of_its_release_and_no_other)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=leaderElection.resourceName=edge"})));
    auto rights = rights_of_controller;
    rights.insert(rights_of_leader_election.begin(), rights_of_leader_election.end());
    EXPECT_TRUE(has_rights(controller_account, controller_namespace, rights));
    for (const auto* verb : {"get", "watch", "patch"})
    {
        EXPECT_TRUE(may(controller_account, verb, "lease/edge", controller_namespace)) << verb;
        EXPECT_NE(
            kubernetes
                ->kubectl(
                    {"auth",
                     "can-i",
                     verb,
                     "lease/certificate-binding-controller",
                     "--namespace",
                     controller_namespace,
                     "--as",
                     controller_account}
                )
                .code,
            0
        ) << verb;
    }
}

TEST_F(installation, without_an_election_gives_no_rights_on_leases)
{
    ASSERT_TRUE(succeeds(helm("install", {without_election})));
    EXPECT_TRUE(has_rights(controller_account, controller_namespace, rights_of_controller));
}

// ---- changes of the Lease ----

std::string strategy_after(const std::string& verb, const std::vector<std::string>& flags)
{
    EXPECT_TRUE(succeeds(helm(verb, flags)));
    return kubernetes
        ->kubectl(
            {"get",
             "deployment",
             controller_name,
             "--namespace",
             controller_namespace,
             "-o",
             "jsonpath={.spec.strategy.type}"}
        )
        .out;
}

// Pods with different Leases would lead at a time, so the old ones have to end first.
TEST_F(installation, that_changes_its_lease_ends_the_old_pods_before_the_new_ones_begin)
{
    const std::string other_lease = "--set=leaderElection.resourceName=other";
    EXPECT_EQ(strategy_after("install", {without_election}), "Recreate");
    EXPECT_EQ(strategy_after("upgrade", {}), "Recreate");
    EXPECT_EQ(strategy_after("upgrade", {"--set=log.level=debug"}), "RollingUpdate");
    EXPECT_EQ(strategy_after("upgrade", {other_lease}), "Recreate");
    EXPECT_EQ(strategy_after("upgrade", {other_lease, "--set=log.level=debug"}), "RollingUpdate");
    EXPECT_EQ(strategy_after("upgrade", {without_election}), "Recreate");
}

TEST_F(installation, whose_pods_are_stopped_has_nothing_to_wait_for)
{
    EXPECT_EQ(strategy_after("install", {"--set=replicaCount=0,leaderElection.enabled=false"}), "Recreate");
    EXPECT_EQ(strategy_after("upgrade", {}), "RollingUpdate");
}

TEST_F(installation, with_the_lease_of_another_controller_is_refused)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=watchNamespaces={certificate-binding}"})));
    const auto second = [](const std::string& lease) {
        return install_second(
            {"--set=watchNamespaces={team-b},rbac.create=false,crds.enabled=true,crds.keep=false",
             "--set=extraArgs={--leader-elect-resource-namespace,certificate-binding}",
             "--set=leaderElection.resourceName=" + lease,
             "--take-ownership",
             "--dry-run=server"}
        );
    };
    const auto refused = second(controller_name);
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        HasSubstr(
            "leaderElection.resourceName: there is another controller, Deployment "
            "certificate-binding/certificate-binding-controller, and the Lease "
            "certificate-binding/certificate-binding-controller is also that of the other, so only one of "
            "the two would work at a time; choose another name"
        )
    );
    EXPECT_TRUE(succeeds(second("another")));
}

TEST_F(installation, with_the_name_of_another_controller_with_labels_is_refused)
{
    ASSERT_TRUE(succeeds(helm("install", {"--set=labelSelector=region=sao1,leaderElection.resourceName=sao1"})
    ));
    const auto second = [](const std::string& name) {
        return install_second(
            {"--set=labelSelector=region=mad1,leaderElection.resourceName=" + name, "--dry-run=server"}
        );
    };
    const auto refused = second("sao1");
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err, HasSubstr("and sao1 is also the name of the other, and controllers that divide")
    );
    EXPECT_TRUE(succeeds(second("mad1")));
}

// ---- the notes ----

TEST(notes, say_where_the_leader_is_named)
{
    const auto with = [](const std::vector<std::string>& flags) {
        auto all = flags;
        all.emplace_back("--dry-run=client");
        return helm("install", all).out;
    };
    EXPECT_THAT(with({}), HasSubstr("get lease certificate-binding-controller\n"));
    EXPECT_THAT(with({"--set=leaderElection.resourceName=edge"}), HasSubstr("get lease edge\n"));
    EXPECT_THAT(with({without_election}), Not(HasSubstr("get lease")));
    EXPECT_THAT(
        with({"--set=labelSelector=region=sao1,leaderElection.resourceName=sao1"}),
        HasSubstr("watches all namespaces (only the bindings with the labels region=sao1).")
    );
}

}  // namespace
}  // namespace test
