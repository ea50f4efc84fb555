// Connections through proxies: to good ones of each kind, and to ones that refuse, misbehave or say nothing.
#include "net/transport/proxied_dialer.hpp"

#include "fakes/proxy/recording_proxy.hpp"
#include "net/http/peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr support::wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

using opened = support::result<std::unique_ptr<net::byte_stream>>;

support::task<> say_hello(std::shared_ptr<test::peer_connection> connection)
{
    co_await connection->write("hello");
    co_await connection->wait_closed();
}

// A peer that answers the first bytes that come with `answer`, and then closes.
test::behaviour answers(const std::string& answer)
{
    return [answer](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
        co_await connection->read_request();
        co_await connection->write(answer);
    };
}

class proxied_dialer : public test::wire
{
protected:
    proxied_dialer() { clock().set_wall_start(now - 1h); }  // the clock stands at one hour

    // Connects to the proxy, and through it to the server.
    opened open(
        const std::string& proxy_url,
        net::origin to,
        std::shared_ptr<const net::tls_settings> settings = nullptr
    )
    {
        return run(opening(proxy_url, std::move(to), std::move(settings)));
    }

    support::task<opened> opening(
        const std::string& proxy_url, net::origin to, std::shared_ptr<const net::tls_settings> settings
    )
    {
        const auto via = std::make_shared<const net::proxy>(net::parse_proxy(proxy_url).value());
        dialer_ = net::create_proxied_dialer(
            executor(),
            clock(),
            net::create_dialer(executor(), clock()),
            [via](const net::origin&) { return via; }
        );
        return dialer_->dial(std::move(to), std::move(settings), clock().now() + 10s);
    }

    std::string read(net::byte_stream& from, std::size_t most = 100)
    {
        std::string space(most, ' ');
        const auto size = run(from.read_some(space));
        return size ? space.substr(0, *size) : "failed: " + size.error().message;
    }

    std::string refusal(const std::string& proxy_url, net::origin to = {false, "keystone.test", 5000})
    {
        const auto stream = open(proxy_url, std::move(to));
        EXPECT_FALSE(stream.has_value());
        if (stream)
        {
            return "it was let through";
        }
        EXPECT_EQ(stream.error().code, errc::unreachable) << "nothing was sent to the server";
        EXPECT_THAT(stream.error().message, Not(HasSubstr("s3cret")));
        EXPECT_THAT(stream.error().message, Not(HasSubstr("czNjcmV0"))) << "in base64";
        return stream.error().message;
    }

    const test::certificate ca_ = test::make_certificate({.subject = "our CA", .ca = true});
    std::unique_ptr<net::dialer> dialer_;
};

std::string url_of(const std::string& scheme, std::uint16_t port, const std::string& login = "")
{
    return scheme + "://" + login + "127.0.0.1:" + std::to_string(port);
}

// ---- good proxies ----

class good_proxy : public proxied_dialer, public testing::WithParamInterface<const char*>
{
protected:
    good_proxy()
    {
        proxy_certificate_ = test::make_certificate({.names = "IP:127.0.0.1", .issuer = &ca_});
        settings_->ca_pem = ca_.pem;
    }

    bool tls() const { return std::string(GetParam()) == "https"; }

    std::unique_ptr<test::recording_proxy> proxy(const std::string& login = "")
    {
        test::proxy_options options;
        options.protocol = std::string(GetParam()).starts_with("socks") ? test::proxy_protocol::socks5
                                                                        : test::proxy_protocol::connect;
        options.login = login;
        if (tls())
        {
            options.tls = proxy_certificate_;
        }
        return std::make_unique<test::recording_proxy>(context(), options);
    }

    opened secured(const test::recording_proxy& proxy, std::uint16_t port)
    {
        return open(url_of(GetParam(), proxy.port()), {true, "keystone.test", port}, settings_);
    }

    void TearDown() override
    {
        stream_.reset();
        proxied_dialer::TearDown();
    }

