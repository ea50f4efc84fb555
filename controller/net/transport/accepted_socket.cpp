#include "net/transport/accepted_socket.hpp"

#include "net/transport/tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

using boost::system::error_code;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

std::string address_of(const tcp::socket& socket)
{
    error_code gone;
    const auto address = socket.remote_endpoint(gone).address();
    if (gone)
    {
        return "";
    }
    // A server that listens on both families sees the addresses of IPv4 within IPv6.
    return address.is_v6() && address.to_v6().is_v4_mapped()
               ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
               : address.to_string();
}

std::unexpected<support::error> interrupted(std::string why)
{
    return support::fail(support::errc::interrupted, std::move(why));
}

}  // namespace

accepted_socket::accepted_socket(tcp::socket socket) : socket_(std::move(socket)), peer_(address_of(socket_))
{
    error_code ignored;
    socket_.non_blocking(true, ignored);
    set_options(socket_);
    // What the peer does not take waits in the program, which bounds it, and not in the kernel, where it
    // would count for the memory of the container too.
    constexpr int most_unsent = 64 << 10;
    ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
}

support::task<support::result<>> accepted_socket::handshake()
{
    co_return support::result<>();
}

support::task<bool> accepted_socket::wait(wait_type for_what)
{
    if (interrupted_)
    {
        co_return false;
    }
    const auto [failed] = co_await socket_.async_wait(for_what, use_tuple);
    if (interrupted_ && socket_.is_open())
    {
        co_return false;
    }
    if (failed == asio::error::operation_aborted || !socket_.is_open())
    {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return true;
}

support::task<bool> accepted_socket::wait_readable()
{
    return wait(tcp::socket::wait_read);
}

support::result<std::optional<std::size_t>> accepted_socket::read(std::span<char> space)
{
    error_code failed;
    const auto size = socket_.read_some(asio::buffer(space), failed);
    if (failed == asio::error::would_block || failed == asio::error::interrupted)
    {
        return std::optional<std::size_t>();
    }
    if (failed && failed != asio::error::eof)
    {
        return interrupted(failed.message());
    }
    return std::optional<std::size_t>(size);
}

support::task<support::result<>> accepted_socket::write(std::string_view data)
{
    while (!data.empty())
    {
        error_code failed;
        const auto size = socket_.write_some(asio::buffer(data), failed);
        if (failed == asio::error::would_block || failed == asio::error::interrupted)
        {
            if (!co_await wait(tcp::socket::wait_write))
            {
                co_return interrupted("the peer did not take it in time");
            }
        }
        else if (failed)
        {
            co_return interrupted(failed.message());
        }
        data.remove_prefix(failed ? 0 : size);
    }
    co_return support::result<>();
}

bool accepted_socket::write_now(std::string_view data)
{
    error_code failed;
    return socket_.write_some(asio::buffer(data), failed) == data.size() && !failed;
}

support::task<> accepted_socket::wait_reset()
{
    co_await wait(tcp::socket::wait_error);
}

void accepted_socket::end()
{
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void accepted_socket::close()
{
    error_code ignored;
    socket_.close(ignored);
}

void accepted_socket::interrupt()
{
    error_code ignored;
    interrupted_ = true;
    socket_.cancel(ignored);
}

std::unique_ptr<accepted_stream> accept_plain(tcp::socket socket)
{
    return std::make_unique<accepted_socket>(std::move(socket));
}

}  // namespace net
