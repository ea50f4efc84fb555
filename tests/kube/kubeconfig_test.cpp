#include "kube/kubeconfig.hpp"

#include "kube/kubeconfig_texts.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using test::complete_kubeconfig;
using test::read_kubeconfig;
using testing::HasSubstr;

TEST(kubeconfig, the_current_context_is_taken)
{
    const auto config = read_kubeconfig(complete_kubeconfig);
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
    const auto config = read_kubeconfig(complete_kubeconfig, "lab");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->server.str(), "https://lab.example.com/k8s/clusters/c-1");
    EXPECT_EQ(config->tls_server_name, "kubernetes");
    EXPECT_EQ(config->token.text.reveal(), "canary-token");
    EXPECT_TRUE(config->client_certificate.empty());
}

TEST(kubeconfig, a_context_may_name_no_user)
{
    const auto config = read_kubeconfig(complete_kubeconfig, "nobody");
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

TEST(kubeconfig, what_is_null_or_empty_is_not_there)
{
    const auto config = read_kubeconfig(R"(
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
        const auto config = read_kubeconfig(text);
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
    EXPECT_THAT(read_kubeconfig(laughs).error().message, too_many);
    EXPECT_THAT(read_kubeconfig("contexts: &c [*c, {name: *c, context: *c}]\n").error().message, too_many);
    EXPECT_THAT(read_kubeconfig("x: &x {<<: *x}\n").error().message, too_many);
    EXPECT_THAT(read_kubeconfig(std::string(1 << 20, '[')).error().message, HasSubstr("is not YAML"));
    std::string deep;
    for (std::size_t i = 0; i < 1400; ++i)
    {
        deep += std::string(i, ' ') + "a:\n";
    }
    EXPECT_FALSE(read_kubeconfig(deep));
}

TEST(kubeconfig, empty_files_of_a_list_are_passed_over)
{
    for (const char* empty : {"", "# a comment\n", "~", "---\n", "{}"})
    {
        const auto config = kube::read_kubeconfig({{"/dev/null", empty}, {"/kc", complete_kubeconfig}}, "");
        ASSERT_TRUE(config) << empty << config.error().message;
        EXPECT_EQ(config->server.str(), "https://10.0.0.1:6443");
    }
}

TEST(kubeconfig, merge_keys_are_followed_in_the_order_in_which_they_stand)
{
    const auto config = read_kubeconfig(R"(
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

}  // namespace