    test::certificate proxy_certificate_;
    std::shared_ptr<net::tls_settings> settings_ = std::make_shared<net::tls_settings>();
    std::unique_ptr<net::byte_stream> stream_;
};

INSTANTIATE_TEST_SUITE_P(
    of_each_kind,
    good_proxy,
    testing::Values("http", "https", "socks5", "socks5h"),
    [](const auto& info) { return std::string(info.param); }
);

TEST_P(good_proxy, connects_to_the_server_that_it_is_asked_for)
{
    const test::peer server(context(), say_hello);
    const auto port = std::to_string(server.port());
    {
        const auto through = proxy();
        for (const std::string host : {"keystone.test", "10.1.2.3", "fd00::1"})
        {
            auto stream = open(url_of(GetParam(), through->port()), {false, host, server.port()}, settings_);
            ASSERT_TRUE(stream) << stream.error().message;
            stream_ = std::move(*stream);
            EXPECT_EQ(read(*stream_), "hello");
            EXPECT_TRUE(stream_->quiet());
        }
        EXPECT_THAT(
            through->requests(),
            ElementsAre(
                test::proxy_request{"keystone.test:" + port},
                test::proxy_request{"10.1.2.3:" + port},
                test::proxy_request{"[fd00::1]:" + port}
            )
        );
    }
    EXPECT_EQ(server.accepted(), 3U);
}

TEST_P(good_proxy, gets_the_user_and_the_password_of_its_url)
{
    const test::peer server(context(), say_hello);
    const auto through = proxy("CORP\\me:s3cret@/:%");
    const net::origin to{false, "keystone.test", server.port()};
    auto stream = open(url_of(GetParam(), through->port(), "CORP%5Cme:s3cret%40%2F:%25@"), to, settings_);
    ASSERT_TRUE(stream) << stream.error().message;
    stream_ = std::move(*stream);
    EXPECT_EQ(read(*stream_), "hello");
    EXPECT_EQ(through->requests().at(0).login, "CORP\\me:s3cret@/:%");
}

// TLS goes from end to end: the proxy sees neither the requests nor the client's certificate.
TEST_P(good_proxy, carries_the_tls_of_the_server)
{
    const auto identity = test::make_certificate({.subject = "me", .issuer = &ca_});
    settings_->client_certificate_pem = identity.pem;
    settings_->client_key_pem = support::secret(identity.key_pem);
    const auto own = test::make_certificate({.names = "DNS:keystone.test", .issuer = &ca_});
    const auto with_tls =
        std::make_shared<test::peer_tls>(test::peer_tls{.own = own, .client_ca_pem = ca_.pem});
    const std::string long_answer(3 << 20, 'x');
    const test::peer server(
        context(),
        [&](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
            const auto request = co_await connection->read_request();
            co_await connection->write(request.ends_with(long_answer) ? long_answer : request);
            co_await connection->end();
            co_await connection->wait_closed();
        },
        with_tls
    );
    const auto through = proxy();
    auto stream = secured(*through, server.port());
    ASSERT_TRUE(stream) << stream.error().message;
    stream_ = std::move(*stream);
    EXPECT_TRUE(stream_->quiet());
    const std::string request =
        "Content-Length: " + std::to_string(long_answer.size()) + "\r\n\r\n" + long_answer;
    ASSERT_TRUE(run(stream_->write(request)));
    std::string answer;
    while (answer.size() < long_answer.size())
    {
        const auto piece = read(*stream_, 100'000);
        ASSERT_THAT(piece, Not(testing::AnyOf("", HasSubstr("failed")))) << "after " << answer.size();
        answer += piece;
    }
    EXPECT_EQ(answer, long_answer);
    EXPECT_EQ(read(*stream_), "") << "the proper end";
    EXPECT_FALSE(through->requests().at(0).client_certificate);
}

TEST_P(good_proxy, tells_that_the_connection_through_it_is_cut)
{
    const auto own = test::make_certificate({.names = "DNS:keystone.test", .issuer = &ca_});
    const test::peer server(context(), say_hello, std::make_shared<test::peer_tls>(own));
    auto through = proxy();
    auto stream = secured(*through, server.port());
    ASSERT_TRUE(stream) << stream.error().message;
    stream_ = std::move(*stream);
    EXPECT_EQ(read(*stream_), "hello");
    through.reset();
    std::string space(10, ' ');
    const auto size = run(stream_->read_some(space));
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, errc::interrupted);
    EXPECT_EQ(size.error().message, "the connection was cut");
}

