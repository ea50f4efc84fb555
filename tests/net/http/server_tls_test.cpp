#include "net/http/client.hpp"
#include "net/http/raw_client.hpp"
#include "net/http/server.hpp"
#include "support/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <linux/sockios.h>
#include <map>
#include <sys/ioctl.h>

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string get = "GET /a HTTP/1.1\r\nHost: here\r\n\r\n";

// What a client of OpenSSL found in a handshake.
struct handshake
{
    bool agreed = false;
    std::string version = {};
    std::string protocol = {};
    bool ticket = false;
};

// A server with TLS, whose files are in the memory of the test.
class server_tls : public test::wire
{
protected:
    server_tls() { show(own_); }

    void show(const test::certificate& shown, const std::string& chain = "")
    {
        files_["tls.crt"] = shown.pem + chain;
        files_["tls.key"] = shown.key_pem;
    }

    support::result<std::unique_ptr<net::server>> listen(net::server_limits limits = {.body_bytes = 1 << 20})
    {
        const auto read = [this](const std::string& path) -> support::result<std::string> {
            const auto found = files_.find(path);
            return found == files_.end()
                       ? support::fail(support::errc::unreachable, path + ": No such file or directory")
                       : support::result<std::string>(found->second);
        };
        return net::listen(
            executor(),
            clock(),
            {"127.0.0.1", 0},
            [this](net::server_request request) { return answer(*this, std::move(request)); },
            {.limits = limits,
             .served = [this](const net::served_request& served) { taken_.push_back(served.taken); },
             .tls = net::certificate_files{"tls.crt", "tls.key", read}}
        );
    }

    void start(net::server_limits limits = {.body_bytes = 1 << 20})
    {
        auto listening = listen(limits);
        ASSERT_TRUE(listening) << listening.error().message;
        server_ = std::move(*listening);
        spawn(server_->run());
    }

    static support::task<net::page> answer(server_tls& self, net::server_request request)
    {
        ++self.asked_;
        if (request.path == "/wait")
        {
            boost::asio::steady_timer never(self.executor(), boost::asio::steady_timer::time_point::max());
            ++self.waiting_;
            try
            {
                co_await never.async_wait(boost::asio::use_awaitable);
            }
            catch (const boost::system::system_error&)
            {
                ++self.cancelled_;
                throw;
            }
        }
        co_return net::page{
            .body = request.path == "/large" ? std::string(64 << 20, 'x') : request.body + "\n"
        };
    }

    // The body of the answer to `body`, or the error.
    std::string ask(const test::certificate& trusted, const std::string& body = "hello")
    {
        const auto client = net::create_http_client(executor(), clock(), {});
        auto settings = std::make_shared<net::tls_settings>();
        settings->ca_pem = trusted.pem;
        net::http_request request;
        request.method = "POST";
        request.origin = {true, "127.0.0.1", server_->port()};
        request.body = body;
        request.tls = settings;
        request.deadline = clock().now() + 10s;
        const auto answer = run(client->send(std::move(request)));
        return answer ? answer->body : answer.error().message;
    }

    // Connects with OpenSSL, which `prepare` configures.
    handshake connect_with(const std::function<void(SSL_CTX*)>& prepare)
    {
        namespace ssl = boost::asio::ssl;
        ssl::context context(ssl::context::tls_client);
        prepare(context.native_handle());
        ssl::stream<tcp::socket> stream(executor(), context);
        stream.next_layer().connect({boost::asio::ip::address_v4::loopback(), server_->port()});
        return run([](ssl::stream<tcp::socket>& over) -> support::task<handshake> {
            constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
            SSL* connection = over.native_handle();
            if (const auto [failed] = co_await over.async_handshake(ssl::stream_base::client, tuple); failed)
            {
                co_return handshake();
            }
            // Tickets of TLS 1.3 come with the first answer.
            co_await boost::asio::async_write(over, boost::asio::buffer(get), boost::asio::use_awaitable);
            std::array<char, 1000> space;
            const auto size =
                co_await over.async_read_some(boost::asio::buffer(space), boost::asio::use_awaitable);
            const unsigned char* protocol = nullptr;
            unsigned int length = 0;
            SSL_get0_alpn_selected(connection, &protocol, &length);
            co_return handshake{
                .agreed = std::string_view(space.data(), size).starts_with("HTTP/1.1 200"),
                .version = SSL_get_version(connection),
                .protocol = std::string(reinterpret_cast<const char*>(protocol), length),
                .ticket = SSL_SESSION_has_ticket(SSL_get_session(connection)) == 1
            };
        }(stream));
    }

    test::raw_client connect() { return {*this, {boost::asio::ip::address_v4::loopback(), server_->port()}}; }

    void step()
    {
        context().restart();
        context().poll();
    }

    void advance(support::duration span)
    {
        step();
        clock().set(clock().now() + span);
        step();
    }

    void TearDown() override
    {
        if (server_)
        {
            server_->stop();
        }
        wire::TearDown();
    }

