#include "net/transport/socks5.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace net {
namespace {

constexpr char version = 5;
constexpr char no_login = 0;
constexpr char by_password = 2;

std::unexpected<support::error> unreachable(std::string message)
{
    return support::fail(support::errc::unreachable, std::move(message));
}

char byte_of(std::size_t number)
{
    return static_cast<char>(static_cast<unsigned char>(number));
}

support::task<support::result<>> send(byte_stream& to, std::string_view message)
{
    const auto written = co_await to.write(message);
    if (!written)
    {
        co_return unreachable(written.error().message);
    }
    co_return support::result<>();
}

// Reads exactly so many bytes, because what follows them is the server's.
support::task<support::result<std::string>> receive(byte_stream& from, std::size_t size)
{
    std::string received(size, '\0');
    for (std::size_t have = 0; have < size;)
    {
        const auto read = co_await from.read_some(std::span(received).subspan(have));
        if (!read)
        {
            co_return unreachable(read.error().message);
        }
        if (*read == 0)
        {
            co_return unreachable("the proxy closed the connection before the end of its answer");
        }
        have += *read;
    }
    co_return received;
}

support::task<support::result<>> log_in(byte_stream& proxy, const proxy_login& login)
{
    const std::string& user = login.user.reveal();
    const std::string& password = login.password.reveal();
    std::string text;
    text.reserve(3 + user.size() + password.size());
    text += '\1';  // the version of this exchange
    text.append({byte_of(user.size())}).append(user).append({byte_of(password.size())}).append(password);
    const support::secret message(std::move(text));
    auto sent = co_await send(proxy, message.reveal());
    if (!sent)
    {
        co_return sent;
    }
    const auto answer = co_await receive(proxy, 2);
    if (!answer)
    {
        co_return std::unexpected(answer.error());
    }
    if ((*answer)[1] != 0)
    {
        co_return unreachable("the proxy refuses the user and the password in its URL");
    }
    co_return support::result<>();
}

// Agrees on a way to log in, and logs in.
support::task<support::result<>> greet(byte_stream& proxy, const std::optional<proxy_login>& login)
{
    const std::string greeting =
        login ? std::string{version, 2, no_login, by_password} : std::string{version, 1, no_login};
    auto sent = co_await send(proxy, greeting);
    if (!sent)
    {
        co_return sent;
    }
    const auto chosen = co_await receive(proxy, 2);
    if (!chosen)
    {
        co_return std::unexpected(chosen.error());
    }
    if ((*chosen)[0] != version)
    {
        co_return unreachable("the answer is not SOCKS5; is it a proxy for SOCKS5?");
    }
    if ((*chosen)[1] == by_password && login)
    {
        co_return co_await log_in(proxy, *login);
    }
    if ((*chosen)[1] != no_login)
    {
        co_return unreachable(
            login ? "the proxy takes no login by user and password"
                  : "the proxy wants a login; write a user and a password into the proxy's URL"
        );
    }
    co_return support::result<>();
}

std::string request_for(const origin& to)
{
    std::string request{version, 1, 0};
    if (const auto address = read_address(to.host))
    {
        request += address->is_v4() ? '\1' : '\4';
        const auto add = [&request](const auto& bytes) { request.append(bytes.begin(), bytes.end()); };
        if (address->is_v4())
        {
            add(address->to_v4().to_bytes());
        }
        else
        {
            add(address->to_v6().to_bytes());
        }
    }
    else
    {
        request += '\3';
        request.append({byte_of(to.host.size())}).append(to.host);
    }
    request.append({byte_of(to.port >> 8U), byte_of(to.port & 0xFFU)});
    return request;
}

// RFC 1928 section 6.
std::string refusal(unsigned char reply)
{
    constexpr std::array<std::string_view, 9> replies{
        "success",
        "general failure",
        "not allowed by its rules",
        "network unreachable",
        "host unreachable",
        "connection refused",
        "TTL expired",
        "command not supported",
        "address type not supported"
    };
    return reply < replies.size() ? std::string(replies[reply]) : "reply " + std::to_string(reply);
}

support::task<support::result<>> ask_for(byte_stream& proxy, const origin& to)
{
    const std::string request = request_for(to);
    auto sent = co_await send(proxy, request);
    if (!sent)
    {
        co_return sent;
    }
    // Version, reply, reserved, type of the address, and the first byte of the address.
    const auto answer = co_await receive(proxy, 5);
    if (!answer)
    {
        co_return std::unexpected(answer.error());
    }
    const auto reply = static_cast<unsigned char>((*answer)[1]);
    if ((*answer)[0] != version)
    {
        co_return unreachable("the answer is not SOCKS5; is it a proxy for SOCKS5?");
    }
    if (reply != 0)
    {
        co_return unreachable("the proxy cannot connect to the server: " + refusal(reply));
    }
    const char type = (*answer)[3];
    const auto first = static_cast<unsigned char>((*answer)[4]);
    constexpr std::size_t port = 2;
    const std::size_t rest = type == 1 ? 3 : type == 4 ? 15 : first;
    if (type != 1 && type != 3 && type != 4)
    {
        co_return unreachable("the answer is not SOCKS5; is it a proxy for SOCKS5?");
    }
    // The address from which the proxy connected does not matter.
    const auto bound = co_await receive(proxy, rest + port);
    if (!bound)
    {
        co_return std::unexpected(bound.error());
    }
    co_return support::result<>();
}

}  // namespace

support::task<support::result<std::unique_ptr<byte_stream>>> open_socks5_tunnel(
    std::unique_ptr<byte_stream> to_proxy, origin to, std::optional<proxy_login> login
)
{
    auto ready = co_await greet(*to_proxy, login);
    if (ready)
    {
        ready = co_await ask_for(*to_proxy, to);
    }
    if (!ready)
    {
        co_return std::unexpected(std::move(ready.error()));
    }
    co_return std::move(to_proxy);
}

}  // namespace net