TEST_P(good_proxy, leaves_nothing_where_a_read_through_it_is_cancelled)
{
    const auto own = test::make_certificate({.names = "DNS:keystone.test", .issuer = &ca_});
    const test::peer server(context(), say_hello, std::make_shared<test::peer_tls>(own));
    const auto through = proxy();
    auto stream = secured(*through, server.port());
    ASSERT_TRUE(stream) << stream.error().message;
    stream_ = std::move(*stream);
    EXPECT_EQ(read(*stream_), "hello");
    bool unwound = false;
    const auto cancel = spawn([](net::byte_stream* from, bool* ended) -> support::task<> {
        std::string space(10, ' ');
        try
        {
            (void)co_await from->read_some(space);
            ADD_FAILURE() << "cancellation must unwind, not return";
        }
        catch (const boost::system::system_error& e)
        {
            EXPECT_EQ(e.code(), boost::asio::error::operation_aborted);
            *ended = true;
        }
    }(stream_.get(), &unwound));
    context().restart();
    context().poll();
    EXPECT_FALSE(unwound);
    cancel();
    run_until([&] { return unwound; });
}

TEST_P(good_proxy, that_cannot_reach_the_server_says_so)
{
    const test::deaf_port nobody(context());
    const auto through = proxy();
    const auto stream =
        open(url_of(GetParam(), through->port()), {true, "keystone.test", nobody.port()}, settings_);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, errc::unreachable);
    const auto name = "proxy " + url_of(GetParam(), through->port()) + ": ";
    EXPECT_THAT(stream.error().message, StartsWith(name));
    EXPECT_THAT(stream.error().message, testing::AnyOf(HasSubstr("502 Bad Gateway"), HasSubstr("refused")));
}

TEST_P(good_proxy, that_wants_another_login_says_what_to_correct)
{
    const auto through = proxy("me:s3cret");
    const net::origin to{false, "keystone.test", 5000};
    for (const auto& [login, what] :
         {std::pair("", "write a user and a password into the proxy's URL"),
          {"me:s3cret-too@", "the user and the password in"}})
    {
        const auto stream = open(url_of(GetParam(), through->port(), login), to, settings_);
        ASSERT_FALSE(stream);
        EXPECT_EQ(stream.error().code, errc::unreachable);
        EXPECT_THAT(stream.error().message, HasSubstr(what));
        EXPECT_THAT(stream.error().message, Not(HasSubstr("s3cret")));
    }
}

TEST_P(good_proxy, is_named_where_the_certificate_of_the_server_is_not_trusted)
{
    const auto own = test::make_certificate({.names = "DNS:other.test", .issuer = &ca_});
    const test::peer server(context(), say_hello, std::make_shared<test::peer_tls>(own));
    const auto through = proxy();
    const auto stream = secured(*through, server.port());
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, errc::unreachable);
    EXPECT_EQ(
        stream.error().message,
        "through proxy " + url_of(GetParam(), through->port()) +
            ": the server's certificate is not for keystone.test"
    );
}

TEST_F(proxied_dialer, connects_to_a_server_without_a_proxy_directly)
{
    const test::peer server(context(), say_hello);
    dialer_ = net::create_proxied_dialer(
        executor(),
        clock(),
        net::create_dialer(executor(), clock()),
        [](const net::origin&) { return nullptr; }
    );
    const net::origin to{false, "127.0.0.1", server.port()};
    const auto stream = run(dialer_->dial(to, nullptr, clock().now() + 10s));
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(read(**stream), "hello");
}

