#include "net/http/peer.hpp"
#include "net/http/server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <fcntl.h>
#include <functional>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

// What a connection costs on the heap of the program. The kernel's buffers are not counted. Under a
// sanitizer, which replaces the heap, nothing is measured, and the tests show only that so many connections
// are served.
namespace {

constexpr std::size_t connections = 400;
constexpr std::size_t one_kib = 1024;

const std::string get = "GET /a HTTP/1.1\r\nHost: here\r\n\r\n";

class server_memory : public test::wire
{
protected:
    void start(bool tls)
    {
        net::server_options options{.limits = {.connections = 10'000}};
        if (tls)
        {
            const auto shown = test::make_certificate({.names = "IP:127.0.0.1"});
            options.tls = net::certificate_files{
                "crt",
                "key",
                [shown](const std::string& path) -> support::result<std::string> {
                    return path == "crt" ? shown.pem : shown.key_pem;
                }
            };
        }
        options.served = [this](const net::served_request&) { ++served_; };
        auto listening = net::listen(
            executor(),
            clock(),
            {"127.0.0.1", 0},
            [this](net::server_request request) { return answer(*this, std::move(request)); },
            std::move(options)
        );
        ASSERT_TRUE(listening) << listening.error().message;
        server_ = std::move(*listening);
        spawn(server_->run());
        sockets_.reserve(2 * connections);
    }

    static support::task<net::page> answer(server_memory& self, net::server_request request)
    {
        if (request.path == "/wait")
        {
            ++self.waiting_;
            boost::asio::steady_timer never(self.executor(), boost::asio::steady_timer::time_point::max());
            co_await never.async_wait(boost::asio::use_awaitable);
        }
        co_return net::page{.body = "ok\n"};
    }

    int connect()
    {
        const int made = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(server_->port());
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
        const int at_once = 1;
        ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        sockets_.push_back(made);
        return made;
    }

    void connect_and_send(const std::string& text)
    {
        EXPECT_EQ(::send(connect(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    }

    // Asks over TLS, and forgets the client's side of TLS, so that the server's is measured alone.
    void ask_over_tls()
    {
        const int socket = connect();
        ::fcntl(socket, F_SETFL, O_NONBLOCK);
        const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(client.get(), socket);
        const auto step_until = [&](const std::function<int()>& step) {
            while (step() <= 0)
            {
                context().restart();
                context().poll();
            }
        };
        step_until([&] { return SSL_connect(client.get()); });
        step_until([&] { return SSL_write(client.get(), get.data(), static_cast<int>(get.size())); });
        std::array<char, 1000> space{};
        step_until([&] { return SSL_read(client.get(), space.data(), space.size()); });
    }

    // The bytes that each of many connections takes after `open`, if bytes can be counted here.
    std::optional<std::size_t> measure(
        const std::function<void()>& open, const std::function<bool(std::size_t)>& there
    )
    {
        constexpr std::size_t warm = 20;
        const auto open_all = [&](std::size_t count) {
            for (std::size_t i = 0; i < count; ++i)
            {
                open();
            }
        };
        open_all(warm);
        run_until([&] { return there(warm); });
        const auto before = ::mallinfo2().uordblks;
        open_all(connections);
        run_until([&] { return there(warm + connections); });
        context().restart();
        context().poll();
        const auto after = ::mallinfo2().uordblks;
        if (after == 0)
        {
            return std::nullopt;
        }
        const auto each = (after - before) / connections;
        RecordProperty("bytes_of_each_connection", static_cast<int>(each));
        return each;
    }

    void TearDown() override
    {
        server_->stop();
        for (const int socket : sockets_)
        {
            ::close(socket);
        }
        wire::TearDown();
    }

    std::unique_ptr<net::server> server_;
    std::size_t served_ = 0;
    std::size_t waiting_ = 0;

private:
    std::vector<int> sockets_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free
    };
};

TEST_F(server_memory, of_a_connection_between_two_requests_is_small)
{
    start(false);
    const auto each =
        measure([this] { connect_and_send(get); }, [this](std::size_t count) { return served_ == count; });
    EXPECT_LT(each.value_or(0), 3 * one_kib);
}

TEST_F(server_memory, of_a_connection_whose_request_waits_for_its_answer_is_small)
{
    start(false);
    const auto each = measure(
        [this] { connect_and_send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n"); },
        [this](std::size_t count) { return waiting_ == count; }
    );
    EXPECT_LT(each.value_or(0), 16 * one_kib);
}

TEST_F(server_memory, of_a_connection_with_tls_between_two_requests_is_small)
{
    start(true);
    const auto each =
        measure([this] { ask_over_tls(); }, [this](std::size_t count) { return served_ == count; });
    EXPECT_LT(each.value_or(0), 24 * one_kib);
}

}  // namespace
