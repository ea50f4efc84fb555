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
constexpr std::size_t one_large_answer = 1024 * one_kib;

const std::string get = "GET /a HTTP/1.1\r\nHost: here\r\n\r\n";

class server_memory : public test::wire
{
protected:
    void start(bool tls, net::server_limits limits = {.connections = 10'000})
    {
        net::server_options options{.limits = limits};
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
        options.served = [this](const net::served_request& served) {
            ++served_;
            taken_ += served.taken ? 1 : 0;
        };
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
        co_return net::page{.body = request.path == "/large" ? std::string(one_large_answer, 'x') : "ok\n"};
    }

    int connect()
    {
        const int made = ::socket(AF_INET, SOCK_STREAM, 0);
        const int little = 4096;
        ::setsockopt(made, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
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
    std::size_t taken_ = 0;  // of them those whose answer was taken whole
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

TEST_F(server_memory, of_answers_that_nobody_reads_is_bounded)
{
    constexpr std::size_t bound = 8;  // such answers
    start(false, {.unread_bytes = bound * (one_large_answer + one_kib), .connections = 10'000});
    const auto before = ::mallinfo2().uordblks;
    const std::string get_large = "GET /large HTTP/1.1\r\nHost: here\r\n\r\n";
    for (std::size_t i = 0; i < connections; ++i)
    {
        connect_and_send(get_large);
    }
    run_until([&] { return served_ == connections - bound; });
    context().restart();
    context().poll();
    EXPECT_EQ(served_, connections - bound) << "the last ones wait for their peers";
    EXPECT_EQ(taken_, 0U);
    const auto used = ::mallinfo2().uordblks - before;
    EXPECT_LT(used, bound * (one_large_answer + one_kib) + connections * 16 * one_kib);

    connect_and_send(get);
    run_until([&] { return taken_ == 1; });
    EXPECT_EQ(served_, connections - bound + 1) << "an answer that is taken at once costs nobody his";
}

TEST_F(server_memory, of_a_connection_with_tls_between_two_requests_is_small)
{
    start(true);
    const auto each =
        measure([this] { ask_over_tls(); }, [this](std::size_t count) { return served_ == count; });
    EXPECT_LT(each.value_or(0), 24 * one_kib);
}

}  // namespace
