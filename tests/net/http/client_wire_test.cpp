// The client over real sockets, plain and TLS, against servers that misbehave.
#include "fakes/proxy/recording_proxy.hpp"
#include "net/http/client.hpp"
#include "net/http/peer.hpp"
#include "support/system_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::peer_connection;
using testing::HasSubstr;
using testing::SizeIs;

using shared_connection = std::shared_ptr<peer_connection>;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class client_wire : public test::wire, public testing::WithParamInterface<bool>
{
protected:
    client_wire()
    {
        if (GetParam())
        {
            const auto own = test::make_certificate({.names = "IP:127.0.0.1"});
            tls_ = std::make_shared<test::peer_tls>(own);
            settings_ = std::make_shared<net::tls_settings>();
            settings_->ca_pem = own.pem;
        }
    }

    // Starts the server of all further requests.
    std::unique_ptr<test::peer> serve(test::behaviour does)
    {
        auto peer = std::make_unique<test::peer>(context(), std::move(does), tls_);
        port_ = peer->port();
        return peer;
    }

    net::http_request request(std::string method = "GET")
    {
        net::http_request request;
        request.method = std::move(method);
        request.origin = {GetParam(), "127.0.0.1", port_};
        request.tls = settings_;
        request.deadline = clock().now() + 10s;
        return request;
    }

    support::result<net::http_response> send(net::http_request request)
    {
        return run(client_->send(std::move(request)));
    }

    void TearDown() override
    {
        client_.reset();
        wire::TearDown();
    }

    std::shared_ptr<test::peer_tls> tls_;
    std::shared_ptr<net::tls_settings> settings_;
    std::uint16_t port_ = 0;
    std::unique_ptr<net::http_client> client_ =
        net::create_http_client(executor(), clock(), {.user_agent = "controller/1"});
};

INSTANTIATE_TEST_SUITE_P(plain, client_wire, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(tls, client_wire, testing::Values(true));

TEST_P(client_wire, keeps_a_connection_through_a_proxy)
{
    std::vector<std::string> received;
    const auto server = serve([&](shared_connection peer) -> support::task<> {
        while (true)
        {
            received.push_back(co_await peer->read_request());
            co_await peer->write(ok);
        }
    });
    const test::recording_proxy proxy(context());
    const auto via = std::make_shared<const net::proxy>(
        net::parse_proxy("http://127.0.0.1:" + std::to_string(proxy.port())).value()
    );
    client_ = net::create_http_client(
        executor(),
        clock(),
        {.user_agent = "controller/1", .route = [via](const net::origin&) { return via; }}
    );
    for (int i = 0; i < 2; ++i)
    {
        const auto response = send(request());
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body, "ok");
    }
    const auto server_name = "127.0.0.1:" + std::to_string(port_);
    EXPECT_THAT(proxy.requests(), testing::ElementsAre(test::proxy_request{server_name}));
    EXPECT_THAT(
        received, testing::Each(testing::StartsWith("GET / HTTP/1.1\r\nHost: " + server_name + "\r\n"))
    ) << "as without a proxy";
}

TEST_P(client_wire, sends_a_request_and_gives_the_answer_on_one_kept_connection)
{
    std::vector<std::string> requests;
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        while (true)
        {
            requests.push_back(co_await c->read_request());
            co_await c->write(ok);
        }
    });
    auto put = request("PUT");
    put.target = "/v2.0/lbaas/listeners/1";
    put.body = R"({"listener":{}})";
    EXPECT_EQ(send(std::move(put))->body, "ok");
    EXPECT_EQ(send(request())->body, "ok");
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_THAT(requests[0], HasSubstr("PUT /v2.0/lbaas/listeners/1 HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(requests[0], HasSubstr("\r\n\r\n{\"listener\":{}}"));
    EXPECT_EQ(peer->accepted(), 1U);
}

TEST_P(client_wire, carries_large_bodies_both_ways)
{
    std::string large(3 << 20, ' ');
    std::iota(large.begin(), large.end(), '\0');
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        const auto got = co_await c->read_request();
        EXPECT_EQ(got.substr(got.size() - large.size()), large);
        co_await c->write(
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large
        );
    });
    auto put = request("PUT");
    put.body = large;
    put.sensitive = true;
    EXPECT_EQ(send(std::move(put))->body, large);
}

TEST_P(client_wire, does_not_even_try_a_kept_connection_that_the_server_has_ended)
{
    std::size_t requests = 0;
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        co_await c->read_request();
        ++requests;
        co_await c->write(ok);
        co_await c->end();
    });
    EXPECT_TRUE(send(request()).has_value());
    EXPECT_TRUE(send(request("PUT")).has_value());
    EXPECT_EQ(requests, 2U);
    EXPECT_EQ(peer->accepted(), 2U);
}

TEST_P(client_wire, calls_every_break_after_the_request_was_sent_an_interruption)
{
    const std::string partial[] = {
        "",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    };
    for (const auto& response : partial)
    {
        for (const bool reset : {false, true})
        {
            SCOPED_TRACE(response);
            const auto peer = serve([&](shared_connection c) -> support::task<> {
                co_await c->read_request();
                co_await c->write(response);
                if (reset)
                {
                    c->reset();
                }
                else
                {
                    co_await c->end();
                }
            });
            const auto answer = send(request("PUT"));
            ASSERT_FALSE(answer.has_value());
            EXPECT_EQ(answer.error().code, errc::interrupted) << answer.error().message;
            EXPECT_EQ(peer->accepted(), 1U);
        }
    }
}

