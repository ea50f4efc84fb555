#include "kube/kubeconfig_texts.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using support::errc;
using test::read_kubeconfig;
using testing::HasSubstr;
using testing::Not;

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
    const auto config = read_kubeconfig(text);
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

}  // namespace