TEST_F(proxied_dialer, names_the_proxy_that_is_not_there)
{
    const test::deaf_port nobody(context());
    EXPECT_THAT(
        refusal(url_of("http", nobody.port(), "me:s3cret@")),
        testing::AllOf(
            StartsWith("proxy " + url_of("http", nobody.port()) + ": connect to "), HasSubstr("refused")
        )
    );
}

// ---- TLS of the proxy itself ----

TEST_F(proxied_dialer, trusts_an_https_proxy_only_by_its_certificate)
{
    test::proxy_options options;
    options.tls = test::make_certificate({.names = "IP:127.0.0.1", .issuer = &ca_});
    const test::recording_proxy proxy(context(), options);
    const auto name = "proxy " + url_of("https", proxy.port()) + ": the server's certificate is not ";
    EXPECT_THAT(refusal(url_of("https", proxy.port())), StartsWith(name + "trusted"));

    const test::recording_proxy other(
        context(), {.tls = test::make_certificate({.names = "DNS:proxy.test", .issuer = &ca_})}
    );
    const auto trusting = std::make_shared<net::tls_settings>();
    trusting->ca_pem = ca_.pem;
    trusting->server_name = "proxy.test";  // is the name of the server, not of the proxy
    const auto stream = open(url_of("https", other.port()), {false, "keystone.test", 5000}, trusting);
    ASSERT_FALSE(stream);
    EXPECT_THAT(stream.error().message, HasSubstr("the server's certificate is not for 127.0.0.1"));
}

// ---- proxies that refuse or misbehave ----

