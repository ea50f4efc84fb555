// What a cluster and a user of a kubeconfig say.
#include "kube/kubeconfig_texts.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using test::complete_kubeconfig;
using test::read_kubeconfig;
using test::read_parts;
using testing::HasSubstr;
using testing::Not;

TEST(kubeconfig, a_token_stays_beside_its_file_for_the_time_when_the_file_cannot_be_read)
{
    const auto config = read_kubeconfig(R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h"}}]
users: [{name: u, user: {token: old, tokenFile: /token}}]
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->token.file, "/token");
    EXPECT_EQ(config->token.text.reveal(), "old");
}

TEST(kubeconfig, the_proxy_of_the_cluster_is_taken_as_it_stands)
{
    std::string content = complete_kubeconfig;
    content.insert(content.find("    tls-server-name"), "    proxy-url: http://me:canary@proxy:3128\n");
    const auto config = read_kubeconfig(content, "lab");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->proxy_url.reveal(), "http://me:canary@proxy:3128");
    EXPECT_TRUE(read_kubeconfig(content, "prod")->proxy_url.empty());
}

TEST(kubeconfig, the_path_of_a_server_is_sent_without_empty_and_dot_segments)
{
    const std::string text =
        "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: \"https://h/../a/./b/..//c/\"}}]\n";
    EXPECT_EQ(read_kubeconfig(text).value().server.str(), "https://h/a/c");
}

TEST(kubeconfig, who_the_requests_act_as_is_taken)
{
    const auto config = read_parts(
        R"(server: "https://h")", "as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {scopes: [x, z]}"
    );
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->as.user, "jane");
    EXPECT_EQ(config->as.uid, "7");
    EXPECT_EQ(config->as.groups, (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(config->as.extra.size(), 1U);
    EXPECT_EQ(config->as.extra[0].first, "scopes");
    EXPECT_EQ(config->as.extra[0].second, (std::vector<std::string>{"x", "z"}));
}

TEST(kubeconfig, a_plugin_is_taken_and_its_path_starts_at_the_folder_of_the_file)
{
    const auto config = read_parts(
        R"(server: "https://h/x?y", extensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1}}])",
        "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/login, args: [-v], env: "
        "[{name: A, "
        "value: b}], installHint: get it, provideClusterInfo: true}"
    );
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(config->exec);
    EXPECT_EQ(config->exec->command, "/home/user/.kube/bin/login");
    EXPECT_EQ(config->exec->arguments, std::vector<std::string>{"-v"});
    EXPECT_EQ(config->exec->environment, (std::vector<std::pair<std::string, std::string>>{{"A", "b"}}));
    EXPECT_EQ(config->exec->install_hint, "get it");
    EXPECT_TRUE(config->exec->provide_cluster_info);
    EXPECT_EQ(config->exec->cluster_config, R"({"a":1})");
    EXPECT_EQ(config->server_text, "https://h/x");
}

struct noticed
{
    const char* name;
    const char* cluster;
    const char* user;
    const char* notice;
};

class notices : public testing::TestWithParam<noticed>
{};

TEST_P(notices, tell_what_has_no_effect)
{
    const auto config = read_parts(GetParam().cluster, GetParam().user);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->notices, testing::ElementsAre(HasSubstr(GetParam().notice)));
    EXPECT_THAT(config->notices[0], Not(HasSubstr("canary")));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    notices,
    testing::Values(
        noticed{
            "unknown_key_of_the_user",
            R"(server: "https://h")",
            "token: canary, tokenfile: canary",
            "the unknown key tokenfile of the user has no effect"
        },
        noticed{
            "no_credential",
            R"(server: "https://h")",
            "token: null",
            "the user has no credential; requests are anonymous"
        },
        noticed{
            "unknown_key_of_the_cluster",
            R"(server: "https://h", Server: canary)",
            "token: canary",
            "the unknown key Server of the cluster has no effect"
        },
        noticed{
            "credential_over_http",
            R"(server: "http://h", insecure-skip-tls-verify: true)",
            "token: canary",
            "no credential is sent, because http://h is plain http; for TLS write https://"
        },
        noticed{
            "provider_over_http",
            R"(server: "http://h")",
            "auth-provider: {name: oidc}",
            "no credential is sent"
        },
        noticed{
            "no_scheme",
            "server: \"h:8080\"",
            "as: jane",
            "server has no scheme, so it is reached by http://h:8080, as by kubectl; for TLS write https://"
        },
        noticed{
            "query",
            R"(server: "https://h?x=canary")",
            "token: canary",
            "the query (?...) of server has no effect"
        },
        noticed{
            "token_beside_exec",
            R"(server: "https://h")",
            "token: canary, exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}",
            "exec has no effect, because the user has another credential"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

}  // namespace
