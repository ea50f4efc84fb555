#include "app/bindings_api_options.hpp"

#include "app/parsed_options.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

support::result<app::bindings_api_options> parse(
    const test::words& arguments, const test::variables& variables = {}
)
{
    const auto parsed = test::parse(arguments, variables);
    if (!parsed)
    {
        return std::unexpected(parsed.error());
    }
    return std::get<app::options>(*parsed).bindings_api;
}

std::string refused(const test::words& arguments)
{
    const auto parsed = parse(arguments);
    return parsed ? "taken" : parsed.error().message;
}

TEST(bindings_api_options, are_off_without_an_address)
{
    const auto none = parse({});
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->address);
    EXPECT_EQ(none->wait, 10s);
    EXPECT_EQ(none->most_waiting, 1000U);
    EXPECT_EQ(none->requests_per_minute, 600U);
}

TEST(bindings_api_options, are_flags_and_variables)
{
    const auto all = parse(
        {"--bindings-api-address=:8443",
         "--bindings-api-namespace=shop",
         "--bindings-api-default-region=sao1",
         "--bindings-api-wait=1m",
         "--bindings-api-max-waiting=7",
         "--bindings-api-tls-cert-file=/tls/tls.crt",
         "--bindings-api-tls-key-file=/tls/tls.key"},
        {{"CERTIFICATE_BINDING_BINDINGS_API_REQUESTS_PER_MINUTE", "0"}}
    );
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->address->str(), ":8443");
    EXPECT_EQ(all->name_space, "shop");
    EXPECT_EQ(all->region, "sao1");
    EXPECT_EQ(all->wait, 60s);
    EXPECT_EQ(all->most_waiting, 7U);
    EXPECT_EQ(all->requests_per_minute, 0U);
    EXPECT_EQ(all->certificate_file, "/tls/tls.crt");
    EXPECT_EQ(all->key_file, "/tls/tls.key");
}

TEST(bindings_api_options, let_tokens_travel_over_plain_http_only_where_that_is_asked_for)
{
    for (const std::string address : {"127.0.0.1:8082", "127.7.7.7:80", "[::1]:8082"})
    {
        EXPECT_EQ(refused({"--bindings-api-address=" + address}), "taken");
    }
    for (const std::string address : {":8082", "0.0.0.0:8082", "192.0.2.1:8082", "[::]:8082"})
    {
        EXPECT_THAT(
            refused({"--bindings-api-address=" + address}),
            AllOf(StartsWith("--bindings-api-address: "), HasSubstr("--bindings-api-allow-http"))
        );
        EXPECT_EQ(refused({"--bindings-api-address=" + address, "--bindings-api-allow-http=true"}), "taken");
    }
    EXPECT_THAT(
        refused({"--bindings-api-address=:8443", "--bindings-api-tls-cert-file=a"}),
        StartsWith("--bindings-api-tls-cert-file: a certificate needs its key")
    );
    EXPECT_THAT(refused({"--bindings-api-tls-key-file=a"}), StartsWith("--bindings-api-tls-key-file: "));
}

TEST(bindings_api_options, name_what_is_wrong)
{
    EXPECT_THAT(refused({"--bindings-api-address=here"}), StartsWith("--bindings-api-address: "));
    EXPECT_THAT(
        refused({"--bindings-api-wait=6m"}), StartsWith("--bindings-api-wait: must be from 1s to 5m, not 6m")
    );
    EXPECT_THAT(refused({"--bindings-api-max-waiting=0"}), StartsWith("--bindings-api-max-waiting: "));
    EXPECT_THAT(
        refused({"--bindings-api-requests-per-minute=x"}), StartsWith("--bindings-api-requests-per-minute: ")
    );
    EXPECT_THAT(refused({"--bindings-api-allow-http=yes"}), HasSubstr("must be true or false, not \"yes\""));
    EXPECT_THAT(refused({"--bindings-api-namespace=Shop"}), HasSubstr("is not a namespace name"));
    EXPECT_THAT(
        refused({"--bindings-api-default-region=a b"}), StartsWith("--bindings-api-default-region: ")
    );
    EXPECT_THAT(
        refused({"--namespace=blog", "--bindings-api-namespace=shop"}),
        AllOf(HasSubstr("does not watch the namespace \"shop\""), HasSubstr("--namespace shop"))
    );
}

}  // namespace