TEST_F(proxied_dialer, says_how_a_proxy_answered_connect)
{
    const std::string no_http = "the answer to CONNECT is not HTTP/1.1; is it a proxy for HTTP?";
    const std::string with = "CONNECT keystone.test:5000 was answered with ";
    const std::pair<std::string, std::string> rows[] = {
        {"HTTP/1.1 407 s3cret\r\nX-Echo: s3cret\r\n\r\n",
         with + "407 Proxy Authentication Required; correct the user and the password in the proxy's URL"},
        {"HTTP/1.1 403 Forbidden\r\n\r\n<html>s3cret",
         with + "403 Forbidden; let the proxy allow CONNECT to this host and port"},
        {"HTTP/1.1 405 No\r\n\r\n",
         with + "405 Method Not Allowed; let the proxy allow CONNECT to this host and port"},
        {"HTTP/1.1 502 \r\n\r\n", with + "502 Bad Gateway; the proxy cannot reach the server"},
        {"HTTP/1.1 503\r\n\r\n", with + "503 Service Unavailable; the proxy cannot reach the server"},
        {"HTTP/1.0 504 x\n\n", with + "504 Gateway Timeout; the proxy cannot reach the server"},
        {"HTTP/1.1 302 Found\r\nLocation: http://login.test\r\n\r\n", with + "302"},
        {"HTTP/1.1 199 x\r\n\r\n", with + "199"},
        {"HTTP/1.1 599 s3cret\r\n\r\n", with + "599"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "the answer to CONNECT has a body"},
        {"HTTP/1.1 20 OK\r\n\r\n", no_http},
        {"HTTP/1.1 2000 OK\r\n\r\n", no_http},
        {"HTTP/1.1 2x0 OK\r\n\r\n", no_http},
        {"HTTP/1.1\r\n\r\n", no_http},
        {"HTTP/2 200\r\n\r\n", no_http},
        {"SSH-2.0-s3cret\r\n", no_http},
        {std::string("\5\0", 2), no_http},
        {"HTTP/1.1 200 OK\r\n" + std::string(20'000, 'x'), no_http},
        {"", "the proxy closed the connection instead of an answer to CONNECT"},
        {"HTTP/1.1 200 OK\r\n", "the proxy closed the connection instead of an answer to CONNECT"},
        {"HTT", "the proxy closed the connection instead of an answer to CONNECT"},
    };
    for (const auto& [answer, message] : rows)
    {
        const test::peer proxy(context(), answers(answer));
        EXPECT_EQ(
            refusal(url_of("http", proxy.port(), "me:s3cret@")),
            "proxy " + url_of("http", proxy.port()) + ": " + message
        ) << answer;
    }
}

TEST_F(proxied_dialer, takes_each_answer_to_connect_that_is_2xx)
{
    for (const char* answer :
         {"HTTP/1.1 200 Connection established\r\n\r\n",
          "HTTP/1.0 200\r\n\r\n",
          "HTTP/1.1 201 \n\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"})
    {
        const test::peer proxy(
            context(),
            [answer](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
                co_await connection->read_request();
                co_await connection->write(answer);
                co_await connection->wait_closed();
            }
        );
        const auto stream = open(url_of("http", proxy.port()), {false, "keystone.test", 5000});
        EXPECT_TRUE(stream) << answer << stream.error().message;
    }
}

TEST_F(proxied_dialer, says_how_a_socks_proxy_answered)
{
    const auto bytes = [](std::initializer_list<int> list) { return std::string(list.begin(), list.end()); };
    const std::string no_socks = "the answer is not SOCKS5; is it a proxy for SOCKS5?";
    const std::string cannot = "the proxy cannot connect to the server: ";
    const std::string closed = "the proxy closed the connection before the end of its answer";
    // The proxy says all of it at once.
    const std::pair<std::string, std::string> rows[] = {
        {bytes({5, 2, 1, 1}), "the proxy refuses the user and the password in its URL"},
        {bytes({5, 0xFF}), "the proxy takes no login by user and password"},
        {bytes({5, 0, 5, 1, 0, 1, 0, 0, 0, 0, 0, 0}), cannot + "general failure"},
        {bytes({5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0}), cannot + "not allowed by its rules"},
        {bytes({5, 2, 1, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0}), cannot + "host unreachable"},
        {bytes({5, 0, 5, 8, 0, 1, 0, 0, 0, 0, 0, 0}), cannot + "address type not supported"},
        {bytes({5, 0, 5, 9, 0, 1, 0, 0, 0, 0, 0, 0}), cannot + "reply 9"},
        {bytes({5, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0}), no_socks},
        {bytes({5, 0, 5, 0, 0, 2, 0, 0, 0, 0, 0, 0}), no_socks},
        {bytes({4, 90, 0, 0, 0, 0, 0, 0}), no_socks},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", no_socks},
        {"", closed},
        {bytes({5}), closed},
        {bytes({5, 2}), closed},
        {bytes({5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 9}), closed},
    };
    for (const auto& [answer, message] : rows)
    {
        const test::peer proxy(
            context(),
            [answer](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
                co_await connection->write(answer);
                co_await connection->end();
                co_await connection->wait_closed();
            }
        );
        EXPECT_EQ(
            refusal(url_of("socks5", proxy.port(), "me:s3cret@")),
            "proxy " + url_of("socks5", proxy.port()) + ": " + message
        ) << testing::PrintToString(answer);
    }
}

TEST_F(proxied_dialer, gives_up_at_the_deadline_where_the_proxy_says_nothing)
{
    for (const char* scheme : {"http", "https", "socks5"})
    {
        std::size_t silent = 0;
        const test::peer proxy(
            context(),
            [&silent](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
                ++silent;
                co_await connection->wait_closed();
            }
        );
        std::optional<opened> stream;
        const auto url = url_of(scheme, proxy.port(), "me:s3cret@");
        spawn([](support::task<opened> job, std::optional<opened>* out) -> support::task<> {
            out->emplace(co_await std::move(job));
        }(opening(url, {false, "keystone.test", 5000}, nullptr), &stream));
        run_until([&] { return silent == 1 && clock().sleepers() == 1; });
        EXPECT_FALSE(stream.has_value());
        clock().set(clock().now() + 10s);
        run_until([&] { return stream.has_value(); });
        EXPECT_EQ(stream->error().code, errc::unreachable);
        EXPECT_EQ(stream->error().message, "proxy " + url_of(scheme, proxy.port()) + ": no answer in time");
    }
}

}  // namespace
