#include "kube/credentials.hpp"

#include "fakes/certificates/certificates.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;
using testing::Not;

class credentials : public test::loop
{
protected:
    credentials()
    {
        files["/token"] = "canary-1\n";
        files["/ca"] = ca.pem;
        files["/cert"] = me.pem;
        files["/key"] = me.key_pem;
        config.source = "kubeconfig /kc, context c";
        config.server = net::parse_url("https://10.0.0.1:6443").value();
        config.token.file = "/token";
        config.ca.file = "/ca";
    }

    kube::credentials make()
    {
        return {
            config,
            [this](const std::string& path) -> support::result<std::string> {
                ++reads;
                const auto it = files.find(path);
                if (it == files.end())
                {
                    return support::fail(errc::invalid, path + ": No such file or directory");
                }
                return it->second;
            },
            clock()
        };
    }

    kube::credentials::current get(kube::credentials& from) { return run(from.get()).value(); }

    std::string why_not()
    {
        const auto good = make().check();
        return good ? "good" : good.error().message;
    }

    const test::certificate ca = test::make_certificate({.subject = "ca", .ca = true});
    const test::certificate me = test::make_certificate({.subject = "me", .issuer = &ca});
    kube::config config;
    std::map<std::string, std::string> files;
    int reads = 0;
};

TEST_F(credentials, a_token_is_read_again_every_minute)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).token.reveal(), "canary-1");
    files["/token"] = "canary-2";
    const int before = reads;
    clock().set(clock().now() + 59s);
    EXPECT_EQ(get(all).token.reveal(), "canary-1");
    EXPECT_EQ(reads, before) << "not for every request";
    clock().set(clock().now() + 1s);
    EXPECT_EQ(get(all).token.reveal(), "canary-2");
}

TEST_F(credentials, a_refused_token_is_read_again_at_once)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto shown = get(all);
    files["/token"] = "canary-2";
    all.refused(shown);
    EXPECT_EQ(get(all).token.reveal(), "canary-2");
    const int before = reads;
    all.refused(shown);
    EXPECT_EQ(get(all).token.reveal(), "canary-2");
    EXPECT_EQ(reads, before) << "it is another one meanwhile, which was not refused";
}

TEST_F(credentials, tls_settings_change_only_with_their_files)
{
    config.client_certificate.file = "/cert";
    config.client_key.file = "/key";
    config.tls_server_name = "kubernetes";
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = get(all).tls;
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->ca_pem, ca.pem);
    EXPECT_EQ(first->client_certificate_pem, me.pem);
    EXPECT_EQ(first->client_key_pem.reveal(), me.key_pem);
    EXPECT_EQ(first->server_name, "kubernetes");

    clock().set(clock().now() + 1min);
    files["/token"] = "canary-2";
    EXPECT_EQ(get(all).tls, first) << "a new token keeps the connections";

    const auto renewed = test::make_certificate({.subject = "me", .issuer = &ca});
    files["/cert"] = renewed.pem;
    files["/key"] = renewed.key_pem;
    clock().set(clock().now() + 1min);
    const auto second = get(all).tls;
    EXPECT_NE(second, first);
    EXPECT_EQ(second->client_certificate_pem, renewed.pem);

    const auto new_ca = test::make_certificate({.subject = "ca 2", .ca = true});
    files["/ca"] = ca.pem + new_ca.pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(get(all).tls->ca_pem, ca.pem + new_ca.pem);
    EXPECT_EQ(second->ca_pem, ca.pem) << "who uses the old ones keeps them";
}

TEST_F(credentials, while_a_certificate_is_renewed_and_its_key_is_not_yet_the_old_pair_stays)
{
    config.client_certificate.file = "/cert";
    config.client_key.file = "/key";
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = get(all).tls;
    const auto renewed = test::make_certificate({.subject = "me", .issuer = &ca});
    const support::log_capture log;
    files["/cert"] = renewed.pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(get(all).tls, first);
    files["/key"] = renewed.key_pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(get(all).tls->client_key_pem.reveal(), renewed.key_pem);
}

