#include "app/options.hpp"
#include "chart/cluster.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>

// The settings that would end the program at its start end helm instead, with a message in words.
namespace test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::optional<std::string> no_variable(const std::string& /*name*/)
{
    return std::nullopt;
}

// The flags of the program with the names of their types, such as {"--resync-period", "DURATION"}.
std::map<std::string, std::string> flags_of_program()
{
    const auto help = app::parse_options({"--help"}, no_variable);
    EXPECT_TRUE(help);
    const auto text = std::get<app::exit_text>(*help).text;
    std::map<std::string, std::string> flags;
    const std::regex flag("\n +(--[a-z-]+) ([A-Z]+)");
    for (std::sregex_iterator match(text.begin(), text.end(), flag); match != std::sregex_iterator(); ++match)
    {
        flags[(*match)[1]] = (*match)[2];
    }
    return flags;
}

bool program_takes(const std::string& flag, const std::string& text)
{
    return app::parse_options({flag + "=" + text}, no_variable).has_value();
}

testbed::outcome template_with(const std::string& path, const std::string& text)
{
    const std::string with_api = "--set=bindingsApi.enabled=true,bindingsApi.allowHttp=true";
    const std::string any_deadline = "--set=terminationGracePeriodSeconds=3600";
    return helm("template", {with_api, any_deadline, "--set-json", path + "=" + json(text).dump()});
}

struct setting
{
    std::string flag;
    std::string path;  // in the values of the chart
};

const std::vector<setting>& durations()
{
    static const std::vector<setting> all{
        {"--bindings-api-wait", "bindingsApi.wait"},
        {"--cloud-timeout", "cloudTimeout"},
        {"--loop-lag-warning", "loopLagWarning"},
        {"--resync-period", "resyncPeriod"},
        {"--write-deadline", "writeDeadline"},
    };
    return all;
}

TEST(settings, of_the_program_are_all_compared_with_the_chart)
{
    // leadership_values_test compares those of the Lease, which depend on each other.
    std::set<std::string> compared{
        "--expiry-warning-days",
        "--leader-elect-lease-duration",
        "--leader-elect-renew-deadline",
        "--leader-elect-retry-period"
    };
    for (const auto& duration : durations())
    {
        compared.insert(duration.flag);
    }
    std::set<std::string> numbers;
    for (const auto& [flag, type] : flags_of_program())
    {
        if (type == "DURATION" || type == "DAYS")
        {
            numbers.insert(flag);
        }
    }
    EXPECT_EQ(numbers, compared);
}

TEST(settings, that_are_durations_are_taken_as_the_program_takes_them)
{
    for (const auto& [flag, path] : durations())
    {
        for (const auto* text :
             {"99ms", "100ms", "999.9ms", "1s", "1.5s", "1h",  "59m60s", "1h1ns", "720h", "720h1ns",
              "0",    "0s",    "10",      "1d", "-1m",  "+1m", "1m ",    "1e3s",  "nans", "99999999999h"})
        {
            const auto answer = template_with(path, text);
            EXPECT_EQ(answer.code == 0, program_takes(flag, text)) << path << " " << text << answer.err;
            if (answer.code != 0)
            {
                EXPECT_THAT(answer.err, HasSubstr(path + ": must be a duration from ")) << text;
            }
        }
    }
}

TEST(settings, that_are_days_are_taken_as_the_program_takes_them)
{
    const std::string path = "expiryWarningDays";
    for (const auto* text :
         {"0",
          "1",
          "3650",
          "3651",
          "9999",
          "30,7",
          "30,0",
          "30,",
          ",30",
          "30, 7",
          "30;7",
          "-1",
          "1.5",
          "x",
          "0,0"})
    {
        const auto answer = template_with(path, text);
        EXPECT_EQ(answer.code == 0, program_takes("--expiry-warning-days", text)) << text << answer.err;
        if (answer.code != 0)
        {
            EXPECT_THAT(answer.err, HasSubstr("is not a number of days from 1 to 3650; write a list"))
                << text;
        }
    }
    EXPECT_TRUE(succeeds(helm("template", {"--set=expiryWarningDays=7"})));
}

