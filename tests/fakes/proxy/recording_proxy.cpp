#include "fakes/proxy/recording_proxy.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/evp.h>

#include <array>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

namespace test {

struct recording_proxy::state
{
    tcp::acceptor acceptor;
    proxy_options options;
    std::unique_ptr<ssl::context> tls;
    std::vector<std::weak_ptr<tcp::socket>> sockets = {};
    mutable std::mutex mutex = {};
    std::vector<proxy_request> requests = {};  // guarded by mutex

    // False: the client has to be refused.
    bool record(proxy_request request)
    {
        const bool admitted = options.login.empty() || request.login == options.login;
        const std::scoped_lock lock(mutex);
        requests.push_back(std::move(request));
        return admitted;
    }
};

namespace {

using state = recording_proxy::state;

void end_quietly(const std::exception_ptr& thrown)
{
    try
    {
        if (thrown)
        {
            std::rethrow_exception(thrown);
        }
    }
    catch (const boost::system::system_error&)
    {}
}

std::string decoded(const std::string& base64)
{
    std::string text(base64.size(), '\0');
    const auto size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(text.data()),
        reinterpret_cast<const unsigned char*>(base64.data()),
        static_cast<int>(base64.size())
    );
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text.substr(0, text.find('\0'));
}

// The text between `before` and the end of its line; empty if there is none.
std::string between(const std::string& text, const std::string& before, const std::string& after)
{
    const auto at = text.find(before);
    const auto from = at + before.size();
    return at == std::string::npos ? "" : text.substr(from, text.find(after, from) - from);
}

template <class From, class To>
asio::awaitable<void> copy(From& from, To& to)
{
    std::array<char, 16384> piece;
    try
    {
        while (true)
        {
            const auto size = co_await from.async_read_some(asio::buffer(piece), asio::use_awaitable);
            co_await asio::async_write(to, asio::buffer(piece, size), asio::use_awaitable);
        }
    }
    catch (const boost::system::system_error&)
    {}
}

asio::awaitable<std::shared_ptr<tcp::socket>> reach(std::shared_ptr<state> self, const std::string& to)
{
    const auto server = std::make_shared<tcp::socket>(self->acceptor.get_executor());
    self->sockets.push_back(server);
    const auto port = static_cast<std::uint16_t>(std::stoul(to.substr(to.rfind(':') + 1)));
    boost::system::error_code failed;
    co_await server->async_connect(
        {asio::ip::address_v4::loopback(), port}, asio::redirect_error(asio::use_awaitable, failed)
    );
    co_return failed ? nullptr : server;
}

template <class Stream>
asio::awaitable<void> connect_proxy(std::shared_ptr<state> self, Stream& client, bool has_certificate)
{
    std::string header;
    co_await asio::async_read_until(client, asio::dynamic_buffer(header), "\r\n\r\n", asio::use_awaitable);
    const auto to = between(header, "CONNECT ", " HTTP/1.1\r\nHost: ");
    const auto login = decoded(between(header, "\r\nProxy-Authorization: Basic ", "\r\n"));
    std::string answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    std::shared_ptr<tcp::socket> server;
    if (self->record({to, login, has_certificate}))
    {
        server = co_await reach(self, to);
        answer = server ? "HTTP/1.0 200 Connection established\r\nVia: test\r\n\r\n"
                        : "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
    }
    co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
    if (server)
    {
        using namespace asio::experimental::awaitable_operators;
        co_await (copy(client, *server) || copy(*server, client));
    }
}

template <class Stream>
asio::awaitable<std::string> receive(Stream& client, std::size_t size)
{
    std::string bytes(size, '\0');
    co_await asio::async_read(client, asio::buffer(bytes), asio::use_awaitable);
    co_return bytes;
}

template <class Stream>
asio::awaitable<std::string> receive_counted(Stream& client)
{
    const auto size = co_await receive(client, 1);
    co_return co_await receive(client, static_cast<unsigned char>(size[0]));
}

template <class Stream>
asio::awaitable<void> socks5_proxy(std::shared_ptr<state> self, Stream& client, bool has_certificate)
{
    co_await receive(client, 1);
    const auto ways = co_await receive_counted(client);
    const bool by_password = !self->options.login.empty();
    const bool agreed = ways.find(by_password ? '\2' : '\0') != std::string::npos;
    const std::string choice{'\5', agreed ? (by_password ? '\2' : '\0') : '\xFF'};
    co_await asio::async_write(client, asio::buffer(choice), asio::use_awaitable);
    std::string login;
    if (agreed && by_password)
    {
        co_await receive(client, 1);
        const auto user = co_await receive_counted(client);
        login = user + ":" + co_await receive_counted(client);
        const std::string verdict{'\1', login == self->options.login ? '\0' : '\1'};
        co_await asio::async_write(client, asio::buffer(verdict), asio::use_awaitable);
    }
    if (!agreed || (by_password && login != self->options.login))
    {
        self->record({"", login, has_certificate});
        co_return;
    }
    const auto head = co_await receive(client, 4);
    std::string host;
    if (head[3] == 3)
    {
        host = co_await receive_counted(client);
    }
    else if (head[3] == 1)
    {
        asio::ip::address_v4::bytes_type bytes;
        co_await asio::async_read(client, asio::buffer(bytes), asio::use_awaitable);
        host = asio::ip::address_v4(bytes).to_string();
    }
    else
    {
        asio::ip::address_v6::bytes_type bytes;
        co_await asio::async_read(client, asio::buffer(bytes), asio::use_awaitable);
        host = "[" + asio::ip::address_v6(bytes).to_string() + "]";
    }
    const auto port = co_await receive(client, 2);
    const auto number = static_cast<unsigned char>(port[0]) * 256 + static_cast<unsigned char>(port[1]);
    const auto to = host + ":" + std::to_string(number);
    self->record({to, login, has_certificate});
    const auto server = co_await reach(self, to);
    // Names its own address as a name, which is the longest form.
    const std::string answer = std::string{'\5', server ? '\0' : '\5', '\0', '\3', '\4'} + "here" + "\1\2";
    co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
    if (server)
    {
        using namespace asio::experimental::awaitable_operators;
        co_await (copy(client, *server) || copy(*server, client));
    }
}

template <class Stream>
asio::awaitable<void> serve(std::shared_ptr<state> self, Stream& client, bool has_certificate)
{
    co_await (
        self->options.protocol == proxy_protocol::connect ? connect_proxy(self, client, has_certificate)
                                                          : socks5_proxy(self, client, has_certificate)
    );
}

asio::awaitable<void> serve_one(std::shared_ptr<state> self, std::shared_ptr<tcp::socket> socket)
{
    if (self->tls == nullptr)
    {
        co_await serve(self, *socket, false);
        co_return;
    }
    ssl::stream<tcp::socket&> client(*socket, *self->tls);
    co_await client.async_handshake(ssl::stream_base::server, asio::use_awaitable);
    co_await serve(self, client, SSL_get0_peer_certificate(client.native_handle()) != nullptr);
}

asio::awaitable<void> accept_all(std::shared_ptr<state> self)
{
    while (true)
    {
        const auto socket = std::make_shared<tcp::socket>(self->acceptor.get_executor());
        co_await self->acceptor.async_accept(*socket, asio::use_awaitable);
        self->sockets.push_back(socket);
        asio::co_spawn(self->acceptor.get_executor(), serve_one(self, socket), end_quietly);
    }
}

std::unique_ptr<ssl::context> server_context(const certificate& own)
{
    auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(own.pem));
    context->use_private_key(asio::buffer(own.key_pem), ssl::context::pem);
    // Asks for a client certificate, and takes any.
    SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    return context;
}

}  // namespace

recording_proxy::recording_proxy(asio::io_context& context, proxy_options options)
    : state_(std::make_shared<state>(
          tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          options,
          options.tls ? server_context(*options.tls) : nullptr
      )),
      port_(state_->acceptor.local_endpoint().port())
{
    asio::co_spawn(context, accept_all(state_), end_quietly);
}

recording_proxy::~recording_proxy()
{
    state_->acceptor.close();
    for (const auto& weak : state_->sockets)
    {
        if (const auto socket = weak.lock())
        {
            boost::system::error_code closed_before;
            socket->close(closed_before);
        }
    }
}

std::vector<proxy_request> recording_proxy::requests() const
{
    const std::scoped_lock lock(state_->mutex);
    return state_->requests;
}

background_proxy::background_proxy(proxy_options options)
    : context_(1),
      proxy_(std::make_unique<recording_proxy>(context_, std::move(options))),
      thread_([this] { context_.run(); })
{}

background_proxy::~background_proxy()
{
    context_.stop();
    thread_.join();
}

}  // namespace test
