#include "kube/exec_plugin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;

kube::exec_plugin plugin()
{
    kube::exec_plugin plugin;
    plugin.api_version = "client.authentication.k8s.io/v1";
    plugin.command = "login";
    return plugin;
}

std::string printed(const std::string& status, const std::string& version = "client.authentication.k8s.io/v1")
{
    return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","spec":{},"status":)" + status + "}";
}

TEST(exec_plugin, is_told_that_nobody_answers)
{
    const std::string info =
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})";
    EXPECT_EQ(kube::exec_info(plugin(), {"https://h", {}, {}, {}}), info);
}

TEST(exec_plugin, is_told_the_cluster_if_it_wants_to_know)
{
    auto asking = plugin();
    asking.provide_cluster_info = true;
    EXPECT_EQ(
        kube::exec_info(asking, {"https://h", {}, {}, {}}),
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":)"
        R"({"config":null,"server":"https://h"},"interactive":false}})"
    );
    asking.cluster_config = R"({"audience":"me"})";
    EXPECT_EQ(
        kube::exec_info(asking, {"https://h", "name", "CA", "http://p", true}),
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":)"
        R"({"certificate-authority-data":"Q0E=","config":{"audience":"me"},"disable-compression":true,)"
        R"("proxy-url":"http://p","server":"https://h","tls-server-name":"name"},"interactive":false}})"
    );
}

TEST(exec_plugin, gives_a_token_or_a_certificate_or_both)
{
    const auto token = kube::decode_exec_credential(
        plugin(), printed(R"({"token":"canary","expirationTimestamp":"2026-11-24T01:00:00Z"})")
    );
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->token.reveal(), "canary");
    EXPECT_EQ(token->certificate_pem, "");
    EXPECT_EQ(
        token->expires,
        support::wall_time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + std::chrono::hours(1)
    );
    const auto pair = kube::decode_exec_credential(
        plugin(), printed(R"({"clientCertificateData":"C","clientKeyData":"K","more":[1]})")
    );
    ASSERT_TRUE(pair) << pair.error().message;
    EXPECT_EQ(pair->certificate_pem, "C");
    EXPECT_EQ(pair->key_pem.reveal(), "K");
    EXPECT_FALSE(pair->expires);
}

TEST(exec_plugin, may_print_yaml)
{
    const auto given = kube::decode_exec_credential(
        plugin(),
        "apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus: {token: canary}\n"
    );
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->token.reveal(), "canary");
}

TEST(exec_plugin, that_prints_something_else_is_refused_without_a_word_of_it)
{
    const auto why = [](const std::string& text) {
        const auto given = kube::decode_exec_credential(plugin(), text);
        EXPECT_FALSE(given) << text;
        EXPECT_THAT(given.error().message, Not(HasSubstr("canary")));
        EXPECT_THAT(given.error().message, Not(HasSubstr("\n")));
        return given ? "" : given.error().message;
    };
    for (const char* text :
         {"", "canary", "[\"canary\"]", "null", "{\"kind\":\"canary\"}", "{\"kind\":7}", "canary: [", "\xff"})
    {
        EXPECT_EQ(why(text), "printed no ExecCredential") << text;
    }
    for (const char* behind : {"\ncanary: new version", "\n---\ncanary"})
    {
        EXPECT_EQ(
            why(printed(R"({"token":"canary"})") + behind),
            "printed text behind its ExecCredential; it must print messages on standard error"
        ) << behind;
    }
    EXPECT_EQ(
        why(printed(R"({"token":"canary"})", "client.authentication.k8s.io/v1beta1")),
        "printed an ExecCredential of client.authentication.k8s.io/v1beta1, but its apiVersion in the "
        "kubeconfig is "
        "client.authentication.k8s.io/v1"
    );
    EXPECT_EQ(why(printed("null")), "printed an ExecCredential without status");
    EXPECT_EQ(why(printed("{}")), "printed neither a token nor a client certificate");
    EXPECT_EQ(why(printed(R"({"token":["canary"]})")), "printed a status whose token is no text");
    EXPECT_EQ(
        why(printed(R"({"token":"t","clientKeyData":"canary"})")),
        "printed only one of clientCertificateData and clientKeyData"
    );
    EXPECT_EQ(
        why(printed(R"({"token":"t","expirationTimestamp":"canary"})")),
        "printed an expirationTimestamp that is no time (RFC 3339)"
    );
}

}  // namespace