TEST(settings, that_are_urls_are_taken_as_the_program_takes_them)
{
    for (const auto* text :
         {"*",
          "https://ks.example",
          "https://ks.example/",
          "http://ks.example:5000/v3",
          "https://[2001:db8::1]:5000/identity/v3",
          "https://10.0.0.1.nip.io",
          "ks.example",
          "ftp://ks.example",
          "https://",
          "https://:5000",
          "https://ks.example:0",
          "https://ks.example:65536",
          "https://ks.example:port",
          "https://ks.example/v3?a=b",
          "https://ks.example/v3#a",
          "https://ks.example/../v3",
          "https://ks.example//v3",
          "https://ks.example/%41",
          "https://ks.example/a b"})
    {
        const auto answer = template_with("allowedAuthUrls[0]", text);
        EXPECT_EQ(answer.code == 0, cloud::openstack::allowed_urls::parse({text}).has_value())
            << text << answer.err;
        if (answer.code != 0)
        {
            EXPECT_THAT(answer.err, HasSubstr("allowedAuthUrls: \"" + std::string(text) + "\" is not a URL"));
        }
    }
}

TEST(settings, never_show_the_password_of_a_url)
{
    const auto refused = template_with("allowedAuthUrls[0]", "https://user:swordfish@ks.example");
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr("allowedAuthUrls: a text with @ is not a URL"));
    EXPECT_THAT(refused.out + refused.err, Not(HasSubstr("swordfish")));
}

// Helm takes null as the removal of a default.
TEST(settings, without_which_nothing_works_cannot_be_removed)
{
    for (const auto* path :
         {"budgets.cloudRequests",
          "budgets.kubernetesRequests",
          "budgets.requestsPerServer",
          "cloudConfig.key",
          "cloudTimeout",
          "crds.keep",
          "expiryWarningDays",
          "image.pullPolicy",
          "image.repository",
          "leaderElection.enabled",
          "leaderElection.leaseDuration",
          "leaderElection.renewDeadline",
          "leaderElection.retryPeriod",
          "log.format",
          "log.level",
          "loopLagWarning",
          "debug.port",
          "metrics.expiries",
          "metrics.port",
          "podDisruptionBudget.enabled",
          "replicaCount",
          "resyncPeriod",
          "terminationGracePeriodSeconds",
          "writeDeadline"})
    {
        const auto refused = helm("template", {"--set", path + std::string("=null")});
        EXPECT_NE(refused.code, 0) << path;
        EXPECT_THAT(refused.err, HasSubstr(path + std::string(": must not be empty or null")));
    }
}

// A large number of a values file is a floating-point number for Helm.
TEST(settings, that_are_large_numbers_are_whole_numbers_for_kubernetes)
{
    const auto file = testing::TempDir() + "/large-number.yaml";
    testbed::write_file(file, "terminationGracePeriodSeconds: 1000000\n");
    const auto answer = helm("template", {"--values", file});
    EXPECT_THAT(answer.out, HasSubstr("terminationGracePeriodSeconds: 1000000\n"));
}

// ---- variables of the environment ----

std::string variable_of(const std::string& flag)
{
    std::string name = "CERTIFICATE_BINDING_" + flag.substr(2);
    std::ranges::replace(name, '-', '_');
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

TEST(settings, by_a_variable_are_refused_with_the_value_to_use)
{
    const json schema = json::parse(testbed::read_file(std::string(chart_folder) + "/values.schema.json"));
    const std::regex message(
        "extraEnv: ([A-Z_]+) has no effect, because the chart sets the flags of the controller, "
        "and a flag overrides its variable; use ([A-Za-z.]+)"
    );
    const auto flags = flags_of_program();
    EXPECT_THAT(flags, Not(IsEmpty()));
    for (const auto& [flag, type] : flags)
    {
        SCOPED_TRACE(flag);
        const auto variable = variable_of(flag);
        const auto refused = helm("template", {"--set=extraEnv[0].name=" + variable});
        EXPECT_NE(refused.code, 0);
        std::smatch match;
        ASSERT_TRUE(std::regex_search(refused.err, match, message)) << refused.err;
        EXPECT_EQ(match[1], variable);
        auto path = "/properties/" + match[2].str();
        for (auto dot = path.find('.'); dot != std::string::npos; dot = path.find('.'))
        {
            path.replace(dot, 1, "/properties/");
        }
        EXPECT_TRUE(schema.contains(json::json_pointer(path))) << path;
        const bool of_a_shell = flag == "--context" || flag == "--kubeconfig";
        EXPECT_EQ(match[2] == "extraArgs", of_a_shell);
    }
}

}  // namespace
}  // namespace test
