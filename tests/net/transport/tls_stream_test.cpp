#include "net/http/peer.hpp"
#include "net/transport/dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;
using testing::Not;

constexpr support::wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

support::task<> say_hello(std::shared_ptr<test::peer_connection> connection)
{
    co_await connection->write("hello");
    co_await connection->wait_closed();
}

class tls : public test::wire
{
protected:
    tls() { clock().set_wall_start(now - 1h); }  // the clock stands at one hour

    std::shared_ptr<net::tls_settings> trusting(const test::certificate& who)
    {
        auto settings = std::make_shared<net::tls_settings>();
        settings->ca_pem = who.pem;
        return settings;
    }

    // Dials a server of this kind as `host` and returns its greeting, or the error.
    support::result<std::string> greeting(
        const test::peer_tls& server,
        std::shared_ptr<const net::tls_settings> settings,
        std::string host = "127.0.0.1"
    )
    {
        const test::peer peer(context(), say_hello, std::make_shared<test::peer_tls>(server));
        const auto dialer = net::create_dialer(executor(), clock(), [](const std::string&) {
            return net::addresses{boost::asio::ip::make_address("127.0.0.1")};
        });
        net::origin to{true, std::move(host), peer.port()};
        auto stream = run(dialer->dial(std::move(to), std::move(settings), clock().now() + 10s));
        if (!stream)
        {
            return std::unexpected(stream.error());
        }
        std::string space(100, ' ');
        const auto size = run((*stream)->read_some(space));
        if (!size)
        {
            return std::unexpected(size.error());
        }
        return space.substr(0, *size);
    }

    void expect_refused(const support::result<std::string>& connected, const std::string& why)
    {
        ASSERT_FALSE(connected.has_value()) << "it was let through";
        EXPECT_EQ(connected.error().code, errc::unreachable);
        EXPECT_THAT(connected.error().message, HasSubstr(why));
    }

    test::certificate issue(const std::string& names, test::certificate_request more = {})
    {
        more.names = names;
        more.issuer = &ca_;
        return test::make_certificate(more);
    }

    const test::certificate ca_ = test::make_certificate({.subject = "our CA", .ca = true});
    const test::certificate other_ca_ = test::make_certificate({.subject = "another CA", .ca = true});
};

TEST_F(tls, lets_a_server_through_whose_certificate_names_it_and_whose_ca_is_trusted)
{
    const test::peer_tls server{.own = issue("DNS:api.test,DNS:*.svc.test,IP:127.0.0.1")};
    EXPECT_EQ(greeting(server, trusting(ca_), "api.test").value(), "hello");
    EXPECT_EQ(greeting(server, trusting(ca_), "api.test.").value(), "hello");
    EXPECT_EQ(greeting(server, trusting(ca_), "keystone.svc.test").value(), "hello");
    EXPECT_EQ(greeting(server, trusting(ca_), "127.0.0.1").value(), "hello");
}

TEST_F(tls, takes_the_configured_server_name_for_the_hosts)
{
    auto settings = trusting(ca_);
    settings->server_name = "kubernetes.default.svc";
    EXPECT_EQ(greeting({.own = issue("DNS:kubernetes.default.svc")}, settings).value(), "hello");
    expect_refused(greeting({.own = issue("IP:127.0.0.1")}, settings), "is not for kubernetes.default.svc");
}

TEST_F(tls, refuses_another_hosts_certificate)
{
    expect_refused(
        greeting({.own = issue("DNS:other.test")}, trusting(ca_), "api.test"), "is not for api.test"
    );
    expect_refused(greeting({.own = issue("DNS:*.test")}, trusting(ca_), "a.b.test"), "is not for a.b.test");
    expect_refused(greeting({.own = issue("DNS:api.test")}, trusting(ca_)), "is not for 127.0.0.1");
    expect_refused(greeting({.own = issue("IP:127.0.0.2")}, trusting(ca_)), "is not for 127.0.0.1");
    expect_refused(greeting({.own = issue("DNS:127.0.0.1")}, trusting(ca_)), "is not for 127.0.0.1");
    EXPECT_THAT(
        greeting({.own = issue("DNS:other.test")}, trusting(ca_), "api.test").error().message,
        Not(HasSubstr("subjectAltName"))
    );
}

