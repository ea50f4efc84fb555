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
    return kube::read_kubeconfig({{"/home/user/.kube/config", content}}, context);
}

TEST(kubeconfig, the_current_context_is_taken)
{
    const auto config = read(complete);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->source, "kubeconfig /home/user/.kube/config, context prod");
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
    const auto config = kube::read_kubeconfig({{"/home/user/.kube/config", text}}, "");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->ca.file, "/home/user/.kube/../pki/ca.crt");
    EXPECT_EQ(config->client_certificate.file, "/home/user/.kube/me.crt");
    EXPECT_EQ(config->client_key.file, "/abs/me.key");
    EXPECT_EQ(config->token.file, "/home/user/.kube/token");
    EXPECT_EQ(kube::read_kubeconfig({{"config", text}}, "")->token.file, "token");
}

TEST(kubeconfig, a_token_stays_beside_its_file_for_the_time_when_the_file_cannot_be_read)
{
    const auto config = read(R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://h"}}]
users: [{name: u, user: {token: old, tokenFile: /token}}]
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->token.file, "/token");
    EXPECT_EQ(config->token.text.reveal(), "old");
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
    EXPECT_THAT(config.error().message, HasSubstr("kubeconfig /home/user/.kube/config"));
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
            "contexts of the file is a map, but must be a list"
        },
        mistake{
            "odd_entries",
            "contexts: [{name: prod, context: {cluster: c, user: u}}]",
            "contexts: [null, 7]",
            "the entry contexts[1] is not a map"
        },
        mistake{
            "name_of_another_type",
            "{name: prod, context",
            "{name: [], context",
            "name of the entry contexts[0] is a list, but must be a text"
        },
        mistake{
            "two_of_a_name",
            "users: [",
            "users: [{name: u, user: {token: canary-2}}, ",
            "users has two entries of the name \"u\"; remove one"
        },
        mistake{
            "a_key_twice",
            "token: canary-token",
            "token: canary-token, token: canary-2",
            "gives the key token twice; remove one of them (line 5)"
        },
        mistake{
            "token_that_is_a_number",
            "token: canary-token",
            "token: 0123",
            "token of the user is a number, but must be a text; put it in quotes"
        },
        mistake{
            "name_that_is_a_boolean",
            "current-context: prod",
            "current-context: on",
            "current-context of the file is true or false (YAML reads yes, no, on and off so), but must be a "
            "text"
        },
        mistake{
            "another_kind",
            "current-context: prod",
            "kind: Secret",
            "is of kind Secret and apiVersion ; a kubeconfig has kind Config and apiVersion v1"
        },
        mistake{
            "ca_twice",
            "\"}}]\nusers",
            "\", certificate-authority: /ca, certificate-authority-data: Q0E=}}]\nusers",
            "certificate-authority and certificate-authority-data are both given; remove one of them"
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
        mistake{
            "server_list", "\"https://h:6443\"", "[1]", "server of the cluster is a list, but must be a text"
        },
        mistake{
            "path_without_scheme",
            "https://h:6443",
            "h:6443/k8s",
            "server: \"h:6443/k8s\" has no scheme; write it as https://host:6443/path"
        },
        mistake{"blank_before_server", "https://h:6443", " https://h", "server: "},
        mistake{"blank_after_server", "https://h:6443", "https://h ", "server: "},
        mistake{
            "user_in_server", "https://h:6443", "https://me:canary@h", "credentials do not belong in a URL"
        },
        mistake{"server_of_another_scheme", "https://h:6443", "ftp://h", "server: "},
        mistake{
            "insecure",
            "\"}}]\nusers",
            "\", insecure-skip-tls-verify: true}}]\nusers",
            "insecure-skip-tls-verify is not supported, because anybody could answer for the server; trust "
            "its "
            "certificate instead: openssl s_client -connect h:6443 </dev/null | openssl x509 >server.pem; "
            "compare its "
            "fingerprint with the server's; kubectl --kubeconfig /home/user/.kube/config config set-cluster "
            "c "
            "--certificate-authority=server.pem "
            "--embed-certs --insecure-skip-tls-verify=false"
        },
        mistake{
            "insecure_in_yaml_1_1",
            "\"}}]\nusers",
            "\", insecure-skip-tls-verify: Yes}}]\nusers",
            "insecure-skip-tls-verify is not supported"
        },
        mistake{
            "proxy_list",
            "\"}}]\nusers",
            "\", proxy-url: [http://p]}}]\nusers",
            "proxy-url of the cluster is a list, but must be a text"
        },
        mistake{
            "ca_not_base64",
            "\"}}]\nusers",
            "\", certificate-authority-data: \"%%\"}}]\nusers",
            "certificate-authority-data is not base64"
        },
        mistake{
            "exec_without_version",
            "token: canary-token",
            "exec: {command: aws}",
            "apiVersion of exec is missing; add client.authentication.k8s.io/v1"
        },
        mistake{
            "exec_of_an_old_version",
            "token: canary-token",
            "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1alpha1}",
            "apiVersion client.authentication.k8s.io/v1alpha1 of exec is not supported; use "
        },
        mistake{
            "exec_without_command",
            "token: canary-token",
            "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}",
            "command of exec is missing"
        },
        mistake{
            "exec_that_asks",
            "token: canary-token",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}",
            "interactiveMode of exec is Always, but nobody can answer a plugin here; use Never"
        },
        mistake{
            "exec_that_may_ask",
            "token: canary-token",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1}",
            "interactiveMode of exec must be Never or IfAvailable"
        },
        mistake{
            "exec_env_without_name",
            "token: canary-token",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1, env: [{value: canary}]}",
            "an entry of env of the plugin has no good name"
        },
        mistake{
            "exec_and_auth_provider",
            "token: canary-token",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}, auth-provider: {name: "
            "oidc}",
            "the user has auth-provider, which is not supported; write an exec plugin"
        },
        mistake{
            "auth_provider",
            "token: canary-token",
            "auth-provider: {name: gcp}",
            "the user has auth-provider, which is not supported; run gcloud container clusters "
            "get-credentials"
        },
        mistake{
            "password_alone",
            "token: canary-token",
            "password: canary",
            "the user has a password, but no username; add it or remove the password"
        },
        mistake{
            "token_and_username",
            "token: canary-token",
            "token: canary-token, username: me",
            "the user has a token and a username; remove one of them"
        },
        mistake{
            "group_without_as",
            "token: canary-token",
            "token: canary-token, as-groups: [g]",
            "as-uid, as-groups and as-user-extra need the user of as; add as"
        },
        mistake{
            "as_with_line_end",
            "token: canary-token",
            "token: canary-token, as: \"a\\r\\nX-Evil: b\"",
            "holds characters that a header cannot have"
        },
        mistake{
            "as_extra_of_texts",
            "token: canary-token",
            "token: canary-token, as: a, as-user-extra: {k: v}",
            "k of the as-user-extra is a text, but must be a list"
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
        mistake{"odd_key", "token: canary-token", "{a: b}: c, exec: x", "has a key that is no text"},
        mistake{
            "control_character", "canary-token", "canary\x01", "holds a control character (line 5); remove it"
        },
        mistake{"no_utf8", "canary-token", "canary\xff", "is not UTF-8"},
        mistake{
            "text_behind_the_end",
            "\ncurrent",
            "{a: canary}\n{}\ncurrent",
            "has text behind its end; remove it"
        },
        mistake{"merged_text", "token: canary-token", "<<: canary", "merges (<<) what is not a map"}
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
        EXPECT_EQ(config.error().message, "kubeconfig /home/user/.kube/config: is not a YAML map");
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
    const auto too_many = HasSubstr("stands for too many values; write its aliases out");
    EXPECT_THAT(read(laughs).error().message, too_many);
    EXPECT_THAT(read("contexts: &c [*c, {name: *c, context: *c}]\n").error().message, too_many);
    EXPECT_THAT(read("x: &x {<<: *x}\n").error().message, too_many);
    EXPECT_THAT(read(std::string(1 << 20, '[')).error().message, HasSubstr("is not YAML"));
    std::string deep;
    for (std::size_t i = 0; i < 1400; ++i)
    {
        deep += std::string(i, ' ') + "a:\n";
    }
    EXPECT_FALSE(read(deep));
}

