#include "app/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace {

using namespace std::chrono_literals;
using support::log_format;
using support::log_level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using variables = std::map<std::string, std::string>;
using words = std::vector<std::string>;

auto parse(const words& arguments, const variables& set = {})
{
    return app::parse_options(arguments, [&](const std::string& name) -> std::optional<std::string> {
        const auto variable = set.find(name);
        return variable == set.end() ? std::nullopt : std::optional(variable->second);
    });
}

app::options options(const words& arguments, const variables& set = {})
{
    const auto parsed = parse(arguments, set);
    if (!parsed)
    {
        ADD_FAILURE() << parsed.error().message;
        return {};
    }
    return std::get<app::options>(*parsed);
}

std::string text_instead(const words& arguments)
{
    return std::get<app::exit_text>(parse(arguments).value()).text;
}

std::string refusal(const words& arguments, const variables& set = {})
{
    const auto parsed = parse(arguments, set);
    return parsed ? "accepted" : parsed.error().message;
}

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

// Every flag with two values, and the parsed form of the second.
struct flag
{
    std::string name;
    std::string value;
    std::string other;
    std::function<bool(const app::options&)> has_value;
    std::function<bool(const app::options&)> has_other;
    bool may_be_empty = false;  // and is as if it were not given

    std::string variable() const
    {
        std::string text = "CERTIFICATE_BINDING";
        for (const char c : name.substr(1))
        {
            text += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        return text;
    }
};

std::ostream& operator<<(std::ostream& stream, const flag& value)
{
    return stream << value.name;
}

template <class Value>
auto is(Value app::options::* member, Value expected)
{
    return [=](const app::options& o) { return o.*member == expected; };
}

flag text_flag(const std::string& name, std::string app::options::* member)
{
    // The flag takes the value as it stands.
    return {
        name,
        "a b=\"c\"",
        "[x,y]",
        is(member, std::string("a b=\"c\"")),
        is(member, std::string("[x,y]")),
        true
    };
}

const auto shop = is(&app::options::namespaces, words{"shop"});
const auto blog = is(&app::options::namespaces, words{"blog"});

const std::vector<flag> flags{
    text_flag("--kubeconfig", &app::options::kubeconfig),
    text_flag("--context", &app::options::context),
    {"--namespace", "shop", "blog", shop, blog},
    text_flag("--cloud-config", &app::options::cloud_config),
    text_flag("--cloud", &app::options::cloud),
    {"--allow-controller-credentials",
     "shop,blog",
     "*",
     is(&app::options::credential_namespaces, words{"shop", "blog"}),
     is(&app::options::credential_namespaces, words{"*"})},
    {"--allowed-auth-urls",
     "https://ks.example,https://ks2.example/v3",
     "*",
     is(&app::options::allowed_auth_urls, words{"https://ks.example", "https://ks2.example/v3"}),
     is(&app::options::allowed_auth_urls, words{"*"})},
    {"--resync-period",
     "1h30m",
     "90s",
     is<support::duration>(&app::options::resync_period, 90min),
     is<support::duration>(&app::options::resync_period, 90s)},
    {"--write-deadline",
     "1.5s",
     "250ms",
     is<support::duration>(&app::options::write_deadline, 1500ms),
     is<support::duration>(&app::options::write_deadline, 250ms)},
    {"--cloud-timeout",
     "20s",
     "2m",
     is<support::duration>(&app::options::cloud_timeout, 20s),
     is<support::duration>(&app::options::cloud_timeout, 2min)},
    {"--metrics-bind-address",
     ":8080",
     "[::1]:0",
     is(&app::options::metrics, std::optional(net::listen_address{"", 8080})),
     is(&app::options::metrics, std::optional(net::listen_address{"::1", 0}))},
    {"--debug-address",
     "127.0.0.1:8081",
     "[::1]:0",
     is(&app::options::debug, std::optional(net::listen_address{"127.0.0.1", 8081})),
     is(&app::options::debug, std::optional(net::listen_address{"::1", 0}))},
    {"--max-cloud-requests",
     "100",
     "200",
     [](const app::options& o) { return o.requests == net::request_limits{64, 32, 100}; },
     [](const app::options& o) { return o.requests == net::request_limits{64, 32, 200}; }},
    {"--max-requests-per-server",
     "10",
     "20",
     [](const app::options& o) { return o.requests == net::request_limits{10, 32, 512}; },
     [](const app::options& o) { return o.requests == net::request_limits{20, 32, 512}; }},
    {"--max-kubernetes-requests",
     "10",
     "20",
     [](const app::options& o) { return o.requests == net::request_limits{64, 10, 512}; },
     [](const app::options& o) { return o.requests == net::request_limits{64, 20, 512}; }},
    {"--loop-lag-warning",
     "3s",
     "10ms",
     is<support::duration>(&app::options::loop_lag_warning, 3s),
     is<support::duration>(&app::options::loop_lag_warning, 10ms)},
    {"--expiry-metrics",
     "false",
     "true",
     is(&app::options::expiry_metrics, false),
     is(&app::options::expiry_metrics, true)},
    {"--expiry-warning-days",
     "14",
     "7,60,7",
     is(&app::options::expiry_warning_days, std::vector{14}),
     is(&app::options::expiry_warning_days, std::vector{60, 7})},
    {"--log-level",
     "debug",
     "error",
     is(&app::options::log_level, log_level::debug),
     is(&app::options::log_level, log_level::error)},
    {"--log-format",
     "json",
     "text",
     is(&app::options::log_format, log_format::json),
     is(&app::options::log_format, log_format::text)},
    {"--leader-elect-lease-duration",
     "1m",
     "20s",
     [](const auto& o) { return o.leader.times.lease_duration == 1min; },
     [](const auto& o) { return o.leader.times.lease_duration == 20s; }},
    {"--leader-elect-renew-deadline",
     "14s",
     "9s",
     [](const auto& o) { return o.leader.times.renew_deadline == 14s; },
     [](const auto& o) { return o.leader.times.renew_deadline == 9s; }},
    {"--leader-elect-retry-period",
     "1s",
     "500ms",
     [](const auto& o) { return o.leader.times.retry_period == 1s; },
     [](const auto& o) { return o.leader.times.retry_period == 500ms; }},
    {"--leader-elect-resource-name",
     "sao1.example",
     "b",
     [](const auto& o) { return o.leader.name == "sao1.example"; },
     [](const auto& o) { return o.leader.name == "b"; }},
    {"--leader-elect-resource-namespace",
     "kube-system",
     "b",
     [](const auto& o) { return o.leader.name_space == "kube-system"; },
     [](const auto& o) { return o.leader.name_space == "b"; },
     true},
};

class every_flag : public testing::TestWithParam<flag>
{};

TEST_P(every_flag, is_given_with_a_space_with_an_equals_sign_or_as_a_variable)
{
    const auto& [name, value, other, has_value, has_other, may_be_empty] = GetParam();
    EXPECT_TRUE(has_value(options({name, value})));
    EXPECT_TRUE(has_value(options({name + "=" + value})));
    EXPECT_TRUE(has_value(options({}, {{GetParam().variable(), value}})));
}

TEST_P(every_flag, wins_over_its_variable)
{
    const auto& [name, value, other, has_value, has_other, may_be_empty] = GetParam();
    EXPECT_TRUE(has_other(options({name, other}, {{GetParam().variable(), value}})));
    EXPECT_TRUE(has_other(options({name + "=" + other}, {{GetParam().variable(), value}})));
}

TEST_P(every_flag, needs_a_value)
{
    const std::string& name = GetParam().name;
    const std::string message = name + " needs a value; see --help";
    EXPECT_EQ(refusal({name}), message);
    const std::string of_empty = GetParam().may_be_empty ? "accepted" : message;
    EXPECT_EQ(refusal({name + "="}), of_empty);
    EXPECT_EQ(refusal({name, ""}), of_empty);
}

TEST_P(every_flag, takes_no_other_flag_for_its_value)
{
    const std::string& name = GetParam().name;
    for (const words& empty : {words{name + "="}, words{name, ""}})
    {
        words arguments = empty;
        arguments.emplace_back("--leader-elect");
        if (!GetParam().may_be_empty)
        {
            EXPECT_EQ(refusal(arguments), name + " needs a value; see --help");
            continue;
        }
        const auto chosen = options(arguments);
        EXPECT_TRUE(chosen.leader.elect);
        EXPECT_FALSE(GetParam().has_value(chosen));
    }
}

TEST_P(every_flag, has_a_variable_that_is_not_set_when_it_is_empty)
{
    EXPECT_TRUE(
        GetParam().has_value(options({GetParam().name, GetParam().value}, {{GetParam().variable(), ""}}))
    );
    EXPECT_EQ(refusal({}, {{GetParam().variable(), ""}}), "accepted");
}

TEST_P(every_flag, is_in_the_help)
{
    EXPECT_THAT(text_instead({"--help"}), HasSubstr("\n  " + GetParam().name + " "));
}

INSTANTIATE_TEST_SUITE_P(options, every_flag, testing::ValuesIn(flags), [](const auto& info) {
    std::string name = info.param.name.substr(2);
    std::ranges::replace(name, '-', '_');
    return name;
});

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

TEST(options, leader_elect_stands_alone_or_has_a_value)
{
    EXPECT_FALSE(options({}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect"}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect", "--cloud=b"}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect=true"}).leader.elect);
    EXPECT_FALSE(options({"--leader-elect=false"}).leader.elect);
    const variables set{{"CERTIFICATE_BINDING_LEADER_ELECT", "true"}};
    EXPECT_TRUE(options({}, set).leader.elect);
    EXPECT_FALSE(options({"--leader-elect=false"}, set).leader.elect);
    EXPECT_THAT(refusal({"--leader-elect=maybe"}), HasSubstr("--leader-elect: "));
    EXPECT_EQ(refusal({"--leader-elect="}), "--leader-elect needs a value; see --help");
    EXPECT_EQ(refusal({"--leader-elect", ""}), "--leader-elect needs a value; see --help");
    const auto defaults = options({}).leader;
    EXPECT_EQ(defaults.times.lease_duration, 15s);
    EXPECT_EQ(defaults.times.renew_deadline, 10s);
    EXPECT_EQ(defaults.times.retry_period, 2s);
    EXPECT_EQ(defaults.name, "certificate-binding-controller");
    EXPECT_EQ(defaults.name_space, "");
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

TEST(options, times_of_a_lease_leave_no_room_for_two_leaders)
{
    EXPECT_EQ(
        refusal({"--leader-elect-lease-duration=10s"}),
        "--leader-elect-lease-duration: 10s is not longer than --leader-elect-renew-deadline (10s), so two "
        "might lead at a time; the defaults are 15s and 10s"
    );
    EXPECT_EQ(
        refusal({"--leader-elect-renew-deadline=2400ms"}),
        "--leader-elect-renew-deadline: 2400ms is not longer than 1.2 times --leader-elect-retry-period "
        "(2s), "
        "so one slow answer would end a term; the defaults are 10s and 2s"
    );
    EXPECT_THAT(refusal({"--leader-elect-lease-duration=61m"}), HasSubstr("must be from 1s to 1h, not 61m"));
    for (const char* name : {"A", "-a", "a.", "a..b", "a/b"})
    {
        EXPECT_THAT(
            refusal({"--leader-elect-resource-name", name}), HasSubstr("cannot be the name of a Lease")
        ) << name;
    }
    EXPECT_THAT(
        refusal({"--leader-elect-resource-namespace=A"}),
        HasSubstr("--leader-elect-resource-namespace: \"A\" is not a namespace name")
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

struct mistake
{
    words arguments;
    variables set;
    std::string message;
};

TEST(options, mistakes_are_told_in_one_line_that_says_what_to_do)
{
    const std::string duration = "\" is not a duration; write it as in 30s, 10m or 1h30m";
    const std::string name = "\" is not a namespace name (lower-case letters, digits and -)";
    const std::string level = " is not known; use debug, info, warn or error";
    const std::string days =
        "\" is not a number of days from 1 to 3650; write a list such as 30,14,7,3,1, or 0 for no warnings";
    const std::string unknown = "unknown argument \"";
    const std::string flag = "\"; --help lists the flags";
    const std::vector<mistake> mistakes{
        {{"--resync-period=5"}, {}, "--resync-period: \"5" + duration},
        {{"--resync-period", "-5m"}, {}, "--resync-period: \"-5m" + duration},
        {{"--resync-period=ten minutes"}, {}, "--resync-period: \"ten minutes" + duration},
        {{"--resync-period=999ms"}, {}, "--resync-period: must be from 1s to 720h, not 999ms"},
        {{"--resync-period=0"}, {}, "--resync-period: must be from 1s to 720h, not 0"},
        {{"--resync-period=721h"}, {}, "--resync-period: must be from 1s to 720h, not 721h"},
        {{"--cloud-timeout=999ms"}, {}, "--cloud-timeout: must be from 1s to 1h, not 999ms"},
        {{"--cloud-timeout=61m"}, {}, "--cloud-timeout: must be from 1s to 1h, not 61m"},
        {{"--write-deadline=1x"}, {}, "--write-deadline: \"1x" + duration},
        {{"--write-deadline=99ms"}, {}, "--write-deadline: must be from 100ms to 1h, not 99ms"},
        {{"--write-deadline=61m"}, {}, "--write-deadline: must be from 100ms to 1h, not 61m"},
        {{"--metrics-bind-address=8080"},
         {},
         "--metrics-bind-address: \"8080\" is no address to listen on; write it as in :8080, 127.0.0.1:8080 "
         "or [::1]:8080"},
        {{"--expiry-warning-days=30,,7"}, {}, "--expiry-warning-days: \"" + days},
        {{"--expiry-warning-days=30, 7"}, {}, "--expiry-warning-days: \" 7" + days},
        {{"--expiry-warning-days=3651"}, {}, "--expiry-warning-days: \"3651" + days},
        {{"--expiry-warning-days=7,0"}, {}, "--expiry-warning-days: \"0" + days},
        {{"--expiry-warning-days=-1"}, {}, "--expiry-warning-days: \"-1" + days},
        {{},
         {{"CERTIFICATE_BINDING_EXPIRY_WARNING_DAYS", "1w"}},
         "CERTIFICATE_BINDING_EXPIRY_WARNING_DAYS: \"1w" + days},
        {{"--log-level=loud"}, {}, "--log-level: log level \"loud\"" + level},
        {{"--log-level=INFO"}, {}, "--log-level: log level \"INFO\"" + level},
        {{"--log-format=xml"}, {}, "--log-format: log format \"xml\" is not known; use json or text"},
        {{"--namespace=Shop"}, {}, "--namespace: \"Shop" + name},
        {{"--namespace=a,b"}, {}, "--namespace: \"a,b" + name},
        {{"--namespace=-a"}, {}, "--namespace: \"-a" + name},
        {{"--namespace=" + std::string(64, 'a')}, {}, "--namespace: \"" + std::string(64, 'a') + name},
        {{"--unknown"}, {}, unknown + "--unknown" + flag},
        {{"--vers"}, {}, unknown + "--vers" + flag},
        {{"-v"}, {}, unknown + "-v" + flag},
        {{"run", "--unknown"}, {}, unknown + "run" + flag},
        {{"--", "--cloud"}, {}, unknown + "--" + flag},
        // The message names the variable, because the user set no flag.
        {{}, {{"CERTIFICATE_BINDING_RESYNC_PERIOD", "5"}}, "CERTIFICATE_BINDING_RESYNC_PERIOD: \"5" + duration
        },
        {{},
         {{"CERTIFICATE_BINDING_WRITE_DEADLINE", "5"}},
         "CERTIFICATE_BINDING_WRITE_DEADLINE: \"5" + duration},
        {{},
         {{"CERTIFICATE_BINDING_METRICS_BIND_ADDRESS", "x"}},
         "CERTIFICATE_BINDING_METRICS_BIND_ADDRESS: \"x\" is no address to listen on; write it as in :8080, "
         "127.0.0.1:8080 or [::1]:8080"},
        {{},
         {{"CERTIFICATE_BINDING_LOG_LEVEL", "x"}},
         "CERTIFICATE_BINDING_LOG_LEVEL: log level \"x\"" + level},
        {{},
         {{"CERTIFICATE_BINDING_LOG_FORMAT", "x"}},
         "CERTIFICATE_BINDING_LOG_FORMAT: log format \"x\" is not known; use json or text"},
        {{}, {{"CERTIFICATE_BINDING_NAMESPACE", "a,,b"}}, "CERTIFICATE_BINDING_NAMESPACE: \"" + name},
        {{}, {{"CERTIFICATE_BINDING_NAMESPACE", "a, b"}}, "CERTIFICATE_BINDING_NAMESPACE: \" b" + name},
        {{"--log-level=y"}, {{"CERTIFICATE_BINDING_LOG_LEVEL", "x"}}, "--log-level: log level \"y\"" + level},
        {{"--namespace=Y"}, {{"CERTIFICATE_BINDING_NAMESPACE", "X"}}, "--namespace: \"Y" + name}
    };
    for (const auto& [arguments, set, message] : mistakes)
    {
        EXPECT_EQ(refusal(arguments, set), message);
    }
    EXPECT_EQ(parse({"--unknown"}).error().code, support::errc::invalid);
}

TEST(options, what_was_meant_for_another_program_is_not_repeated)
{
    EXPECT_THAT(refusal({"--os-password=canary"}), Not(HasSubstr("canary")));
    EXPECT_THAT(refusal({"--os-password", "canary"}), Not(HasSubstr("canary")));
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
