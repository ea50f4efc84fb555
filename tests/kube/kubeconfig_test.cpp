#include "kube/kubeconfig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using support::errc;
using testing::HasSubstr;
using testing::Not;

// A kubeconfig as kubectl writes it, with "CA", "CERT" and "KEY" in base64.
const std::string complete = R"(
apiVersion: v1
kind: Config
current-context: prod
contexts:
- name: prod
  context: {cluster: prod, user: admin, namespace: shop}
- name: lab
  context: {cluster: lab, user: robot}
- name: nobody
  context: {cluster: lab}
clusters:
- name: prod
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: Q0E=
- name: lab
  cluster:
    server: https://lab.example.com/k8s/clusters/c-1/
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    insecure-skip-tls-verify: false
users:
- name: admin
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
- name: robot
  user: {token: canary-token}
preferences: {}
)";

support::result<kube::config> read(const std::string& content, const std::string& context = "")
{
    return kube::read_kubeconfig({{"/home/me/.kube/config", content}}, context);
}

TEST(kubeconfig, the_current_context_is_taken)
{
    const auto config = read(complete);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->source, "kubeconfig /home/me/.kube/config, context prod");
    EXPECT_EQ(config->server.str(), "https://10.0.0.1:6443");
    EXPECT_EQ(config->ca.text.reveal(), "CA");
    EXPECT_EQ(config->client_certificate.text.reveal(), "CERT");
    EXPECT_EQ(config->client_key.text.reveal(), "KEY");
    EXPECT_TRUE(config->token.empty());
    EXPECT_EQ(config->tls_server_name, "");
}

TEST(kubeconfig, the_wanted_context_is_taken)
{
    const auto config = read(complete, "lab");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->server.str(), "https://lab.example.com/k8s/clusters/c-1");
    EXPECT_EQ(config->tls_server_name, "kubernetes");
    EXPECT_EQ(config->token.text.reveal(), "canary-token");
    EXPECT_TRUE(config->client_certificate.empty());
}

TEST(kubeconfig, a_context_may_name_no_user)
{
    const auto config = read(complete, "nobody");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE(config->token.empty());
}

TEST(kubeconfig, relative_paths_start_at_the_folder_of_the_file_that_names_them)
{
    const std::string text = R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h", certificate-authority: ../pki/ca.crt}}]
users: [{name: u, user: {client-certificate: me.crt, client-key: /abs/me.key, tokenFile: token}}]
)";
    const auto config = kube::read_kubeconfig({{"/home/me/.kube/config", text}}, "");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->ca.file, "/home/me/.kube/../pki/ca.crt");
    EXPECT_EQ(config->client_certificate.file, "/home/me/.kube/me.crt");
    EXPECT_EQ(config->client_key.file, "/abs/me.key");
    EXPECT_EQ(config->token.file, "/home/me/.kube/token");
    EXPECT_EQ(kube::read_kubeconfig({{"config", text}}, "")->token.file, "token");
}

TEST(kubeconfig, text_within_wins_over_a_file_but_a_token_file_over_a_token)
{
    const auto config = read(R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h", certificate-authority: /ca, certificate-authority-data: Q0E=}}]
users: [{name: u, user: {token: old, tokenFile: /token}}]
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->ca.text.reveal(), "CA");
    EXPECT_EQ(config->ca.file, "");
    EXPECT_EQ(config->token.file, "/token");
    EXPECT_TRUE(config->token.text.empty());
}

TEST(kubeconfig, of_several_files_the_first_that_defines_something_counts)
{
    const std::string first = R"(
contexts: [{name: a, context: {cluster: shared, user: me}}]
clusters: [{name: shared, cluster: {server: "https://first"}}]
)";
    const std::string second = R"(
current-context: a
contexts: [{name: a, context: {cluster: other}}, {name: b, context: {cluster: shared}}]
clusters: [{name: shared, cluster: {server: "https://second", certificate-authority: ca}}]
users: [{name: me, user: {tokenFile: token}}]
)";
    const std::string third = "current-context: b\n";
    const std::vector<kube::kubeconfig_text> files{{"/1/c", first}, {"/2/c", second}, {"/3/c", third}};
    const auto config = kube::read_kubeconfig(files, "");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->server.str(), "https://first");
    EXPECT_TRUE(config->ca.empty()) << "one cluster is never put together from two files";
    EXPECT_EQ(config->token.file, "/2/token");
    const auto unknown = kube::read_kubeconfig(files, "z");
    EXPECT_EQ(unknown.error().message, "kubeconfig /1/c:/2/c:/3/c: has no context \"z\"; it has: a, a, b");
}

struct mistake
{
    const char* name;
    const char* changed;  // this text of the complete file
    const char* to;       // is replaced by this one
    const char* message;
};

class mistakes : public testing::TestWithParam<mistake>
{};

