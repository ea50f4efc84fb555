#include "net/server.hpp"

#include "net/with_deadline.hpp"
#include "support/log.hpp"
#include "support/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <list>
#include <optional>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace net {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using support::task;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr support::duration after_failed_accept = 100ms;
constexpr std::size_t most_drained = 1 << 20;  // of what a peer still sends when it has its answer

struct connection
{
    explicit connection(tcp::socket accepted) : socket(std::move(accepted)) {}

    void close()
    {
        error_code ignored;
        socket.close(ignored);
    }

    tcp::socket socket;
    std::string pending;  // read and not yet parsed
};

// Adds what comes to `pending`: false if nothing more does. Throws if it is cancelled or the socket closed.
task<bool> read_more(connection& peer)
{
    std::array<char, 4096> piece;
    const auto [failed, size] = co_await peer.socket.async_read_some(asio::buffer(piece), use_tuple);
    if (failed == asio::error::operation_aborted)
    {
        throw boost::system::system_error(failed);
    }
    peer.pending.append(piece.data(), size);
    co_return !failed;
}

task<bool> write_all(connection& peer, std::string text)
{
    const auto [failed, size] = co_await asio::async_write(peer.socket, asio::buffer(text), use_tuple);
    if (failed == asio::error::operation_aborted)
    {
        throw boost::system::system_error(failed);
    }
    co_return !failed;
}

// The peer may still be sending, and a socket that is closed over that resets the connection, which can cost
// the peer the answer: so what it sends is read until it ends.
task<> drain(connection& peer)
{
    error_code ignored;
    peer.socket.shutdown(tcp::socket::shutdown_send, ignored);
    for (std::size_t drained = 0; drained < most_drained; drained += peer.pending.size())
    {
        peer.pending.clear();
        if (!co_await read_more(peer))
        {
            break;
        }
    }
}

struct reply
{
    net::page page;
    bool head = false;
    bool keep = false;  // the connection, for another request
    std::string allow;  // of a 405
};

reply refusal(int status, std::string why)
{
    return {{status, "text/plain; charset=utf-8", std::move(why)}, false, false, {}};
}

std::string text_of(const reply& made)
{
    const net::page& page = made.page;
    std::string text = "HTTP/1.1 " + std::to_string(page.status) + " ";
    text += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(page.status)));
    text += "\r\nContent-Type: " + page.content_type;
    text += "\r\nContent-Length: " + std::to_string(page.body.size());
    text += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
    text += made.allow.empty() ? "" : "\r\nAllow: " + made.allow;
    text += made.keep ? "" : "\r\nConnection: close";
    text += "\r\n\r\n";
    return made.head ? text : text + page.body;
}

using parser = http::request_parser<http::empty_body>;

reply answer(const parser& parsed, const std::vector<route>& routes)
{
    const auto& request = parsed.get();
    const auto method = request.method();
    const std::string_view target(request.target().data(), request.target().size());
    const auto path = target.substr(0, target.find('?'));
    if (request.version() >= 11 && request.count(http::field::host) != 1)
    {
        return refusal(400, "the request has no Host header\n");
    }
    reply made;
    made.keep = request.keep_alive();
    made.head = method == http::verb::head;
    const auto found = std::ranges::find(routes, path, &route::path);
    const bool reads = method == http::verb::get || method == http::verb::head;
    if (parsed.chunked() || parsed.content_length().value_or(0) > 0)
    {
        made = refusal(413, "no request with a body is taken\n");
    }
    if (found == routes.end())
    {
        made.page = {404, "text/plain; charset=utf-8", "there is no such page\n"};
    }
    else if (!reads)
    {
        made.page = {405, "text/plain; charset=utf-8", "only GET and HEAD are served\n"};
        made.allow = "GET, HEAD";
    }
    else if (made.page.status == 200)
    {
        made.page = found->get();
    }
    return made;
}

struct server_state
{
    server_state(tcp::acceptor listening, support::clock& c, std::vector<route> r, server_limits l)
        : acceptor(std::move(listening)),
          clock(c),
          routes(std::move(r)),
          limits(l),
          serving(acceptor.get_executor())
    {}

    tcp::acceptor acceptor;
    support::clock& clock;
    std::vector<route> routes;
    server_limits limits;
    support::task_group serving;
    std::list<std::shared_ptr<connection>> connections;  // quiet longest first
    bool stopping = false;

    // Reads a header; empty if the peer goes before its end.
    task<std::optional<reply>> read_and_answer(connection& peer)
    {
        parser parsed;
        parsed.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        parsed.body_limit(boost::none);  // none is read
        for (std::size_t parsed_bytes = 0; !parsed.is_header_done();)
        {
            error_code failed;
            const auto used = parsed.put(asio::buffer(peer.pending), failed);
            peer.pending.erase(0, used);
            parsed_bytes += used;  // the parser's own limit is of what it is given at once
            const auto header_bytes = parsed_bytes + (parsed.is_header_done() ? 0 : peer.pending.size());
            const bool over = header_bytes > limits.header_bytes;
            if (failed == http::error::header_limit || over)
            {
                co_return refusal(431, "the request's header is too large\n");
            }
            if (failed && failed != http::error::need_more)
            {
                co_return refusal(400, "this is not HTTP/1.1\n");
            }
            if (!parsed.is_header_done() && !co_await read_more(peer))
            {
                co_return std::nullopt;
            }
        }
        co_return answer(parsed, routes);
    }

