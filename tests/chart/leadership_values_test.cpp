#include "app/options.hpp"
#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <ostream>

// The values of several pods that the chart refuses.
namespace test {
namespace {

using testing::HasSubstr;

struct refusal
{
    const char* name;
    const char* value;
    const char* message;
};

std::ostream& operator<<(std::ostream& stream, const refusal& value)
{
    return stream << value.value;
}

class refused : public testing::TestWithParam<refusal>
{};

TEST_P(refused, in_one_clear_line)
{
    const auto answer = helm("template", {"--set", GetParam().value});
    EXPECT_NE(answer.code, 0);
    EXPECT_THAT(answer.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    of_leadership,
    refused,
    testing::Values(
        refusal{
            "pods_without_election",
            "leaderElection.enabled=false",
            "replicaCount: 2 pods would write to the same listeners, because leaderElection.enabled is "
            "false; set replicaCount to 1, or leaderElection.enabled to true"
        },
        refusal{"negative_number_of_pods", "replicaCount=-1", "at '/replicaCount': minimum"},
        refusal{"text_for_a_number", "replicaCount=two", "at '/replicaCount': got string, want integer"},
        refusal{
            "lease_without_election",
            "replicaCount=1,leaderElection.enabled=false,leaderElection.resourceName=edge",
            "leaderElection.resourceName: has no effect, because leaderElection.enabled is false"
        },
        refusal{
            "lease_in_capitals",
            "leaderElection.resourceName=Edge",
            "at '/leaderElection/resourceName': 'Edge' does not match pattern"
        },
        refusal{
            "retry_below_the_range",
            "leaderElection.retryPeriod=99ms",
            "leaderElection.retryPeriod: must be a duration from 100ms to 1h"
        },
        refusal{
            "lease_above_the_range",
            "leaderElection.leaseDuration=61m",
            "leaderElection.leaseDuration: must be a duration from 1s to 1h"
        },
        refusal{
            "lease_as_short_as_the_deadline",
            "leaderElection.leaseDuration=10s",
            "leaderElection.leaseDuration: 10s is not longer than leaderElection.renewDeadline (10s), so two "
            "pods might lead at a time; the defaults are 15s and 10s"
        },
        refusal{
            "deadline_of_one_try",
            "leaderElection.retryPeriod=9s",
            "leaderElection.renewDeadline: 10s is not longer than 1.2 times leaderElection.retryPeriod (9s), "
            "so one slow answer would end the leadership; the defaults are 10s and 2s"
        },
        refusal{
            "odd_selector",
            "labelSelector=region in sao1",
            "labelSelector: \"region in sao1\" is not a label selector; write labels such as region=sao1"
        },
        refusal{
            "selector_without_a_name",
            "labelSelector=region=sao1",
            "labelSelector: controllers that divide the bindings are told apart by the names of their "
            "Leases, "
            "and certificate-binding-controller is the name of a controller of all bindings; set "
            "leaderElection.resourceName"
        },
        refusal{
            "api_for_a_part_of_the_bindings",
            "labelSelector=region=sao1,leaderElection.resourceName=sao1,bindingsApi.enabled=true,"
            "bindingsApi.allowHttp=true",
            "bindingsApi.enabled: the bindings API makes bindings without labels"
        },
        refusal{
            "both_budgets",
            "podDisruptionBudget.minAvailable=1,podDisruptionBudget.maxUnavailable=1",
            "podDisruptionBudget.minAvailable: Kubernetes takes it or maxUnavailable, and both are set"
        },
        refusal{
            "budget_that_is_off",
            "podDisruptionBudget.enabled=false,podDisruptionBudget.minAvailable=1",
            "podDisruptionBudget.minAvailable: has no effect, because podDisruptionBudget.enabled is false"
        },
        refusal{
            "budget_of_all_pods",
            "podDisruptionBudget.minAvailable=2",
            "podDisruptionBudget.minAvailable: with 2 of 2 pods no pod may ever be evicted, so no drain of "
            "its node would end; leave it empty for a maxUnavailable of 1, set it below replicaCount, or set "
            "podDisruptionBudget.enabled to false"
        },
        refusal{
            "budget_of_most_pods_rounded_up",
            "podDisruptionBudget.minAvailable=51%",
            "podDisruptionBudget.minAvailable: with 51% of 2 pods no pod may ever be evicted"
        },
        refusal{
            "budget_of_the_one_pod",
            "replicaCount=1,podDisruptionBudget.minAvailable=1",
            "podDisruptionBudget.minAvailable: with 1 of 1 pods no pod may ever be evicted"
        },
        refusal{
            "budget_without_a_missing_pod",
            "podDisruptionBudget.maxUnavailable=0",
            "podDisruptionBudget.maxUnavailable: with 0 no pod may ever be evicted, so no drain of its node "
            "would end; leave it empty for 1, or set podDisruptionBudget.enabled to false"
        },
        refusal{
            "election_off_by_an_argument",
            "extraArgs={--leader-elect=false}",
            "extraArgs: the chart sets --leader-elect itself, and checks it; use leaderElection.enabled"
        },
        refusal{
            "namespaces_by_two_arguments",
            "extraArgs={--namespace,team-a}",
            "extraArgs: the chart sets --namespace itself, and checks it; use watchNamespaces"
        },
        refusal{
            "odd_share",
            "podDisruptionBudget.minAvailable=half",
            "at '/podDisruptionBudget/minAvailable': 'half' does not match pattern"
        },
        refusal{
            "eviction_policy",
            "podDisruptionBudget.unhealthyPodEvictionPolicy=Never",
            "at '/podDisruptionBudget/unhealthyPodEvictionPolicy': value must be one of"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(disruption_budget, of_fewer_pods_than_there_are_is_taken)
{
    for (const std::string values :
         {"podDisruptionBudget.minAvailable=1",
          "podDisruptionBudget.minAvailable=50%",
          "replicaCount=3,podDisruptionBudget.minAvailable=2",
          "podDisruptionBudget.maxUnavailable=1%",
          "podDisruptionBudget.maxUnavailable=2",
          "replicaCount=0,podDisruptionBudget.minAvailable=1",
          "replicaCount=1"})
    {
        const auto answer = helm("template", {"--set", values});
        EXPECT_EQ(answer.code, 0) << values << ": " << answer.err;
    }
}

struct lease_times
{
    const char* lease_duration;
    const char* renew_deadline;
    const char* retry_period;
};

TEST(settings, of_the_lease_are_taken_as_the_program_takes_them)
{
    const std::vector<lease_times> all{
        {"15s", "10s", "2s"},
        {"1h", "59m", "30m"},
        {"1h1ns", "59m", "30m"},
        {"2s", "1s", "100ms"},
        {"2s", "1s", "99ms"},
        {"2s", "999ms", "100ms"},
        {"10s", "10s", "2s"},
        {"10001ms", "10s", "2s"},
        {"15s", "12s", "10s"},
        {"15s", "12001ms", "10s"},
        {"15s", "10s", "9s"},
        {"15", "10s", "2s"},
        {"15s", "10s", "0s"},
    };
    for (const auto& [lease_duration, renew_deadline, retry_period] : all)
    {
        const auto program = app::parse_options(
            {"--leader-elect=true",
             std::string("--leader-elect-lease-duration=") + lease_duration,
             std::string("--leader-elect-renew-deadline=") + renew_deadline,
             std::string("--leader-elect-retry-period=") + retry_period},
            [](const std::string&) { return std::nullopt; }
        );
        const auto chart = helm(
            "template",
            {"--set-string",
             std::string("leaderElection.leaseDuration=") + lease_duration +
                 ",leaderElection.renewDeadline=" + renew_deadline +
                 ",leaderElection.retryPeriod=" + retry_period}
        );
        EXPECT_EQ(chart.code == 0, program.has_value())
            << lease_duration << " " << renew_deadline << " " << retry_period << "\n"
            << chart.err << (program ? "" : program.error().message);
    }
}

}  // namespace
}  // namespace test