constexpr auto good = R"(
current-context: prod
contexts: [{name: prod, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h:6443"}}]
users: [{name: u, user: {token: canary-token}}]
)";

TEST_P(mistakes, are_told_in_one_line)
{
    std::string text = good;
    const auto at = text.find(GetParam().changed);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string_view(GetParam().changed).size(), GetParam().to);
    const auto config = read(text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, errc::invalid);
    EXPECT_THAT(config.error().message, HasSubstr(GetParam().message));
    EXPECT_THAT(config.error().message, HasSubstr("kubeconfig /home/me/.kube/config"));
    EXPECT_THAT(config.error().message, Not(HasSubstr("\n")));
    EXPECT_THAT(config.error().message, Not(HasSubstr("canary")));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    mistakes,
    testing::Values(
        mistake{"no_context", "prod\n", "\n", "has no current-context; choose one with --context: prod"},
        mistake{
            "unknown_context",
            "current-context: prod",
            "current-context: stage",
            "has no context \"stage\"; it has: prod"
        },
        mistake{
            "context_over_two_lines",
            "current-context: prod",
            "current-context: \"a\\nb\"",
            "has no context \"a b\""
        },
        mistake{
            "no_contexts",
            "contexts: [{name: prod, context: {cluster: c, user: u}}]",
            "contexts: []",
            "it has: none"
        },
        mistake{
            "contexts_map",
            "contexts: [{name: prod, context: {cluster: c, user: u}}]",
            "contexts: {name: prod}",
            "it has: none"
        },
        mistake{
            "odd_entries",
            "contexts: [{name: prod, context: {cluster: c, user: u}}]",
            "contexts: [7, null, [x], {name: prod}, {name: [], context: {}}]",
            "it has: none"
        },
        mistake{
            "context_names_no_cluster",
            "{cluster: c, user: u}",
            "{user: u}",
            "there is no cluster \"\"; there are: c"
        },
        mistake{"unknown_cluster", "cluster: c,", "cluster: z,", "there is no cluster \"z\"; there are: c"},
        mistake{"unknown_user", "user: u}}", "user: z}}", "there is no user \"z\"; there are: u"},
        mistake{
            "no_server", "server: \"https://h:6443\"", "x: 1", "server of the cluster is missing; add its URL"
        },
        mistake{"server_list", "\"https://h:6443\"", "[1]", "server of the cluster is missing; add its URL"},
        mistake{"server_without_scheme", "https://h:6443", "h:6443", "server: "},
        mistake{"server_of_another_scheme", "https://h:6443", "ftp://h", "server: "},
        mistake{
            "insecure",
            "\"}}]\nusers",
            "\", insecure-skip-tls-verify: true}}]\nusers",
            "insecure-skip-tls-verify is not supported; give the cluster's certificate-authority instead"
        },
        mistake{
            "insecure_in_yaml_1_1",
            "\"}}]\nusers",
            "\", insecure-skip-tls-verify: Yes}}]\nusers",
            "insecure-skip-tls-verify is not supported"
        },
        mistake{
            "proxy_list", "\"}}]\nusers", "\", proxy-url: [http://p]}}]\nusers", "proxy-url is not a text"
        },
        mistake{
            "ca_not_base64",
            "\"}}]\nusers",
            "\", certificate-authority-data: \"%%\"}}]\nusers",
            "certificate-authority-data is not base64"
        },
        mistake{
            "exec",
            "token: canary-token",
            "exec: {command: aws}",
            "the user has exec, which is not supported; use client-certificate and client-key, token or "
            "tokenFile"
        },
        mistake{
            "auth_provider",
            "token: canary-token",
            "auth-provider: {name: gcp}",
            "the user has auth-provider, which is not supported"
        },
        mistake{
            "password",
            "token: canary-token",
            "username: me, password: canary",
            "the user has username, which is not supported"
        },
        mistake{
            "acting_as",
            "token: canary-token",
            "token: canary-token, as: root",
            "the user has as, which is not supported"
        },
        mistake{
            "certificate_alone",
            "token: canary-token",
            "client-certificate: c.crt",
            "client-certificate and client-key belong together"
        },
        mistake{
            "key_alone",
            "token: canary-token",
            "client-key-data: S0VZ",
            "client-certificate and client-key belong together"
        },
        mistake{
            "key_not_base64",
            "token: canary-token",
            "client-certificate: c, client-key-data: \"canary!\"",
            "client-key-data is not base64"
        },
        mistake{"broken_yaml", "token: canary-token}", "token: canary-token", "is not YAML (line "},
        mistake{"no_map", "\ncurrent-context: prod", "- x\n-", "is not "},
        mistake{"odd_key", "token: canary-token", "{a: b}: c, exec: x", "exec"}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(kubeconfig, the_proxy_of_the_cluster_is_taken_as_it_stands)
{
    std::string content = complete;
    content.insert(content.find("    tls-server-name"), "    proxy-url: http://me:canary@proxy:3128\n");
    const auto config = read(content, "lab");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->proxy_url.reveal(), "http://me:canary@proxy:3128");
    EXPECT_TRUE(read(content, "prod")->proxy_url.empty());
}

TEST(kubeconfig, what_is_null_or_empty_is_not_there)
{
    const auto config = read(R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h", proxy-url: "", certificate-authority: null}}]
users: [{name: u, user: {exec: null, auth-provider: ~, username: "", token: t}}]
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->token.text.reveal(), "t");
    EXPECT_TRUE(config->proxy_url.empty());
}

TEST(kubeconfig, no_map_at_all_is_said)
{
    for (const char* text : {"", "- a\n", "just text", "7", "~"})
    {
        const auto config = read(text);
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().message, "kubeconfig /home/me/.kube/config: is not a YAML map");
    }
}

TEST(kubeconfig, bombs_of_yaml_do_no_harm)
{
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i)
    {
        const std::string last = "*a" + std::to_string(i - 1);
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 9; ++j)
        {
            laughs += last + (j < 8 ? ", " : "]\n");
        }
    }
    laughs += "current-context: *a29\ncontexts: *a29\n";
    EXPECT_THAT(read(laughs).error().message, HasSubstr("has no current-context"));
    EXPECT_THAT(read("contexts: &c [*c, {name: *c, context: *c}]\n").error().message, HasSubstr("context"));
    EXPECT_THAT(read(std::string(1 << 20, '[')).error().message, HasSubstr("is not YAML"));
    std::string deep;
    for (std::size_t i = 0; i < 1400; ++i)
    {
        deep += std::string(i, ' ') + "a:\n";
    }
    EXPECT_FALSE(read(deep));
}

}  // namespace
