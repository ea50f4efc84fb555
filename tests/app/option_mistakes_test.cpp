#include "app/parsed_options.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using test::parse;
using test::refusal;
using test::variables;
using test::words;
using testing::HasSubstr;
using testing::Not;

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

}  // namespace