    std::map<std::string, std::string> files_;
    std::unique_ptr<net::server> server_;
    std::vector<bool> taken_;  // for each answer whether the peer took it
    int asked_ = 0;
    int waiting_ = 0;
    int cancelled_ = 0;
    const test::certificate ca_ = test::make_certificate({.subject = "our CA", .ca = true});
    const test::certificate own_ = test::make_certificate({.names = "IP:127.0.0.1", .issuer = &ca_});
    const test::certificate other_ca_ = test::make_certificate({.subject = "another CA", .ca = true});
    const test::certificate other_ = test::make_certificate({.names = "IP:127.0.0.1", .issuer = &other_ca_});
};

TEST_F(server_tls, serves_requests_of_any_size)
{
    start();
    EXPECT_EQ(ask(ca_), "hello\n");
    const std::string large(1 << 20, 'x');
    EXPECT_EQ(ask(ca_, large), large + "\n");
    EXPECT_THAT(ask(other_ca_), HasSubstr("not trusted"));
}

TEST_F(server_tls, shows_the_certificates_between_its_own_and_the_root)
{
    const auto between = test::make_certificate({.subject = "between", .ca = true, .issuer = &ca_});
    show(test::make_certificate({.names = "IP:127.0.0.1", .issuer = &between}), between.pem);
    start();
    EXPECT_EQ(ask(ca_), "hello\n");
}

TEST_F(server_tls, speaks_the_versions_and_the_protocol_that_it_should)
{
    start();
    const auto as_it_is = connect_with([](SSL_CTX*) {});
    EXPECT_TRUE(as_it_is.agreed);
    EXPECT_EQ(as_it_is.version, "TLSv1.3");
    EXPECT_EQ(as_it_is.protocol, "");
    EXPECT_FALSE(as_it_is.ticket);
    const auto older = connect_with([](SSL_CTX* context) {
        SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
        constexpr unsigned char both[] = "\x02h2\x08http/1.1";
        SSL_CTX_set_alpn_protos(context, both, sizeof(both) - 1);
    });
    EXPECT_TRUE(older.agreed);
    EXPECT_EQ(older.version, "TLSv1.2");
    EXPECT_EQ(older.protocol, "http/1.1");
    EXPECT_FALSE(older.ticket);
    const auto too_old = connect_with([](SSL_CTX* context) {
        SSL_CTX_set_min_proto_version(context, 0);
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");
    });
    EXPECT_FALSE(too_old.agreed);
    const auto too_new = connect_with([](SSL_CTX* context) {
        constexpr unsigned char h2[] = "\x02h2";
        SSL_CTX_set_alpn_protos(context, h2, sizeof(h2) - 1);
    });
    EXPECT_FALSE(too_new.agreed);
    EXPECT_EQ(ask(ca_), "hello\n");
}

// ---- the files ----

TEST_F(server_tls, shows_the_certificate_that_its_files_have_now)
{
    start();
    const support::log_capture log;
    EXPECT_EQ(ask(ca_), "hello\n");
    advance(1min);
    EXPECT_EQ(log.text(), "") << "nothing has changed";
    show(other_);
    EXPECT_EQ(ask(ca_), "hello\n") << "not read yet";
    advance(1min);
    EXPECT_EQ(ask(other_ca_), "hello\n");
    EXPECT_THAT(log.text(), HasSubstr("the TLS certificate has changed"));
}

TEST_F(server_tls, keeps_the_certificate_that_it_has_while_the_files_cannot_be_used)
{
    start();
    const support::log_capture log;
    files_["tls.crt"] = other_.pem;
    advance(1min);
    const auto told = log.text();
    EXPECT_THAT(told, HasSubstr("it does not belong to the first certificate"));
    advance(1min);
    EXPECT_EQ(log.text(), told) << "told once";
    EXPECT_EQ(ask(ca_), "hello\n");
    files_.erase("tls.key");
    advance(1min);
    advance(1min);
    EXPECT_THAT(log.text().substr(told.size()), HasSubstr("the TLS key tls.key: No such file or directory"));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 2);
    show(other_);
    advance(1min);
    EXPECT_EQ(ask(other_ca_), "hello\n");
}

TEST_F(server_tls, says_why_the_first_files_cannot_be_used)
{
    const auto why = [this] {
        const auto listening = listen();
        EXPECT_FALSE(listening);
        EXPECT_TRUE(listening || listening.error().code == support::errc::invalid);
        return listening ? "" : listening.error().message;
    };
    files_["tls.key"] = other_.key_pem;
    EXPECT_THAT(
        why(),
        StartsWith(
            "the TLS certificate tls.crt and key tls.key: key: it does not belong to the first certificate"
        )
    );
    files_["tls.key"] = test::encrypted_key_pem(own_, "word");
    EXPECT_THAT(why(), HasSubstr("key: the private key needs a pass phrase"));
    files_["tls.crt"] = "nothing";
    EXPECT_THAT(why(), HasSubstr("tls.key: certificate: there is no certificate in PEM form"));
    files_.erase("tls.crt");
    EXPECT_EQ(why(), "the TLS certificate tls.crt: No such file or directory");
}

