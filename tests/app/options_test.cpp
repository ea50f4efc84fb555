#include "app/options.hpp"

#include "app/parsed_options.hpp"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

namespace {

using namespace std::chrono_literals;
using support::log_format;
using support::log_level;
using test::options;
using test::refusal;
using test::text_instead;
using test::variables;
using test::words;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
TEST(options, have_defaults)
{
    const auto chosen = options({});
    EXPECT_EQ(chosen.kubeconfig, "");
    EXPECT_EQ(chosen.context, "");
    EXPECT_THAT(chosen.namespaces, IsEmpty());
    EXPECT_EQ(chosen.cloud_config, "");
    EXPECT_EQ(chosen.cloud, "");
    EXPECT_EQ(chosen.resync_period, 10min);
    EXPECT_EQ(chosen.write_deadline, 30s);
    EXPECT_EQ(chosen.cloud_timeout, 1min);
    EXPECT_EQ(chosen.metrics, std::nullopt);
    EXPECT_THAT(chosen.expiry_warning_days, ElementsAre(30, 14, 7, 3, 1));
    EXPECT_EQ(chosen.log_level, log_level::info);
    EXPECT_EQ(chosen.log_format, log_format::text);
}

TEST(options, of_several_values_the_last_one_counts)
{
    EXPECT_EQ(options({"--cloud", "a", "--log-level=error", "--cloud=b"}).cloud, "b");
}

TEST(options, namespaces_are_collected_from_repeated_flags_each_once)
{
    EXPECT_THAT(
        options({"--namespace", "shop", "--namespace=blog", "--namespace", "shop"}).namespaces,
        ElementsAre("blog", "shop")
    );
}

TEST(options, namespaces_of_the_variable_are_separated_by_commas_and_replaced_by_flags)
{
    const variables set{{"CERTIFICATE_BINDING_NAMESPACE", "shop,blog"}};
    EXPECT_THAT(options({}, set).namespaces, ElementsAre("blog", "shop"));
    EXPECT_THAT(options({"--namespace", "test"}, set).namespaces, ElementsAre("test"));
}

TEST(options, the_variables_of_openstack_come_last)
{
    const variables openstack{{"OS_CLIENT_CONFIG_FILE", "/os.yaml"}, {"OS_CLOUD", "os"}};
    EXPECT_EQ(options({}, openstack).cloud_config, "/os.yaml");
    EXPECT_EQ(options({}, openstack).cloud, "os");
    variables both = openstack;
    both["CERTIFICATE_BINDING_CLOUD_CONFIG"] = "/ours.yaml";
    both["CERTIFICATE_BINDING_CLOUD"] = "ours";
    EXPECT_EQ(options({}, both).cloud_config, "/ours.yaml");
    EXPECT_EQ(options({}, both).cloud, "ours");
    EXPECT_EQ(options({"--cloud-config=/flag.yaml"}, both).cloud_config, "/flag.yaml");
    EXPECT_EQ(options({"--cloud=flag"}, both).cloud, "flag");
}

TEST(options, an_empty_label_selector_selects_all_bindings)
{
    for (const words& arguments :
         {words{"--label-selector=", "--leader-elect"}, words{"--label-selector", "", "--leader-elect"}})
    {
        const auto chosen = options(arguments);
        EXPECT_EQ(chosen.label_selector, "");
        EXPECT_TRUE(chosen.leader.elect);
    }
    const variables set{{"CERTIFICATE_BINDING_LABEL_SELECTOR", "a=b"}};
    EXPECT_EQ(options({"--label-selector="}, set).label_selector, "");
}

TEST(options, a_label_selector_needs_a_lease_of_its_own_and_no_bindings_api)
{
    const words part{"--label-selector=region=sao1", "--leader-elect-resource-name=sao1"};
    EXPECT_EQ(options(part).label_selector, "region=sao1");
    EXPECT_THAT(refusal({"--label-selector=region=sao1"}), HasSubstr("give each of them a name with"));
    auto with_api = part;
    with_api.emplace_back("--bindings-api-address=127.0.0.1:8082");
    EXPECT_THAT(refusal(with_api), HasSubstr("makes bindings without labels"));
    EXPECT_THAT(
        refusal({"--label-selector=a b", "--leader-elect-resource-name=sao1"}),
        HasSubstr("--label-selector: \"a b\" selects no labels")
    );
}

TEST(options, durations_have_bounds)
{
    EXPECT_EQ(options({"--resync-period=1s"}).resync_period, 1s);
    EXPECT_EQ(options({"--resync-period=720h"}).resync_period, 720h);
    EXPECT_EQ(options({"--write-deadline=100ms"}).write_deadline, 100ms);
    EXPECT_EQ(options({"--write-deadline=1h"}).write_deadline, 1h);
    EXPECT_EQ(options({"--cloud-timeout=1s"}).cloud_timeout, 1s);
    EXPECT_EQ(options({"--cloud-timeout=1h"}).cloud_timeout, 1h);
}

TEST(options, no_pages_are_served_at_0_and_any_port_at_colon_0)
{
    EXPECT_EQ(options({"--metrics-bind-address=0"}).metrics, std::nullopt);
    EXPECT_EQ(options({"--metrics-bind-address=:0"}).metrics, net::listen_address{});
}

TEST(options, the_page_for_debugging_is_served_to_this_machine_alone_unless_an_address_is_given)
{
    EXPECT_EQ(options({}).debug, std::nullopt);
    EXPECT_EQ(options({"--debug-address=0"}).debug, std::nullopt);
    EXPECT_EQ(options({"--debug-address=:8081"}).debug, (net::listen_address{"127.0.0.1", 8081}));
    EXPECT_EQ(options({"--debug-address=0.0.0.0:8081"}).debug, (net::listen_address{"0.0.0.0", 8081}));
    EXPECT_THAT(
        refusal({"--debug-address=8081"}), testing::StartsWith("--debug-address: \"8081\" is no address")
    );
}

TEST(options, of_no_expiry_is_warned_at_0)
{
    EXPECT_THAT(options({"--expiry-warning-days=0"}).expiry_warning_days, IsEmpty());
    EXPECT_THAT(options({"--expiry-warning-days=3650,1"}).expiry_warning_days, ElementsAre(3650, 1));
}

TEST(options, help_fits_a_terminal_and_says_defaults_variables_and_exit_codes)
{
    const std::string help = text_instead({"--help"});
    EXPECT_EQ(text_instead({"-h"}), help);
    EXPECT_EQ(text_instead({"--cloud", "x", "--help", "--unknown"}), help);
    for (const char* essential :
         {"Usage: certificate-binding-controller",
          "default: 10m",
          "default: 30s",
          "default: info",
          "default: text",
          "default: 0, nowhere",
          "debug, info, warn or error",
          "json or text",
          "repeatable",
          "$KUBECONFIG",
          "$OS_CLIENT_CONFIG_FILE",
          "$OS_CLOUD",
          "CERTIFICATE_BINDING_RESYNC_PERIOD=5m",
          "separated by commas",
          "Exit codes: 0 ",
          "--version"})
    {
        EXPECT_THAT(help, HasSubstr(essential));
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);)
    {
        EXPECT_LE(line.size(), 100U) << line;
    }
    EXPECT_TRUE(help.ends_with('\n'));
}

TEST(options, version_is_one_line)
{
    EXPECT_EQ(text_instead({"--version"}), "certificate-binding-controller " PROJECT_VERSION "\n");
}

TEST(variables, that_belong_to_no_flag_are_found)
{
    EXPECT_THAT(
        app::unknown_variables(
            {"CERTIFICATE_BINDING_RESYNC",
             "CERTIFICATE_BINDING_RESYNC_PERIOD",
             "CERTIFICATE_BINDING_NAMESPACE",
             "CERTIFICATE_BINDING_BINDINGS_API_ADDRESS",
             "CERTIFICATE_BINDING_CLOUD_CONFIGG",
             "CERTIFICATE_BINDING_CONTROLLER_SERVICE_HOST",
             "CERTIFICATE_BINDING_CONTROLLER_METRICS_PORT_8080_TCP_ADDR",
             "OS_CLOUDD"}
        ),
        testing::ElementsAre("CERTIFICATE_BINDING_RESYNC", "CERTIFICATE_BINDING_CLOUD_CONFIGG")
    );
}

}  // namespace
