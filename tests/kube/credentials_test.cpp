#include "kube/credentials.hpp"

#include "fakes/certificates/certificates.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    EXPECT_EQ(all.get().token.reveal(), "canary-1");
    files["/token"] = "canary-2";
    const int before = reads;
    clock().set(clock().now() + 59s);
    EXPECT_EQ(all.get().token.reveal(), "canary-1");
    EXPECT_EQ(reads, before) << "not for every request";
    clock().set(clock().now() + 1s);
    EXPECT_EQ(all.get().token.reveal(), "canary-2");
}

TEST_F(credentials, a_refused_token_is_read_again_at_once)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto shown = all.get();
    files["/token"] = "canary-2";
    all.refused(shown);
    EXPECT_EQ(all.get().token.reveal(), "canary-2");
    const int before = reads;
    all.refused(shown);
    EXPECT_EQ(all.get().token.reveal(), "canary-2");
    EXPECT_EQ(reads, before) << "it is another one meanwhile, which was not refused";
}

TEST_F(credentials, tls_settings_change_only_with_their_files)
{
    config.client_certificate.file = "/cert";
    config.client_key.file = "/key";
    config.tls_server_name = "kubernetes";
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = all.get().tls;
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->ca_pem, ca.pem);
    EXPECT_EQ(first->client_certificate_pem, me.pem);
    EXPECT_EQ(first->client_key_pem.reveal(), me.key_pem);
    EXPECT_EQ(first->server_name, "kubernetes");

    clock().set(clock().now() + 1min);
    files["/token"] = "canary-2";
    EXPECT_EQ(all.get().tls, first) << "a new token keeps the connections";

    const auto renewed = test::make_certificate({.subject = "me", .issuer = &ca});
    files["/cert"] = renewed.pem;
    files["/key"] = renewed.key_pem;
    clock().set(clock().now() + 1min);
    const auto second = all.get().tls;
    EXPECT_NE(second, first);
    EXPECT_EQ(second->client_certificate_pem, renewed.pem);

    const auto new_ca = test::make_certificate({.subject = "ca 2", .ca = true});
    files["/ca"] = ca.pem + new_ca.pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(all.get().tls->ca_pem, ca.pem + new_ca.pem);
    EXPECT_EQ(second->ca_pem, ca.pem) << "who uses the old ones keeps them";
}

TEST_F(credentials, while_a_certificate_is_renewed_and_its_key_is_not_yet_the_old_pair_stays)
{
    config.client_certificate.file = "/cert";
    config.client_key.file = "/key";
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = all.get().tls;
    const auto renewed = test::make_certificate({.subject = "me", .issuer = &ca});
    const support::log_capture log;
    files["/cert"] = renewed.pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(all.get().tls, first);
    files["/key"] = renewed.key_pem;
    clock().set(clock().now() + 1min);
    EXPECT_EQ(all.get().tls->client_key_pem.reveal(), renewed.key_pem);
}

TEST_F(credentials, what_cannot_be_read_any_more_stays_as_it_was_and_is_told_once)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    const auto first = all.get();
    files["/ca"] = "-----BEGIN CERTIFICATE-----\nhalf";
    support::log_capture log;
    for (int i = 0; i < 20; ++i)
    {
        clock().set(clock().now() + 1min);
        EXPECT_EQ(all.get().token, first.token);
        EXPECT_EQ(all.get().tls, first.tls);
    }
    const auto text = log.text();
    EXPECT_THAT(
        text, HasSubstr("cannot read the credentials for the API server; the previous ones stay in use")
    );
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    files["/ca"] = ca.pem;
    files["/token"] = "canary-3";
    clock().set(clock().now() + 10s);
    EXPECT_EQ(all.get().token.reveal(), "canary-3") << "looked at again after seconds, not a minute";
}

TEST_F(credentials, while_files_are_broken_not_every_request_reads_them)
{
    auto all = make();
    ASSERT_TRUE(all.check());
    files.erase("/token");
    all.refused(all.get());
    support::log_capture log;
    all.get();
    const int before = reads;
    all.get();
    EXPECT_EQ(reads, before);
}

TEST_F(credentials, plain_http_has_no_tls_settings)
{
    config.server = net::parse_url("http://127.0.0.1:8001").value();
    auto all = make();
    ASSERT_TRUE(all.check());
    EXPECT_EQ(all.get().tls, nullptr);
    EXPECT_EQ(all.get().token.reveal(), "canary-1");
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

}  // namespace
