#include "net/http/peer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/ssl.h>

#include <array>
#include <exception>
#include <optional>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

namespace test {
namespace {

template <class Stream>
class connection_over final : public peer_connection
{
public:
    explicit connection_over(Stream stream) : stream_(std::move(stream)) {}

    Stream& stream() { return stream_; }

    support::task<std::string> read_request() override
    {
        constexpr std::string_view header_end = "\r\n\r\n";
        constexpr std::string_view length = "Content-Length: ";
        while (!pending_.contains(header_end))
        {
            co_await read();
        }
        std::size_t size = pending_.find(header_end) + header_end.size();
        if (const auto at = pending_.find(length); at < size)
        {
            size += std::stoul(pending_.substr(at + length.size()));
        }
        while (pending_.size() < size)
        {
            co_await read();
        }
        const std::string request = pending_.substr(0, size);
        pending_.erase(0, size);
        co_return request;
    }

    support::task<> write(std::string text) override
    {
        for (std::size_t sent = 0; sent < text.size();)
        {
            sent += co_await stream_.async_write_some(asio::buffer(text) + sent, asio::use_awaitable);
        }
    }

    support::task<> end() override
    {
        if constexpr (std::is_same_v<Stream, tcp::socket>)
        {
            stream_.shutdown(tcp::socket::shutdown_send);
        }
        else
        {
            // Sent at once, without a wait for the close_notify of the other side.
            SSL_set_shutdown(stream_.native_handle(), SSL_RECEIVED_SHUTDOWN);
            co_await stream_.async_shutdown(asio::use_awaitable);
        }
        co_return;
    }

    void reset() override
    {
        boost::system::error_code closed_before;
        socket().set_option(tcp::socket::linger(true, 0), closed_before);
        socket().close(closed_before);
    }

    support::task<> wait_closed() override
    {
        while (true)
        {
            co_await read();
        }
    }

private:
    support::task<> read()
    {
        std::array<char, 16384> piece;
        const auto size = co_await stream_.async_read_some(asio::buffer(piece), asio::use_awaitable);
        pending_.append(piece.data(), size);
    }

    tcp::socket& socket()
    {
        if constexpr (std::is_same_v<Stream, tcp::socket>)
        {
            return stream_;
        }
        else
        {
            return stream_.next_layer();
        }
    }

    Stream stream_;
    std::string pending_;
};

// Only an error of the network is an ordinary end of a server coroutine.
void swallow_network_errors(std::exception_ptr thrown)
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

std::unique_ptr<ssl::context> server_context(const peer_tls& tls)
{
    auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
    const std::string chain = tls.own.pem + tls.chain_pem;
    context->use_certificate_chain(asio::buffer(chain));
    context->use_private_key(asio::buffer(tls.own.key_pem), ssl::context::pem);
    SSL_CTX* native = context->native_handle();
    if (!tls.client_ca_pem.empty())
    {
        context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
        context->add_certificate_authority(asio::buffer(tls.client_ca_pem));
        constexpr support::wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(native), now.time_since_epoch().count());
    }
    if (tls.max_version != 0)
    {
        SSL_CTX_set_min_proto_version(native, 0);
        SSL_CTX_set_max_proto_version(native, tls.max_version);
        SSL_CTX_set_cipher_list(native, "DEFAULT@SECLEVEL=0");
    }
    return context;
}

}  // namespace

struct peer::state
{
    tcp::acceptor acceptor;
    behaviour does;
    std::unique_ptr<ssl::context> tls;
    std::vector<std::weak_ptr<peer_connection>> connections = {};

    static support::task<> serve_one(std::shared_ptr<state> self, tcp::socket socket)
    {
        if (self->tls == nullptr)
        {
            const auto connection = std::make_shared<connection_over<tcp::socket>>(std::move(socket));
            self->connections.push_back(connection);
            co_await self->does(connection);
            co_return;
        }
        using tls_stream = ssl::stream<tcp::socket>;
        const auto connection =
            std::make_shared<connection_over<tls_stream>>(tls_stream(std::move(socket), *self->tls));
        self->connections.push_back(connection);
        co_await connection->stream().async_handshake(ssl::stream_base::server, asio::use_awaitable);
        co_await self->does(connection);
    }

    static support::task<> accept_all(std::shared_ptr<state> self)
    {
        while (true)
        {
            auto socket = co_await self->acceptor.async_accept(asio::use_awaitable);
            asio::co_spawn(
                self->acceptor.get_executor(), serve_one(self, std::move(socket)), swallow_network_errors
            );
        }
    }
};

peer::peer(
    asio::io_context& context,
    behaviour does,
    std::shared_ptr<const peer_tls> tls,
    const std::string& address,
    std::uint16_t port
)
    : context_(context),
      state_(std::make_shared<state>(
          tcp::acceptor(context, tcp::endpoint(asio::ip::make_address(address), port)),
          std::move(does),
          tls ? server_context(*tls) : nullptr
      ))
{
    asio::co_spawn(context, state::accept_all(state_), swallow_network_errors);
}

peer::~peer()
{
    state_->acceptor.close();
    for (const auto& accepted : state_->connections)
    {
        if (const auto connection = accepted.lock())
        {
            connection->reset();
        }
    }
    context_.restart();
    context_.poll();
}

std::uint16_t peer::port() const
{
    return state_->acceptor.local_endpoint().port();
}

std::size_t peer::accepted() const
{
    return state_->connections.size();
}

deaf_port::deaf_port(asio::io_context& context)
    : bound_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
{}

std::uint16_t deaf_port::port() const
{
    return bound_.local_endpoint().port();
}

black_hole::black_hole(asio::io_context& context, const std::string& address, std::uint16_t port)
    : acceptor_(context, tcp::v4())
{
    acceptor_.bind(tcp::endpoint(asio::ip::make_address(address), port));
    acceptor_.listen(0);
    // Linux answers SYNs until the queue is full, and then drops them.
    for (int i = 0; i < 4; ++i)
    {
        fillers_.emplace_back(context, tcp::v4());
        fillers_.back().non_blocking(true);
        const auto to = acceptor_.local_endpoint();
        (void)::connect(fillers_.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    }
}

std::uint16_t black_hole::port() const
{
    return acceptor_.local_endpoint().port();
}

void wire::run_void(support::task<> job)
{
    bool ended = false;
    std::exception_ptr failed;
    asio::co_spawn(context_, std::move(job), [&](std::exception_ptr thrown) {
        ended = true;
        failed = thrown;
    });
    run_until([&] { return ended; });
    if (failed)
    {
        std::rethrow_exception(failed);
    }
}

void wire::run_until(const std::function<bool()>& done)
{
    context_.restart();
    while (!done())
    {
        if (context_.run_one() == 0)
        {
            throw std::logic_error("nothing is left to run, and yet it is not done");
        }
    }
}

std::function<void()> wire::spawn(support::task<> job)
{
    const auto signal = std::make_shared<asio::cancellation_signal>();
    asio::co_spawn(
        context_,
        std::move(job),
        asio::bind_cancellation_slot(
            signal->slot(), [signal](std::exception_ptr thrown) { swallow_network_errors(thrown); }
        )
    );
    return [signal] { signal->emit(asio::cancellation_type::all); };
}

void wire::TearDown()
{
    context_.restart();
    context_.poll();
    EXPECT_TRUE(context_.stopped()) << "work is left on the loop";
    EXPECT_EQ(clock_.sleepers(), 0U) << "sleepers are left";
}

}  // namespace test