TEST_F(credentials, what_cannot_be_read_any_more_stays_as_it_was_and_is_told_once)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = get(all);
    files["/ca"] = "-----BEGIN CERTIFICATE-----\nhalf";
    support::log_capture log;
    for (int i = 0; i < 20; ++i)
    {
        clock().set(clock().now() + 1min);
        EXPECT_EQ(get(all).token, first.token);
        EXPECT_EQ(get(all).tls, first.tls);
    }
    const auto text = log.text();
    EXPECT_THAT(
        text, HasSubstr("cannot read the credentials for the API server; the previous ones stay in use")
    );
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    files["/ca"] = ca.pem;
    files["/token"] = "canary-3";
    clock().set(clock().now() + 10s);
    EXPECT_EQ(get(all).token.reveal(), "canary-3") << "looked at again after seconds, not a minute";
}

TEST_F(credentials, while_files_are_broken_not_every_request_reads_them)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    files.erase("/token");
    all.refused(get(all));
    support::log_capture log;
    get(all);
    const int before = reads;
    get(all);
    EXPECT_EQ(reads, before);
}

TEST_F(credentials, plain_http_has_no_tls_settings_and_gets_no_credential)
{
    config.server = net::parse_url("http://127.0.0.1:8001").value();
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).tls, nullptr);
    EXPECT_EQ(get(all).token.reveal(), "");
    EXPECT_EQ(reads, 0) << "files of credentials that nobody gets are not read";
}

TEST_F(credentials, of_a_pod_without_anything_special_are_good)
{
    EXPECT_EQ(why_not(), "good");
    config.token = {};
    config.ca = {};
    EXPECT_EQ(why_not(), "good") << "no token, and the system's trust";
}

TEST_F(credentials, mistakes_are_told_at_the_start_in_one_line_without_the_secret)
{
    const auto fails =
        [this](const std::string& path, const std::string& content, const std::string& message) {
            const auto kept = files[path];
            files[path] = content;
            const auto why = why_not();
            EXPECT_THAT(why, HasSubstr(message));
            EXPECT_THAT(why, HasSubstr("kubeconfig /kc, context c: "));
            EXPECT_THAT(why, Not(HasSubstr("canary")));
            EXPECT_THAT(why, Not(HasSubstr("\n")));
            files[path] = kept;
        };
    config.client_certificate.file = "/cert";
    config.client_key.file = "/key";
    fails("/token", "", "tokenFile: /token: is empty; write the token into it");
    fails("/token", " \n", "tokenFile: /token: is empty; write the token into it");
    fails(
        "/token",
        "canary\r\nX-Evil: canary",
        "tokenFile: /token: holds characters that a token cannot have; it must"
    );
    fails("/token", "canary canary", "tokenFile: /token: holds characters that a token cannot have; it must");
    fails(
        "/token", "canary\xc3\xa9", "tokenFile: /token: holds characters that a token cannot have; it must"
    );
    fails("/ca", "", "certificate-authority");
    fails("/ca", "canary", "certificate-authority");
    fails("/ca", ca.key_pem, "certificate-authority");
    fails("/cert", "canary", "client-certificate");
    fails("/key", "canary", "client-key");
    fails("/key", me.pem, "client-key");
    fails(
        "/key",
        ca.key_pem,
        "client-certificate and client-key: the private key does not belong to the certificate"
    );
    files.erase("/key");
    EXPECT_EQ(
        why_not(),
        "kubeconfig /kc, context c: client-key: /key: No such file or directory; correct the path or the "
        "file's permissions"
    );
}

TEST_F(credentials, a_token_counts_while_its_file_cannot_be_read)
{
    config.token.text = support::secret("canary-old");
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).token.reveal(), "canary-1");
    files.erase("/token");
    clock().set(clock().now() + 1min);
    EXPECT_EQ(get(all).token.reveal(), "canary-old");
}

TEST_F(credentials, white_space_around_a_token_is_no_part_of_it)
{
    files["/token"] = "\n canary-1 \r\n";
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).token.reveal(), "canary-1");
}

