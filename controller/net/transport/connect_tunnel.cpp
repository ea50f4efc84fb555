#include "net/transport/connect_tunnel.hpp"

#include "support/base64.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace net {
namespace {

constexpr std::size_t max_answer = 16 << 10;  // the header of an answer

std::unexpected<support::error> unreachable(std::string message)
{
    return support::fail(support::errc::unreachable, std::move(message));
}

support::secret credentials_of(const proxy_login& login)
{
    std::string text;
    text.reserve(login.user.reveal().size() + 1 + login.password.reveal().size());
    text.append(login.user.reveal()).append(":").append(login.password.reveal());
    support::secret encoded(support::encode_base64(text));
    support::wipe(text);
    return encoded;
}

support::secret request_for(const origin& to, const std::optional<proxy_login>& login)
{
    const std::string authority = with_port(to.host, to.port);
    const auto credentials = login ? credentials_of(*login) : support::secret();
    std::string text;
    text.reserve(256 + 2 * authority.size() + credentials.reveal().size());
    text.append("CONNECT ").append(authority).append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
    if (login)
    {
        text.append("Proxy-Authorization: Basic ").append(credentials.reveal()).append("\r\n");
    }
    text.append("\r\n");
    return support::secret(std::move(text));
}

// The end of the header: an empty line. npos if it has not come.
std::size_t header_end(std::string_view answer)
{
    const auto strict = answer.find("\r\n\r\n");
    const auto bare = answer.find("\n\n");
    if (strict < bare)
    {
        return strict + 4;
    }
    return bare == std::string_view::npos ? bare : bare + 2;
}

// The status of "HTTP/1.1 200 Connection established"; 0 if `answer` does not begin like that.
int status_of(std::string_view answer)
{
    constexpr std::string_view protocol = "HTTP/1.";
    constexpr std::size_t at = protocol.size() + 2;  // behind the minor version and a space
    if (!answer.starts_with(protocol) || answer.size() < at + 4 || answer[at - 1] != ' ')
    {
        return 0;
    }
    int status = 0;
    const char* from = answer.data() + at;
    const auto [end, failed] = std::from_chars(from, from + 3, status);
    const bool ended = std::string_view(" \r\n").contains(answer[at + 3]);
    return failed == std::errc() && end == from + 3 && status >= 100 && ended ? status : 0;
}

// The reason is not taken from the answer, which may repeat the login.
std::string refusal(int status, const origin& to, bool has_login)
{
    const std::string answered =
        "CONNECT " + with_port(to.host, to.port) + " was answered with " + std::to_string(status);
    switch (status)
    {
        case 403:
            return answered + " Forbidden; let the proxy allow CONNECT to this host and port";
        case 405:
            return answered + " Method Not Allowed; let the proxy allow CONNECT to this host and port";
        case 407:
            return answered + " Proxy Authentication Required; " +
                   (has_login ? "correct the user and the password in the proxy's URL"
                              : "write a user and a password into the proxy's URL");
        case 502:
            return answered + " Bad Gateway; the proxy cannot reach the server";
        case 503:
            return answered + " Service Unavailable; the proxy cannot reach the server";
        case 504:
            return answered + " Gateway Timeout; the proxy cannot reach the server";
        default:
            return answered;
    }
}

}  // namespace

support::task<support::result<std::unique_ptr<byte_stream>>> open_connect_tunnel(
    std::unique_ptr<byte_stream> to_proxy, origin to, std::optional<proxy_login> login
)
{
    const auto request = request_for(to, login);
    const auto written = co_await to_proxy->write(request.reveal());
    if (!written)
    {
        co_return unreachable(written.error().message);
    }
    std::string answer;
    std::array<char, 2048> piece;
    while (header_end(answer) == std::string::npos)
    {
        const auto size = co_await to_proxy->read_some(piece);
        if (!size)
        {
            co_return unreachable(size.error().message);
        }
        answer.append(piece.data(), *size);
        const bool http = std::string_view("HTTP/1.").starts_with(answer.substr(0, 7));
        if (!http || answer.size() > max_answer)
        {
            co_return unreachable("the answer to CONNECT is not HTTP/1.1; is it a proxy for HTTP?");
        }
        if (*size == 0)
        {
            co_return unreachable("the proxy closed the connection instead of an answer to CONNECT");
        }
    }
    const int status = status_of(answer);
    if (status < 200 || status > 299)
    {
        co_return unreachable(
            status == 0 ? "the answer to CONNECT is not HTTP/1.1; is it a proxy for HTTP?"
                        : refusal(status, to, login.has_value())
        );
    }
    // The server is silent until it is asked, so that these bytes are not its own.
    if (header_end(answer) != answer.size())
    {
        co_return unreachable("the answer to CONNECT has a body");
    }
    co_return std::move(to_proxy);
}

}  // namespace net