// ---- peers that do not do as they should ----

TEST_F(server_tls, waits_for_no_handshake_longer_than_its_limit_and_serves_others_meanwhile)
{
    start({.body_bytes = 100, .header = 5s});
    auto silent = connect();
    auto slow = connect();
    slow.send("\x16\x03");
    step();
    EXPECT_EQ(ask(ca_), "hello\n");
    advance(4s);
    slow.send("\x01");
    EXPECT_TRUE(silent.open());
    EXPECT_TRUE(slow.open());
    advance(1s);
    silent.wait_closed();
    slow.wait_closed();
}

// The first words of a TLS client.
std::string client_hello()
{
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free
    );
    const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(context.get()), SSL_free);
    BIO* said = BIO_new(BIO_s_mem());
    SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), said);
    SSL_connect(client.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(said, &text);
    return {text, static_cast<std::size_t>(size)};
}

// Says nothing more after its first words.
struct greeting_client
{
    greeting_client(test::wire& test, const net::server& to) : socket(test.context())
    {
        socket.connect({boost::asio::ip::address_v4::loopback(), to.port()});
        socket.non_blocking(true);
    }

    bool is_answered()
    {
        char byte = 0;
        boost::system::error_code nothing;
        return socket.receive(boost::asio::buffer(&byte, 1), tcp::socket::message_peek, nothing) == 1;
    }

    tcp::socket socket;
};

TEST_F(server_tls, lets_what_else_is_ready_come_between_two_handshakes)
{
    constexpr std::size_t many = 50;
    start({.connections = many});
    std::vector<greeting_client> peers;
    for (std::size_t i = 0; i < many; ++i)
    {
        peers.emplace_back(*this, *server_);
    }
    step();
    const auto hello = client_hello();
    for (auto& peer : peers)
    {
        boost::asio::write(peer.socket, boost::asio::buffer(hello));
    }
    for (auto& peer : peers)
    {
        // Until the kernel of the server has it, so that the server finds all of them at once.
        for (int unsent = 1; unsent > 0;)
        {
            ASSERT_EQ(::ioctl(peer.socket.native_handle(), SIOCOUTQ, &unsent), 0);
        }
    }
    std::size_t between = 0;
    bool done = false;
    std::function<void()> other_work = [&] {
        ++between;
        if (!done)
        {
            boost::asio::post(context(), other_work);
        }
    };
    boost::asio::post(context(), other_work);
    run_until([&] { return std::ranges::all_of(peers, &greeting_client::is_answered); });
    done = true;
    step();
    EXPECT_GE(between, many);
}

TEST_F(server_tls, tells_a_peer_that_speaks_http_so)
{
    start();
    EXPECT_THAT(
        connect().ask(get),
        AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"), EndsWith("this port speaks https, not http\n"))
    );
}

TEST_F(server_tls, survives_peers_that_speak_nothing_or_vanish)
{
    start();
    for (const std::string sent :
         {"", "\x16", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\xff\xff\xff\xff"})
    {
        connect().send(sent);
        auto peer = connect();
        peer.send(sent);
        step();
        peer.reset();
        step();
    }
    EXPECT_EQ(ask(ca_), "hello\n");
}

// Speaks TLS by steps, and gives the connection back to the test.
class tls_client
{
public:
    tls_client(test::wire& test, const net::server& to) : stream_(test.executor(), context_)
    {
        stream_.next_layer().connect({boost::asio::ip::address_v4::loopback(), to.port()});
        test.run([](tls_client& self) -> support::task<> {
            co_await self.stream_.async_handshake(
                boost::asio::ssl::stream_base::client, boost::asio::use_awaitable
            );
        }(*this));
    }

    support::task<> send(std::string text)
    {
        co_await boost::asio::async_write(stream_, boost::asio::buffer(text), boost::asio::use_awaitable);
    }

    void close() { stream_.next_layer().close(); }

private:
    boost::asio::ssl::context context_{boost::asio::ssl::context::tls_client};
    boost::asio::ssl::stream<tcp::socket> stream_;
};

TEST_F(server_tls, cancels_the_handler_of_a_peer_that_closes_the_connection)
{
    start();
    tls_client peer(*this, *server_);
    run(peer.send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n"));
    run_until([&] { return waiting_ == 1; });
    peer.close();
    run_until([&] { return cancelled_ == 1; });
}

TEST_F(server_tls, waits_no_longer_than_its_limit_for_a_peer_that_does_not_take_its_answer)
{
    start({.answer = 10s});
    tls_client peer(*this, *server_);
    run(peer.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n"));
    run_until([&] { return asked_ == 1; });
    advance(9s);
    EXPECT_TRUE(taken_.empty());
    advance(1s);
    EXPECT_EQ(taken_, std::vector<bool>{false});
}

}  // namespace
