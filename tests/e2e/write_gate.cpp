#include "e2e/write_gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <thread>
#include <utility>

namespace e2e {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = asio::ssl;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;
using tls_stream = ssl::stream<tcp::socket>;

tcp::socket& socket_of(tcp::socket& stream)
{
    return stream;
}

tcp::socket& socket_of(tls_stream& stream)
{
    return stream.next_layer();
}

// Both sides of one connection through the gate.
template <class Stream>
struct crossing
{
    Stream client;
    Stream server;
    boost::beast::flat_buffer from_client{};
    boost::beast::flat_buffer from_server{};
};

asio::awaitable<error_code> outcome_of(asio::awaitable<void> act)
{
    try
    {
        co_await std::move(act);
    }
    catch (const system_error& failed)
    {
        co_return failed.code();
    }
    co_return error_code();
}

// Waits for `act`, unless the other side hangs up before: it has nothing to say meanwhile.
asio::awaitable<void> unless_closed(tcp::socket& other, asio::awaitable<void> act)
{
    using namespace asio::experimental::awaitable_operators;
    const auto first =
        co_await (outcome_of(std::move(act)) || other.async_wait(tcp::socket::wait_read, use_awaitable));
    if (first.index() != 0)
    {
        throw system_error(asio::error::eof);
    }
    if (const auto& failed = std::get<0>(first))
    {
        throw system_error(failed);
    }
}

// The answer as it comes, because that of a watch has no end.
template <class Stream>
asio::awaitable<void> pass_on(crossing<Stream>& by)
{
    constexpr std::size_t room = 16384;
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    co_await http::async_read_header(by.server, by.from_server, parser, use_awaitable);
    http::response_serializer<http::buffer_body> out(parser.get());
    auto& body = parser.get().body();
    body.more = true;
    co_await http::async_write_header(by.client, out, use_awaitable);
    std::array<char, room> piece{};
    while (!out.is_done())
    {
        std::size_t read = 0;
        if (!parser.is_done())
        {
            body.data = piece.data();
            body.size = piece.size();
            error_code failed;
            co_await http::async_read_some(
                by.server, by.from_server, parser, asio::redirect_error(use_awaitable, failed)
            );
            if (failed && failed != http::error::need_buffer)
            {
                throw system_error(failed);
            }
            read = piece.size() - body.size;
        }
        if (read == 0 && !parser.is_done())
        {
            continue;
        }
        body.data = read == 0 ? nullptr : piece.data();
        body.size = read;
        body.more = !parser.is_done();
        error_code failed;
        co_await http::async_write(by.client, out, asio::redirect_error(use_awaitable, failed));
        if (failed && failed != http::error::need_buffer)
        {
            throw system_error(failed);
        }
    }
}

template <class Stream>
asio::awaitable<void> read_request(crossing<Stream>& by, http::request<http::string_body>& into)
{
    co_await http::async_read(by.client, by.from_client, into, use_awaitable);
}

template <class Stream>
asio::awaitable<void> read_answer(crossing<Stream>& by, http::response<http::string_body>& into)
{
    co_await http::async_read(by.server, by.from_server, into, use_awaitable);
}

template <class Stream>
asio::awaitable<void> relay(crossing<Stream> by, const write_gate::observer& seen)
{
    for (;;)
    {
        http::request<http::string_body> request;
        co_await unless_closed(socket_of(by.server), read_request(by, request));
        co_await http::async_write(by.server, request, use_awaitable);
        if (request.method() == http::verb::get)
        {
            co_await unless_closed(socket_of(by.client), pass_on(by));
            continue;
        }
        http::response<http::string_body> answer;
        co_await unless_closed(socket_of(by.client), read_answer(by, answer));
        const std::string target(request.target());
        seen(
            {std::string(request.method_string()),
             target.substr(0, target.find('?')),
             request.body(),
             static_cast<int>(answer.result_int())}
        );
        co_await http::async_write(by.client, answer, use_awaitable);
    }
}

}  // namespace

struct write_gate::state
{
    state(int to, const std::optional<tls_pair>& tls, observer show)
        : seen(std::move(show)),
          server(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(to)),
          acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        // The tickets of TLS 1.3 come without a question, and would look as if the server hung up.
        any.set_options(ssl::context::no_tlsv1_3);
        if (tls)
        {
            own.emplace(ssl::context::tls_server);
            own->use_certificate_chain_file(tls->certificate.string());
            own->use_private_key_file(tls->key.string(), ssl::context::pem);
        }
        asio::co_spawn(context, accept(), asio::detached);
        thread = std::thread([this] { context.run(); });
    }

    ~state()
    {
        context.stop();
        thread.join();
    }

    asio::awaitable<void> accept()
    {
        for (;;)
        {
            tcp::socket client = co_await acceptor.async_accept(use_awaitable);
            // A connection that breaks ends alone.
            asio::co_spawn(context, serve(std::move(client)), [](const std::exception_ptr&) {});
        }
    }

    asio::awaitable<void> serve(tcp::socket client)
    {
        tcp::socket to(context);
        co_await to.async_connect(server, use_awaitable);
        client.set_option(tcp::no_delay(true));
        to.set_option(tcp::no_delay(true));
        if (!own)
        {
            co_await relay(crossing<tcp::socket>{std::move(client), std::move(to)}, seen);
            co_return;
        }
        crossing<tls_stream> by{tls_stream(std::move(client), *own), tls_stream(std::move(to), any)};
        co_await by.client.async_handshake(ssl::stream_base::server, use_awaitable);
        co_await by.server.async_handshake(ssl::stream_base::client, use_awaitable);
        co_await relay(std::move(by), seen);
    }

    observer seen;
    tcp::endpoint server;
    std::optional<ssl::context> own;
    ssl::context any{ssl::context::tls_client};
    asio::io_context context;
    tcp::acceptor acceptor;
    std::thread thread;
};

write_gate::write_gate(int server_port, const std::optional<tls_pair>& tls, observer seen)
    : state_(std::make_unique<state>(server_port, tls, std::move(seen)))
{}

write_gate::~write_gate() = default;

int write_gate::port() const
{
    return state_->acceptor.local_endpoint().port();
}

}  // namespace e2e