// A common name does not count as the name of a host (RFC 9525).
TEST_F(tls, says_that_a_certificate_has_a_common_name_alone)
{
    for (const std::string host : {"api.test", "127.0.0.1"})
    {
        expect_refused(
            greeting({.own = issue("", {.subject = host})}, trusting(ca_), host),
            "is not for " + host + ", because it has no subjectAltName; the common name is not looked at"
        );
    }
}

TEST_F(tls, refuses_a_certificate_outside_its_time_by_the_given_clock)
{
    const auto lifetime = [](support::wall_time from, support::wall_time to) {
        return test::certificate_request{.not_before = from, .not_after = to};
    };
    const std::string names = "IP:127.0.0.1";
    expect_refused(
        greeting({.own = issue(names, lifetime(now - 48h, now - 1s))}, trusting(ca_)),
        "certificate has expired"
    );
    expect_refused(
        greeting({.own = issue(names, lifetime(now + 1s, now + 48h))}, trusting(ca_)), "not yet valid"
    );
    EXPECT_TRUE(greeting({.own = issue(names, lifetime(now - 1s, now + 1s))}, trusting(ca_)).has_value());
}

TEST_F(tls, refuses_an_unknown_ca_and_says_what_to_do)
{
    const auto own = issue("IP:127.0.0.1");
    EXPECT_TRUE(greeting({.own = own}, trusting(other_ca_)).error().misdirected);
    expect_refused(greeting({.own = own}, trusting(other_ca_)), "configure the CA that signed it");
    expect_refused(greeting({.own = own}, nullptr), "configure the CA that signed it");
    expect_refused(greeting({.own = own, .chain_pem = ca_.pem}, nullptr), "configure the CA that signed it");
    const auto self_signed = test::make_certificate({.names = "IP:127.0.0.1"});
    expect_refused(greeting({.own = self_signed}, trusting(ca_)), "configure the CA that signed it");
    expect_refused(greeting({.own = self_signed}, nullptr), "configure the CA that signed it");
}

TEST_F(tls, trusts_what_it_was_given_as_it_is)
{
    const auto self_signed = test::make_certificate({.names = "IP:127.0.0.1"});
    EXPECT_TRUE(greeting({.own = self_signed}, trusting(self_signed)).has_value());
    const auto intermediate = test::make_certificate({.subject = "intermediate", .ca = true, .issuer = &ca_});
    const auto leaf = test::make_certificate({.names = "IP:127.0.0.1", .issuer = &intermediate});
    EXPECT_TRUE(greeting({.own = leaf}, trusting(intermediate)).has_value()) << "an intermediate CA alone";
    EXPECT_TRUE(greeting({.own = leaf, .chain_pem = intermediate.pem}, trusting(ca_)).has_value());
    expect_refused(greeting({.own = leaf}, trusting(ca_)), "configure the CA that signed it");
    auto both = std::make_shared<net::tls_settings>();
    both->ca_pem = other_ca_.pem + ca_.pem;
    EXPECT_TRUE(greeting({.own = issue("IP:127.0.0.1")}, both).has_value());
}

TEST_F(tls, speaks_1_2_and_newer_alone)
{
    const auto own = issue("IP:127.0.0.1");
    EXPECT_TRUE(greeting({.own = own, .max_version = TLS1_2_VERSION}, trusting(ca_)).has_value());
    expect_refused(
        greeting({.own = own, .max_version = TLS1_1_VERSION}, trusting(ca_)), "no TLS 1.2 or newer"
    );
    expect_refused(greeting({.own = own, .max_version = TLS1_VERSION}, trusting(ca_)), "no TLS 1.2 or newer");
}

