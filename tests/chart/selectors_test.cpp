#include "app/options.hpp"
#include "chart/cluster.hpp"

#include <gmock/gmock.h>

#include <string_view>

// Label selectors, as the chart reads them. The program and the API server are the judges.
namespace test {
namespace {

using testing::HasSubstr;

std::string percent_encoded(const std::string& text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr unsigned base = 16;
    std::string encoded;
    for (const char c : text)
    {
        encoded += '%';
        const auto byte = static_cast<unsigned char>(c);
        encoded += digits[byte / base];
        encoded += digits[byte % base];
    }
    return encoded;
}

TEST(label_selectors, are_taken_as_the_program_and_the_api_server_take_them)
{
    for (const std::string selector :
         {"region=sao1",
          "region==sao1",
          "region = sao1",
          "region!=sao1",
          "region=",
          "example.com/region=sao1,tier=a",
          "region in (sao1,mad1)",
          "region in ( sao1 , mad1 ), tier",
          "region notin (sao1)",
          "region",
          "!region",
          "! region",
          "region=sao1,",
          ",region",
          "region in sao1",
          "region in (sao1",
          "region sao1",
          "region=a b",
          "region=-a",
          "-region",
          "region/x/y=a",
          "Example.com/region=a",
          "region in (sao1,,)",
          "a=b,,c",
          "region===a",
          "(region)",
          "region=\"a\"",
          "=a"})
    {
        const auto server = kubernetes->kubectl(
            {"get", "--raw", "/api/v1/namespaces?labelSelector=" + percent_encoded(selector)}
        );
        const auto program = app::parse_options(
            {"--leader-elect-resource-name=a", "--label-selector=" + selector},
            [](const std::string&) { return std::nullopt; }
        );
        const auto chart = helm(
            "template",
            {"--set=leaderElection.resourceName=a", "--set-json", "labelSelector=" + json(selector).dump()}
        );
        EXPECT_EQ(chart.code == 0, server.code == 0) << selector << "\n" << chart.err << server.err;
        EXPECT_EQ(chart.code == 0, program.has_value())
            << selector << "\n"
            << chart.err << (program ? "" : program.error().message);
    }
}

// Objects with all labels that the selectors below can tell apart.
void create_labelled_objects()
{
    json items = json::array();
    int number = 0;
    for (const json& region : {json(), json("sao1"), json("mad1"), json("other")})
    {
        for (const json& tier : {json(), json("a"), json("b")})
        {
            json labels{{"labelled", "yes"}};
            if (!region.is_null())
            {
                labels["region"] = region;
            }
            if (!tier.is_null())
            {
                labels["tier"] = tier;
            }
            items.push_back({
                {"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata",
                 {{"name", "labelled-" + std::to_string(number++)}, {"namespace", team_a}, {"labels", labels}}
                },
            });
        }
    }
    const json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}};
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", "-"}, list.dump())));
}

bool share_an_object(const std::string& one, const std::string& other)
{
    auto both = std::string("labelled");
    for (const auto& selector : {one, other})
    {
        both += selector.empty() ? "" : "," + selector;
    }
    const auto found =
        kubernetes->kubectl({"get", "configmaps", "--namespace", team_a, "--selector", both, "-o", "name"});
    EXPECT_TRUE(succeeds(found));
    return !found.out.empty();
}

void run_controller_with(const std::string& selector)
{
    const json labels{{"app.kubernetes.io/name", controller_name}};
    json container{{"name", "controller"}, {"image", "registry.example/certificate-binding-controller:1"}};
    container["args"] = {"--log-level=info", "--label-selector", selector};
    const json deployment{
        {"apiVersion", "apps/v1"},
        {"kind", "Deployment"},
        {"metadata", {{"name", "first"}, {"namespace", team_a}, {"labels", labels}}},
        {"spec",
         {{"selector", {{"matchLabels", labels}}},
          {"template",
           {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", json::array({container})}}}}}}},
    };
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", "-"}, deployment.dump())));
}

TEST_F(installation, of_a_second_controller_is_open_where_labels_divide_the_bindings)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", PROJECT_FOLDER "/crds"})));
    create_labelled_objects();
    const std::vector<std::string> selectors{
        "",
        "region=sao1",
        "region!=sao1",
        "region in (sao1, mad1)",
        "region notin (sao1,mad1)",
        "region",
        "!region",
        "tier=a,region=mad1",
        "tier==b",
    };
    for (const auto& first : selectors)
    {
        run_controller_with(first);
        for (const auto& second : selectors)
        {
            const auto installed =
                install_second({"--set-json", "labelSelector=" + json(second).dump(), "--dry-run=server"});
            EXPECT_EQ(installed.code != 0, share_an_object(first, second))
                << "\"" << first << "\" and \"" << second << "\"\n"
                << installed.err;
            if (installed.code != 0)
            {
                EXPECT_THAT(installed.err, HasSubstr("another controller watches the same bindings"));
                EXPECT_THAT(installed.err, HasSubstr(first));
            }
        }
    }
}

// Who may see no Deployment of other namespaces finds the Role of the other controller.
TEST_F(installation, is_told_by_its_role_which_labels_it_watches)
{
    const std::vector<std::string> watch_team_a{
        "--set=watchNamespaces={team-a},allowControllerCredentials={team-a}", "--set=crds.enabled=false"
    };
    const auto with = [&](const std::string& selector) {
        auto flags = watch_team_a;
        flags.push_back("--set=labelSelector=" + selector);
        return flags;
    };
    ASSERT_TRUE(succeeds(helm("install", with("region=sao1,leaderElection.resourceName=first"))));
    EXPECT_TRUE(succeeds(install_second(with("region=mad1"))));
    ASSERT_TRUE(succeeds(kubernetes->helm({"uninstall", "second", "--namespace", team_b})));
    const auto refused = install_second(with("tier=a"));
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(
        refused.err,
        HasSubstr("that of the Role team-a/certificate-binding-controller, which watches the namespace "
                  "team-a (only "
                  "the bindings with the labels region=sao1)")
    );
}

}  // namespace
}  // namespace test
