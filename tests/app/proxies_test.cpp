// Which server of the program is reached through which proxy, and what the log says of it.
#include "app/proxies.hpp"

#include "net/http/url.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using variables = std::map<std::string, std::string>;

support::result<app::proxies> read(
    const variables& set, const std::string& proxy_url = "", const std::string& server = "https://10.0.0.1"
)
{
    kube::config cluster;
    cluster.source = "kubeconfig /kc, context c";
    cluster.server = net::parse_url(server).value();
    cluster.proxy_url = support::secret(proxy_url);
    return app::read_proxies(cluster, [&set](const std::string& name) {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
    });
}

std::string via(const app::proxies& of_program, const std::string& url)
{
    const auto chosen = of_program.route(net::parse_url(url)->origin);
    return chosen ? chosen->str() : "directly";
}

class proxies : public testing::Test
{
protected:
    const support::log_capture log_;
};

TEST_F(proxies, are_not_asked_for_where_none_is_configured)
{
    EXPECT_FALSE(read({})->route);
    EXPECT_FALSE(read({{"NO_PROXY", "10.0.0.0/8"}})->route);
    app::log_proxies(read({}).value(), {net::parse_url("https://10.0.0.1")->origin});
    EXPECT_EQ(log_.text(), "");
}

TEST_F(proxies, of_the_environment_are_those_of_the_api_server_and_of_the_cloud)
{
    const auto found = read({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "10.0.0.0/8"}}).value();
    EXPECT_EQ(via(found, "https://10.0.0.1"), "directly");
    EXPECT_EQ(via(found, "https://keystone.test:5000"), "http://p:1");
    EXPECT_EQ(via(found, "http://octavia.test:9876"), "directly");
}

// As in client-go, where proxy-url replaces the variables for its cluster, NO_PROXY and loopback included.
TEST_F(proxies, of_a_kubeconfig_are_those_of_its_api_server_alone)
{
    const variables set{{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "*"}};
    for (const std::string server :
         {"https://10.0.0.1:6443", "https://127.0.0.1:6443", "http://localhost:8001"})
    {
        const auto found = read(set, "socks5://k:2", server).value();
        EXPECT_EQ(via(found, server), "socks5://k:2");
        EXPECT_EQ(via(found, "https://keystone.test:5000"), "directly") << "NO_PROXY=*";
    }
    const auto alone = read({}, "http://k:2", "https://10.0.0.1").value();
    EXPECT_EQ(via(alone, "https://10.0.0.1/"), "http://k:2");
    EXPECT_EQ(via(alone, "https://10.0.0.1:6443"), "directly") << "another server";
}

TEST_F(proxies, are_told_to_the_log_once_for_each_server_without_their_login)
{
    const auto found =
        read({{"HTTPS_PROXY", "http://me:s3cret@p:1"}, {"NO_PROXY", ".svc"}}, "https://me:s3cret@k:2")
            .value();
    const auto origin = [](const std::string& url) { return net::parse_url(url)->origin; };
    app::log_proxies(found, {origin("https://10.0.0.1"), origin("https://keystone.test:5000")});
    via(found, "https://keystone.test:5000");
    via(found, "https://octavia.svc");
    via(found, "https://octavia.svc");
    const auto text = log_.text();
    EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
    EXPECT_THAT(
        text,
        HasSubstr("connections to this server go through a proxy server=https://10.0.0.1 proxy=https://k:2\n")
    );
    EXPECT_THAT(text, HasSubstr("server=https://keystone.test:5000 proxy=http://p:1\n"));
    EXPECT_THAT(
        text, HasSubstr("connections to this server need no proxy server=https://octavia.svc proxy=none\n")
    );
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
    EXPECT_THAT(text, Not(HasSubstr("me:")));
}

// Tenants name servers, so their number is not bounded.
TEST_F(proxies, are_told_to_the_log_for_a_bounded_number_of_servers)
{
    const auto found = read({{"HTTPS_PROXY", "http://p:1"}}).value();
    for (int i = 0; i < 1000; ++i)
    {
        EXPECT_EQ(via(found, "https://k" + std::to_string(i) + ".test"), "http://p:1");
    }
    EXPECT_LE(std::ranges::count(log_.text(), '\n'), 256);
}

TEST_F(proxies, that_have_no_effect_are_told)
{
    EXPECT_THAT(read({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", ".svc"}})->without_effect, IsEmpty());
    for (const char* name : {"ALL_PROXY", "all_proxy"})
    {
        EXPECT_THAT(
            read({{name, "http://me:s3cret@p:1"}})->without_effect,
            ElementsAre("ALL_PROXY is not read, as in kubectl; use HTTPS_PROXY and HTTP_PROXY")
        );
    }
    const auto found = read({{"no_proxy", "10.0.0.0/99,ok"}}).value();
    EXPECT_THAT(found.without_effect, ElementsAre("these entries of NO_PROXY match no server: 10.0.0.0/99"));
    app::log_proxies(found, {});
    EXPECT_THAT(log_.text(), HasSubstr("match no server"));
}

TEST_F(proxies, whose_url_is_malformed_are_an_error_without_the_url)
{
    for (const auto& failed : {read({{"HTTP_PROXY", "ftp://me:s3cret@p"}}), read({}, "http://me:s3cret@")})
    {
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, support::errc::invalid);
        EXPECT_THAT(failed.error().message, Not(HasSubstr("s3cret")));
    }
    EXPECT_THAT(read({{"HTTP_PROXY", "x://p"}}).error().message, testing::StartsWith("HTTP_PROXY: "));
    EXPECT_THAT(
        read({}, "x://p").error().message,
        testing::StartsWith("kubeconfig /kc, context c: proxy-url: proxies of the scheme \"x\" are not")
    );
}

}  // namespace
