#include "net/transport/tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

class tcp_stream final : public byte_stream
{
public:
    explicit tcp_stream(tcp::socket socket) : socket_(std::move(socket)) {}

    support::task<support::result<std::size_t>> read_some(std::span<char> space) override
    {
        const auto [ec, size] = co_await socket_.async_read_some(asio::buffer(space), use_tuple);
        if (ec == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ec);
        }
        if (ec && ec != asio::error::eof)
        {
            co_return support::fail(support::errc::interrupted, ec.message());
        }
        co_return size;
    }

    support::task<support::result<>> write(std::string_view data) override
    {
        const auto [ec, size] = co_await asio::async_write(socket_, asio::buffer(data), use_tuple);
        if (ec == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ec);
        }
        if (ec)
        {
            co_return support::fail(
                size == 0 ? support::errc::unreachable : support::errc::interrupted, ec.message()
            );
        }
        co_return support::result<>();
    }

    bool quiet() override { return net::quiet(socket_); }

private:
    tcp::socket socket_;
};

}  // namespace

void set_options(tcp::socket& socket)
{
    // The options are not checked, because a socket without them still works.
    const auto set = [fd = socket.native_handle()](int level, int option, int value) {
        ::setsockopt(fd, level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

bool quiet(tcp::socket& socket)
{
    char byte = 0;
    return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::unique_ptr<byte_stream> create_tcp_stream(tcp::socket socket)
{
    return std::make_unique<tcp_stream>(std::move(socket));
}

}  // namespace net
