#include "net/http/http.hpp"

#include <gtest/gtest.h>

namespace {

TEST(origin, is_written_with_the_port_only_where_it_is_not_the_schemes_own)
{
    EXPECT_EQ((net::origin{true, "host", 443}).str(), "https://host");
    EXPECT_EQ((net::origin{true, "host", 6443}).str(), "https://host:6443");
    EXPECT_EQ((net::origin{false, "host", 80}).str(), "http://host");
    EXPECT_EQ((net::origin{false, "host", 443}).str(), "http://host:443");
    EXPECT_EQ((net::origin{true, "fd00::1", 6443}).str(), "https://[fd00::1]:6443");
}

TEST(find_header, compares_names_without_case_and_gives_the_first)
{
    const std::vector<net::header> headers{{"X-Subject-Token", "a"}, {"x-subject-token", "b"}};
    EXPECT_EQ(net::find_header(headers, "X-SUBJECT-TOKEN"), "a");
    EXPECT_EQ(net::find_header(headers, "X-Subject"), "");
}

TEST(redirect_target, is_the_place_without_what_may_be_secret)
{
    const auto target = [](std::string location) {
        return net::redirect_target({{"location", std::move(location)}});
    };
    EXPECT_EQ(target("https://ks.example/v3/auth/tokens"), "https://ks.example/v3/auth/tokens");
    EXPECT_EQ(target("https://user:canary@ks.example/v3"), "https://ks.example/v3");
    EXPECT_EQ(target("https://user:c@nary@ks.example"), "https://ks.example");
    EXPECT_EQ(target("//user:canary@ks.example/v3"), "//ks.example/v3");
    EXPECT_EQ(target("user:canary@ks.example"), "ks.example");
    EXPECT_EQ(target("https://ks.example/v3?token=canary#canary"), "https://ks.example/v3");
    EXPECT_EQ(target("/elsewhere#canary"), "/elsewhere");
    EXPECT_EQ(target("/a\tb\x1b[31m"), "/a b [31m");
    EXPECT_EQ(target(std::string(1000, 'x')).size(), 200U);
    EXPECT_EQ(net::redirect_target({}), "");
}

TEST(retry_after, is_read_in_seconds_and_a_minute_at_most)
{
    const auto wait = [](const std::string& value) {
        const std::vector<net::header> headers{{"retry-after", value}};
        return net::retry_after(headers);
    };
    using std::chrono::seconds;
    EXPECT_EQ(wait("7"), seconds(7));
    EXPECT_EQ(wait("0"), seconds(0));
    EXPECT_EQ(wait("3600"), seconds(60));
    EXPECT_EQ(wait("99999999999999999999"), seconds(60));
    EXPECT_EQ(wait("Tue, 24 Nov 2026 03:27:20 GMT"), seconds(60)) << "whenever that is";
    EXPECT_EQ(wait("-5"), std::nullopt);
    EXPECT_EQ(wait("7 s"), std::nullopt);
    EXPECT_EQ(wait("soon"), std::nullopt);
    EXPECT_EQ(wait(""), std::nullopt);
    EXPECT_EQ(net::retry_after({}), std::nullopt);
}

}  // namespace