TEST_P(client_wire, calls_a_request_unreachable_that_never_left)
{
    const test::deaf_port refusing(context());
    port_ = refusing.port();
    auto put = request("PUT");
    EXPECT_EQ(send(std::move(put)).error().code, errc::unreachable);
}

TEST_P(client_wire, gives_up_a_slow_server_at_the_deadline_wherever_it_stops)
{
    for (const std::string start :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"})
    {
        SCOPED_TRACE(start);
        const auto deadline = clock().now() + 10s;
        bool closed = false;
        const auto peer = serve([&](shared_connection c) -> support::task<> {
            co_await c->read_request();
            co_await c->write(start);
            clock().set(deadline);
            try
            {
                co_await c->wait_closed();
            }
            catch (const boost::system::system_error&)
            {
                closed = true;
            }
        });
        EXPECT_EQ(send(request("PUT")).error().code, errc::interrupted);
        run_until([&] { return closed; });
    }
}

TEST_P(client_wire, stops_reading_an_endless_answer_at_its_limit)
{
    for (const auto& [start, code] :
         {std::pair<std::string, errc>("HTTP/1.1 200 OK\r\n\r\n", errc::too_large),
          {"HTTP/1.1 200 OK\r\nX: ", errc::bad_answer}})
    {
        SCOPED_TRACE(start);
        std::size_t written = 0;
        const auto peer = serve([&](shared_connection c) -> support::task<> {
            co_await c->read_request();
            co_await c->write(start);
            while (true)
            {
                co_await c->write(std::string(10'000, 'x'));
                written += 10'000;
            }
        });
        auto get = request();
        get.max_response_bytes = 1 << 20;
        EXPECT_EQ(send(std::move(get)).error().code, code);
        EXPECT_LT(written, 16U << 20);
    }
}

TEST_P(client_wire, takes_an_answer_that_comes_before_the_request_was_read)
{
    const auto peer = serve([](shared_connection c) -> support::task<> {
        co_await c->write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        co_await c->end();
        co_await c->wait_closed();
    });
    auto put = request("PUT");
    put.body = std::string(1000, 'x');
    EXPECT_EQ(send(std::move(put))->status, 401);
}

TEST_P(client_wire, closes_the_connection_where_it_is_cancelled)
{
    bool requested = false;
    bool closed = false;
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        co_await c->read_request();
        requested = true;
        try
        {
            co_await c->wait_closed();
        }
        catch (const boost::system::system_error&)
        {
            closed = true;
        }
    });
    const auto cancel = spawn([](net::http_client* through, net::http_request request) -> support::task<> {
        (void)co_await through->send(std::move(request));
        ADD_FAILURE() << "cancellation must unwind, not return";
    }(client_.get(), request()));
    run_until([&] { return requested; });
    cancel();
    run_until([&] { return closed; });
}

TEST_P(client_wire, streams_an_answer_piece_by_piece_to_its_cut)
{
    shared_connection other;
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        co_await c->read_request();
        co_await c->write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        other = c;
    });
    const auto stream = run(client_->open(request()));
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
    run(other->write("4\r\none\n\r\n"));
    EXPECT_EQ(run((*stream)->read(clock().now() + 10s)).value(), "one\n");
    run(other->write("8\r\ntw"));
    EXPECT_EQ(run((*stream)->read(clock().now() + 10s)).value(), "tw");
    other->reset();
    EXPECT_EQ(run((*stream)->read(clock().now() + 10s)).error().code, errc::interrupted);
}

// Only TLS can tell the end of an answer without a length from a cut.
TEST_P(client_wire, believes_the_end_of_an_answer_without_a_length_only_as_far_as_it_is_proven)
{
    bool proper = true;
    const auto peer = serve([&](shared_connection c) -> support::task<> {
        co_await c->read_request();
        co_await c->write("HTTP/1.1 200 OK\r\n\r\nhello");
        if (proper)
        {
            co_await c->end();
        }
    });
    EXPECT_EQ(send(request())->body, "hello");
    proper = false;
    const auto cut = send(request());
    ASSERT_EQ(cut.has_value(), !GetParam());
    if (GetParam())
    {
        EXPECT_EQ(cut.error().code, errc::interrupted);
    }
}

// A running request must not touch destroyed objects (the address sanitizer tells).
TEST_P(client_wire, may_be_left_in_the_middle_together_with_its_loop)
{
    // Accepts connections and requests, and never answers.
    using boost::asio::ip::tcp;
    const tcp::acceptor silent(context(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    port_ = silent.local_endpoint().port();
    auto lost = std::make_unique<boost::asio::io_context>();
    const auto lost_clock = support::create_system_clock(lost->get_executor());
    auto client = net::create_http_client(lost->get_executor(), *lost_clock, {.user_agent = "controller/1"});
    auto get = request();
    get.deadline = lost_clock->now() + 10s;
    bool ended = false;
    boost::asio::co_spawn(*lost, client->send(std::move(get)), [&](auto&&...) { ended = true; });
    while (lost->poll() != 0)
    {
    }
    EXPECT_FALSE(ended);
    client.reset();
    lost.reset();
}

}  // namespace
