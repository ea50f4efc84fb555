// The controller behind proxies: the cloud through a proxy of the environment, and the API server through
// that of its kubeconfig. The loopback addresses need no proxy, so the servers have other names here: the
// proxy connects every name to this machine, and so does Linux with 0.0.0.0.
#include "e2e/world.hpp"
#include "fakes/proxy/recording_proxy.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <set>

namespace e2e {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string port_of(const std::string& url)
{
    const auto from = url.rfind(':') + 1;
    return url.substr(from, url.find_first_not_of("0123456789", from) - from);
}

std::set<std::string> asked_for(const test::background_proxy& proxy)
{
    std::set<std::string> servers;
    for (const auto& request : proxy.requests())
    {
        servers.insert(request.to);
    }
    return servers;
}

class proxies : public world
{
protected:
    proxies()
    {
        a = certificate("a.example.com");
        const auto credential =
            sim->add_application_credential(sim->add_user("behind a proxy", project), project);
        const json endpoints = json::parse(testbed::read_file(folder / "cloud.json"));
        const json& region = endpoints["regions"]["sao1"];
        const auto at = [](const std::string& host, const std::string& url) {
            return host + ":" + port_of(url);
        };
        keystone = at("keystone.test", identity);
        barbican = at("barbican.test", region["key_manager"].get<std::string>());
        octavia = at("octavia.test", region["load_balancer"].get<std::string>());
        direct = folder / "direct.yaml";
        testbed::write_file(direct, clouds_yaml(identity, credential));
        json far = json::parse(clouds_yaml("http://" + keystone + "/v3", credential));
        far["clouds"]["prod"]["key_manager_endpoint_override"] = "http://" + barbican;
        far["clouds"]["prod"]["load_balancer_endpoint_override"] = "http://" + octavia;
        named = folder / "named.yaml";
        testbed::write_file(named, far.dump());
    }

    // A kubeconfig whose API server has this host, with more lines for the cluster. Returns its path.
    std::string kubeconfig(const std::string& host, const std::string& more)
    {
        auto text = testbed::read_file(
            kubernetes().service_account_kubeconfig(testbed::release_namespace, testbed::release_name)
        );
        const std::string before = "server: https://127.0.0.1:";
        const auto at = text.find(before);
        const auto end = text.find('\n', at);
        api_server = host + ":" + text.substr(at + before.size(), end - at - before.size());
        text.replace(at, end - at, "server: https://" + api_server + "\n    " + more);
        testbed::write_file(folder / "kubeconfig", text);
        return (folder / "kubeconfig").string();
    }

    cloudsim::control::certificate a;
    std::string keystone;
    std::string barbican;
    std::string octavia;
    std::string api_server;
    std::filesystem::path direct;  // a clouds.yaml with the addresses of the simulator
    std::filesystem::path named;   // a clouds.yaml with names that only the proxy knows
};

TEST_F(proxies, of_the_environment_lead_to_the_cloud_and_no_proxy_to_the_api_server)
{
    const test::background_proxy proxy({.login = "user:s3cret"});
    const auto url = "127.0.0.1:" + std::to_string(proxy.port());
    testbed::world::start_controller(
        named,
        {"--kubeconfig", kubeconfig("0.0.0.0", "tls-server-name: 127.0.0.1")},
        {{"HTTP_PROXY", "http://user:s3cret@" + url},
         {"HTTPS_PROXY", "http://user:s3cret@" + url},
         {"NO_PROXY", "10.0.0.0/8,0.0.0.0/8"}}
    );
    apply({{"web", a.id, listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
    EXPECT_THAT(asked_for(proxy), ElementsAre(barbican, keystone, octavia));
    const auto log = controller_log();
    EXPECT_THAT(log, HasSubstr("server=http://" + keystone + " proxy=http://" + url + "\n"));
    EXPECT_THAT(log, HasSubstr("server=https://" + api_server + " proxy=none\n"));
    EXPECT_THAT(log, Not(HasSubstr("s3cret")));
}

TEST_F(proxies, of_the_kubeconfig_lead_to_the_api_server_alone)
{
    const test::background_proxy proxy({.protocol = test::proxy_protocol::socks5, .login = "user:s3cret"});
    const test::background_proxy of_environment;
    const auto url = "127.0.0.1:" + std::to_string(proxy.port());
    const auto unused = "http://127.0.0.1:" + std::to_string(of_environment.port());
    testbed::world::start_controller(
        direct,
        {"--kubeconfig", kubeconfig("localhost", "proxy-url: socks5://user:s3cret@" + url)},
        {{"HTTP_PROXY", unused}, {"HTTPS_PROXY", unused}}
    );
    apply({{"web", a.id, listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(asked_for(proxy), ElementsAre(api_server));
    EXPECT_THAT(of_environment.requests(), IsEmpty()) << "the cloud is on this machine";
    const auto log = controller_log();
    EXPECT_THAT(log, HasSubstr("server=https://" + api_server + " proxy=socks5://" + url + "\n"));
    EXPECT_THAT(log, Not(HasSubstr("s3cret")));
}

TEST_F(proxies, that_refuse_are_named_in_the_status_without_their_password)
{
    const test::background_proxy proxy({.login = "user:another"});
    const auto url = "127.0.0.1:" + std::to_string(proxy.port());
    testbed::world::start_controller(named, {}, {{"HTTP_PROXY", "http://user:s3cret@" + url}});
    apply({{"web", a.id, listener}});
    ASSERT_TRUE(becomes("web", "CloudUnavailable"));
    EXPECT_THAT(
        message("web"),
        HasSubstr(
            "http://" + keystone + ": proxy http://" + url + ": CONNECT " + keystone +
            " was answered with 407 Proxy Authentication Required; correct the user and the password"
        )
    );
    EXPECT_THAT(binding("web").dump(), Not(HasSubstr("s3cret")));
    EXPECT_THAT(kubectl({"get", "events", "-o", "json"}), Not(HasSubstr("s3cret")));
    EXPECT_THAT(controller_log(), Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace e2e