TEST_F(credentials, a_username_and_password_become_one_login)
{
    config.token = {};
    config.username = "me";
    config.password = support::secret("canary");
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).basic.reveal(), "bWU6Y2FuYXJ5");
    config.server = net::parse_url("http://127.0.0.1:8001").value();
    auto plain = make();
    ASSERT_TRUE(plain.check());
    EXPECT_EQ(get(plain).basic.reveal(), "");
}

TEST_F(credentials, notices_are_logged_at_the_start)
{
    config.notices = {"the unknown key x of the user has no effect"};
    const support::log_capture log;
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_THAT(log.text(), HasSubstr("the unknown key x of the user has no effect"));
}

// A plugin that gives `given`.
class credentials_of_a_plugin : public credentials
{
protected:
    credentials_of_a_plugin()
    {
        config.token = {};
        config.exec.emplace();
        config.exec->api_version = "client.authentication.k8s.io/v1";
        config.exec->command = "login";
        config.exec->provide_cluster_info = true;
        config.server_text = "https://10.0.0.1:6443/";
        give({{"token", "canary-1"}});
    }

    void give(const nlohmann::json& status)
    {
        given = nlohmann::json{
            {"apiVersion", "client.authentication.k8s.io/v1"}, {"kind", "ExecCredential"}, {"status", status}
        }.dump();
    }

    kube::credentials make()
    {
        return {
            config,
            [this](const std::string& path) -> support::result<std::string> { return files.at(path); },
            clock(),
            [this](const kube::exec_plugin&, std::string told) { return answer(std::move(told)); }
        };
    }

    support::task<support::result<std::string>> answer(std::string told)
    {
        ++runs;
        info = std::move(told);
        co_return given;
    }

    support::result<std::string> given;
    std::string info;
    int runs = 0;
};

TEST_F(credentials_of_a_plugin, come_from_it_with_the_trust_of_the_kubeconfig)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(runs, 0);
    const auto shown = get(all);
    EXPECT_EQ(shown.token.reveal(), "canary-1");
    EXPECT_EQ(shown.tls->ca_pem, ca.pem);
    EXPECT_EQ(shown.tls->client_certificate_pem, "");
    const auto told = nlohmann::json::parse(info);
    EXPECT_EQ(told.at("/spec/cluster/server"_json_pointer), "https://10.0.0.1:6443/");
    EXPECT_TRUE(told.at("spec").at("cluster").contains("certificate-authority-data"));
}

TEST_F(credentials_of_a_plugin, keep_their_connections_until_certificate_or_trust_change)
{
    give({{"clientCertificateData", me.pem}, {"clientKeyData", me.key_pem}});
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = get(all);
    EXPECT_EQ(first.tls->client_certificate_pem, me.pem);
    clock().set(clock().now() + 1min);
    all.refused(first);
    EXPECT_EQ(get(all).tls, first.tls) << "the plugin gave the same certificate again";
    EXPECT_EQ(runs, 2);
    const auto renewed = test::make_certificate({.subject = "me", .issuer = &ca});
    give({{"clientCertificateData", renewed.pem}, {"clientKeyData", renewed.key_pem}});
    clock().set(clock().now() + 1min);
    all.refused(get(all));
    EXPECT_EQ(get(all).tls->client_certificate_pem, renewed.pem);
    const auto new_ca = test::make_certificate({.subject = "ca 2", .ca = true});
    files["/ca"] = new_ca.pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(get(all).tls->ca_pem, new_ca.pem);
    EXPECT_EQ(get(all).tls->client_certificate_pem, renewed.pem);
}

TEST_F(credentials_of_a_plugin, are_not_asked_for_over_plain_http)
{
    config.server = net::parse_url("http://127.0.0.1:8001").value();
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(get(all).token.reveal(), "");
    EXPECT_EQ(runs, 0);
}

TEST_F(credentials_of_a_plugin, that_fails_are_an_error_and_nothing_is_sent)
{
    given = support::fail(errc::unreachable, "login is ill");
    auto all = make();
    ASSERT_TRUE(all.check());
    const support::log_capture log;
    const auto none = run(all.get());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message, "login is ill");
}

}  // namespace
