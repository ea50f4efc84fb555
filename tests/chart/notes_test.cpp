#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <ostream>

// What the chart says after an installation, and whom it serves with the controller's credential.
namespace test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string notes(const std::vector<std::string>& flags)
{
    auto all = flags;
    all.emplace_back("--dry-run=client");
    const auto shown = helm("install", all);
    EXPECT_TRUE(succeeds(shown));
    return shown.out.substr(shown.out.find("\nNOTES:\n"));
}

struct said
{
    const char* name;
    const char* value;
    const char* text;
};

std::ostream& operator<<(std::ostream& stream, const said& value)
{
    return stream << value.value;
}

class of_namespaces : public testing::TestWithParam<said>
{};

TEST_P(of_namespaces, the_notes_say_which_use_the_credential)
{
    EXPECT_THAT(notes({"--set", GetParam().value}), HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    notes,
    of_namespaces,
    testing::Values(
        said{
            "all",
            "log.level=info",
            "watches all namespaces.\n\nThe controller's credential serves the bindings of "
            "certificate-binding; bindings "
            "of other namespaces name a Secret of their own"
        },
        said{
            "all_and_all",
            "allowControllerCredentials={*}",
            "watches all namespaces.\n\nThe controller's credential serves the bindings of all these "
            "namespaces.\n"
        },
        said{
            "some_of_those_that_are_watched",
            "watchNamespaces={team-a,team-b},allowControllerCredentials={team-b,other}",
            "watches the namespaces team-a, team-b.\n\nThe controller's credential serves the bindings of "
            "team-b.\n"
            "Bindings of team-a are served only if they name a Secret of their own"
        },
        said{
            "the_namespace_of_the_release",
            "watchNamespaces={team-a,certificate-binding}",
            "serves the bindings of certificate-binding.\nBindings of team-a are served only if"
        },
        said{
            "none_of_those_that_are_watched",
            "watchNamespaces={team-a},allowControllerCredentials={certificate-binding}",
            "serves the bindings of no watched namespace.\nBindings of team-a are served only if"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

// Nobody but the user says who may use the credential.
TEST(chart, refuses_to_watch_namespaces_of_which_none_may_use_the_credential_by_default)
{
    const auto refused = helm("template", {"--set=watchNamespaces={team-a,team-b}"});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        AllOf(
            HasSubstr("watchNamespaces: no watched namespace may use the controller's credential"),
            HasSubstr("--set 'allowControllerCredentials={team-a,team-b}'"),
            HasSubstr("--set 'allowControllerCredentials={certificate-binding}'")
        )
    );
}

TEST(notes, warn_of_a_definition_that_goes_with_the_release)
{
    EXPECT_THAT(
        notes({}), AllOf(HasSubstr("stay when this release is uninstalled"), Not(HasSubstr("WARNING")))
    );
    EXPECT_THAT(
        notes({"--set=crds.keep=false"}),
        AllOf(
            HasSubstr("WARNING: crds.keep is false"),
            HasSubstr("every CertificateBinding of the cluster, in all namespaces"),
            Not(HasSubstr("stay when this release is uninstalled"))
        )
    );
    EXPECT_THAT(notes({"--set=crds.enabled=false,crds.keep=false"}), Not(HasSubstr("crds.keep")));
}

}  // namespace
}  // namespace test