    // Whether another may follow.
    task<bool> serve_one(connection& peer)
    {
        const auto deadline = clock.now() + limits.request;
        auto made = co_await with_deadline(clock, deadline, read_and_answer(peer));
        if (!made || !*made)
        {
            co_return false;
        }
        const bool keep = (*made)->keep && !stopping;
        (*made)->keep = keep;
        const auto taken_by = clock.now() + limits.request;
        const auto written = co_await with_deadline(clock, taken_by, write_all(peer, text_of(**made)));
        if (!written || !*written)
        {
            co_return false;
        }
        if (!keep)
        {
            co_await ends_before(clock, taken_by, drain(peer));
        }
        co_return keep;
    }

    static task<> serve(std::shared_ptr<server_state> self, std::shared_ptr<connection> peer)
    {
        struct leaving
        {
            server_state& state;
            const std::shared_ptr<connection>& peer;
            ~leaving() { state.connections.remove(peer); }
        };
        const leaving at_end{*self, peer};
        auto wait = self->limits.request;
        for (bool more = true; more;)
        {
            if (peer->pending.empty())
            {
                const auto until = self->clock.now() + wait;
                const auto there = co_await with_deadline(self->clock, until, read_more(*peer));
                if (!there || !*there)
                {
                    co_return;
                }
            }
            more = co_await self->serve_one(*peer);
            wait = self->limits.idle;
            const auto here = std::ranges::find(self->connections, peer);
            if (here == self->connections.end())
            {
                co_return;  // closed to make room
            }
            self->connections.splice(self->connections.end(), self->connections, here);
        }
    }

    static task<> accept(std::shared_ptr<server_state> self)
    {
        while (!self->stopping)
        {
            auto [failed, socket] = co_await self->acceptor.async_accept(use_tuple);
            if (self->stopping || failed == asio::error::operation_aborted)
            {
                break;
            }
            if (failed)  // such as too many open files
            {
                support::log(
                    support::log_level::debug, "a connection was not taken", {{"error", failed.message()}}
                );
                co_await self->clock.sleep_for(after_failed_accept);
                continue;
            }
            if (self->connections.size() >= self->limits.connections)
            {
                self->connections.front()->close();
                self->connections.pop_front();
            }
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            auto peer = std::make_shared<connection>(std::move(socket));
            self->connections.push_back(peer);
            self->serving.spawn(serve(self, std::move(peer)));
        }
        co_await self->serving.join();
    }
};

class beast_server final : public server
{
public:
    explicit beast_server(std::shared_ptr<server_state> state) : state_(std::move(state)) {}
    ~beast_server() override { stop_now(); }

    std::uint16_t port() const override { return state_->acceptor.local_endpoint().port(); }
    task<> run() override { return server_state::accept(state_); }
    void stop() override { stop_now(); }

private:
    void stop_now()
    {
        error_code ignored;
        state_->stopping = true;
        state_->acceptor.close(ignored);
        for (const auto& each : state_->connections)
        {
            each->close();
        }
    }

    std::shared_ptr<server_state> state_;
};

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& at, bool both)
{
    error_code failed;
    const auto step = [&](auto does) {
        if (!failed)
        {
            does();
        }
    };
    acceptor.close(failed);
    failed = {};
    step([&] { acceptor.open(at.protocol(), failed); });
    step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), failed); });
    if (at.address().is_v6())
    {
        step([&] { acceptor.set_option(asio::ip::v6_only(!both), failed); });
    }
    step([&] { acceptor.bind(at, failed); });
    step([&] { acceptor.listen(asio::socket_base::max_listen_connections, failed); });
    return failed;
}

}  // namespace

std::string listen_address::str() const
{
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

support::result<listen_address> parse_listen_address(std::string_view text)
{
    const auto refuse = [&] {
        return support::fail(
            support::errc::invalid,
            "\"" + std::string(text) +
                "\" is no address to listen on; write it as in :8080, 127.0.0.1:8080 or [::1]:8080"
        );
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
    {
        return refuse();
    }
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    listen_address made;
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), made.port);
    if (failed != std::errc() || end != port.data() + port.size() || port.empty())
    {
        return refuse();
    }
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed)
    {
        host = host.substr(1, host.size() - 2);
    }
    error_code no_address;
    const auto address = asio::ip::make_address(std::string(host), no_address);
    if (!host.empty() && (no_address || address.is_v6() != bracketed))
    {
        return refuse();
    }
    made.host = host;
    return made;
}

support::result<std::unique_ptr<server>> listen(
    asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    std::vector<route> routes,
    server_limits limits
)
{
    tcp::acceptor acceptor(executor);
    error_code failed;
    if (!address.host.empty())
    {
        failed = open(acceptor, {asio::ip::make_address(address.host), address.port}, false);
    }
    else
    {
        failed = open(acceptor, {tcp::v6(), address.port}, true);
        if (failed == asio::error::address_family_not_supported ||
            failed == boost::system::errc::address_not_available)
        {
            failed = open(acceptor, {tcp::v4(), address.port}, false);  // a machine without IPv6
        }
    }
    if (failed)
    {
        return support::fail(
            support::errc::invalid, "cannot listen on " + address.str() + ": " + failed.message()
        );
    }
    auto state = std::make_shared<server_state>(std::move(acceptor), clock, std::move(routes), limits);
    return std::make_unique<beast_server>(std::move(state));
}

}  // namespace net