TEST_F(tls, shows_its_client_certificate_with_the_chain)
{
    const auto intermediate = test::make_certificate({.subject = "intermediate", .ca = true, .issuer = &ca_});
    const auto client = test::make_certificate({.subject = "controller", .issuer = &intermediate});
    auto settings = trusting(ca_);
    settings->client_certificate_pem = client.pem + intermediate.pem;
    settings->client_key_pem = support::secret(client.key_pem);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    {
        const test::peer_tls server{
            .own = issue("IP:127.0.0.1"), .client_ca_pem = ca_.pem, .max_version = version
        };
        EXPECT_EQ(greeting(server, settings).value(), "hello");
        const auto without = greeting(server, trusting(ca_));
        ASSERT_FALSE(without.has_value());
        // In TLS 1.3 the refusal comes after the client's part of the handshake.
        EXPECT_EQ(without.error().code, version == TLS1_3_VERSION ? errc::interrupted : errc::unreachable);
        EXPECT_THAT(without.error().message, HasSubstr("TLS"));
    }
}

TEST_F(tls, refuses_settings_that_are_no_certificates_or_keys)
{
    const auto client = issue("");
    const auto refused = [&](auto&& change, const std::string& why) {
        auto settings = std::make_shared<net::tls_settings>();
        change(*settings);
        const auto connected = greeting({.own = issue("IP:127.0.0.1")}, settings);
        ASSERT_FALSE(connected.has_value());
        EXPECT_EQ(connected.error().code, errc::invalid);
        EXPECT_THAT(connected.error().message, HasSubstr(why));
        EXPECT_THAT(connected.error().message, Not(HasSubstr(client.key_pem.substr(40, 30))));
    };
    refused([](auto& s) { s.ca_pem = "/etc/ssl/ca.pem"; }, "the CA certificates: there is no certificate");
    refused(
        [&](auto& s) { s.client_certificate_pem = client.pem; }, "the client key: there is no private key"
    );
    refused(
        [&](auto& s) { s.client_key_pem = support::secret(client.key_pem); },
        "the client certificate: there is no certificate"
    );
    refused(
        [&](auto& s) {
            s.client_certificate_pem = client.pem;
            s.client_key_pem = support::secret(ca_.key_pem);
        },
        "does not belong to the client certificate"
    );
}

// Peers that close during the handshake or speak another protocol.

struct odd_server
{
    std::string_view name;
    test::behaviour does;
    std::string_view message;
};

const odd_server odd_servers[] = {
    {"plain HTTP",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         co_await c->write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
         co_await c->wait_closed();
     },
     "does not speak TLS on this port; is it http?"},
    {"garbage",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         co_await c->write(std::string(1000, '\x16'));
         co_await c->wait_closed();
     },
     "TLS"},
    {"an alert",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         co_await c->write(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
         co_await c->wait_closed();
     },
     "TLS handshake: "},
    {"an end at once",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         co_await c->end();
         co_await c->wait_closed();
     },
     "the server closed the connection during the TLS handshake"},
    {"an end within a record",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         co_await c->write(std::string("\x16\x03\x03\x01", 4));
         co_await c->end();
         co_await c->wait_closed();
     },
     "the server closed the connection during the TLS handshake"},
    {"a reset",
     [](std::shared_ptr<test::peer_connection> c) -> support::task<> {
         c->reset();
         co_return;
     },
     "TLS handshake: Connection reset by peer"},
};

TEST_F(tls, says_what_went_wrong_where_the_other_side_does_not_speak_it)
{
    for (const auto& server : odd_servers)
    {
        SCOPED_TRACE(server.name);
        const test::peer peer(context(), server.does);
        const auto dialer = net::create_dialer(executor(), clock());
        const auto stream = run(dialer->dial({true, "127.0.0.1", peer.port()}, nullptr, clock().now() + 10s));
        ASSERT_FALSE(stream.has_value());
        EXPECT_EQ(stream.error().code, errc::unreachable);
        EXPECT_THAT(stream.error().message, HasSubstr(server.message));
    }
}

TEST_F(tls, gives_up_a_handshake_at_the_deadline)
{
    const auto deadline = clock().now() + 10s;
    const test::peer peer(context(), [&](std::shared_ptr<test::peer_connection> c) -> support::task<> {
        clock().set(deadline);
        co_await c->wait_closed();
    });
    const auto dialer = net::create_dialer(executor(), clock());
    const auto stream = run(dialer->dial({true, "127.0.0.1", peer.port()}, nullptr, deadline));
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code, errc::unreachable);
    EXPECT_EQ(stream.error().message, "TLS handshake with 127.0.0.1: no answer in time");
}

}  // namespace