// A kubeconfig with this cluster and this user.
support::result<kube::config> read_parts(const std::string& cluster, const std::string& user)
{
    return read(
        "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, "
        "cluster: {" +
        cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n"
    );
}

TEST(kubeconfig, empty_files_of_a_list_are_passed_over)
{
    for (const char* empty : {"", "# a comment\n", "~", "---\n", "{}"})
    {
        const auto config = kube::read_kubeconfig({{"/dev/null", empty}, {"/kc", complete}}, "");
        ASSERT_TRUE(config) << empty << config.error().message;
        EXPECT_EQ(config->server.str(), "https://10.0.0.1:6443");
    }
}

TEST(kubeconfig, the_path_of_a_server_is_sent_without_empty_and_dot_segments)
{
    const std::string text =
        "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: \"https://h/../a/./b/..//c/\"}}]\n";
    EXPECT_EQ(read(text).value().server.str(), "https://h/a/c");
}

TEST(kubeconfig, merge_keys_are_followed_in_the_order_in_which_they_stand)
{
    const auto config = read(R"(
defaults: &d {server: "https://merged", tls-server-name: merged}
more: &m {server: "https://more", disable-compression: true}
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {<<: [*d, *m], tls-server-name: own}}]
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->server.str(), "https://merged") << "the first of several maps wins";
    EXPECT_EQ(config->tls_server_name, "own");
    EXPECT_TRUE(config->disable_compression);
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
