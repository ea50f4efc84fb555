#include "app/parsed_options.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::log_format;
using support::log_level;
using test::options;
using test::refusal;
using test::text_instead;
using test::words;
using testing::HasSubstr;

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

}  // namespace
