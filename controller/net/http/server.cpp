#include "net/http/server.hpp"

#include "net/transport/acceptor.hpp"
#include "support/log.hpp"
#include "support/task_group.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
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
// The most that is read from a peer that keeps sending after its answer.
constexpr std::size_t most_drained = 1 << 20;

struct connection
{
    explicit connection(tcp::socket accepted) : socket(std::move(accepted)) {}

    void close()
    {
        error_code ignored;
        socket.close(ignored);
    }

    tcp::socket socket;
    std::string pending;  // received and not yet parsed
};

// Appends received bytes to `pending`; false at the end of the connection. Throws if the read is cancelled or
// the socket was closed here.
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

// Reads until the peer ends the connection, because closing a socket with unread data resets the connection,
// and a reset can cost the peer the answer.
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
    // Whether the connection is kept for another request.
    bool keep = false;
    // Whether the pieces are sent in chunks; otherwise the end of the connection ends them.
    bool chunked = false;
};

std::string header_of(const reply& answer)
{
    const net::page& page = answer.page;
    std::string text = "HTTP/1.1 " + std::to_string(page.status) + " ";
    text += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(page.status)));
    text += "\r\nContent-Type: " + page.content_type;
    text += answer.chunked ? "\r\nTransfer-Encoding: chunked"
            : page.pieces  ? ""
                           : "\r\nContent-Length: " + std::to_string(page.body.size());
    text += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
    for (const auto& [name, value] : page.headers)
    {
        text += "\r\n" + name + ": " + value;
    }
    text += answer.keep ? "" : "\r\nConnection: close";
    return text + "\r\n\r\n";
}

std::string chunk_of(const std::string& piece)
{
    std::array<char, 16> size{};
    char* const end = std::to_chars(size.begin(), size.end(), piece.size(), 16).ptr;
    return std::string(size.data(), end) + "\r\n" + piece + "\r\n";
}

task<bool> write_reply(connection& peer, const reply& answer)
{
    const bool in_pieces = answer.page.pieces && !answer.head;
    bool taken = co_await write_all(peer, header_of(answer) + (answer.head ? "" : answer.page.body));
    while (taken && in_pieces)
    {
        const auto piece = answer.page.pieces();
        if (!piece)
        {
            co_return !answer.chunked || co_await write_all(peer, chunk_of(""));
        }
        if (piece->empty())
        {
            // Not sent, because an empty chunk would end the answer.
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        }
        else
        {
            taken = co_await write_all(peer, answer.chunked ? chunk_of(*piece) : *piece);
        }
    }
    co_return taken;
}

using parser = http::request_parser<http::empty_body>;

server_request request_of(const parser& parsed)
{
    const auto& header = parsed.get();
    server_request request;
    request.method = header.method_string();
    const std::string_view target(header.target().data(), header.target().size());
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = mark == target.size() ? "" : target.substr(mark + 1);
    for (const auto& field : header)
    {
        request.headers.push_back({field.name_string(), field.value()});
    }
    request.body_unread = parsed.chunked() || parsed.content_length().value_or(0) > 0;
    return request;
}

struct server_state
{
    server_state(tcp::acceptor listening, support::clock& c, handler h, server_options o)
        : acceptor(std::move(listening)),
          clock(c),
          answers(std::move(h)),
          options(std::move(o)),
          limits(options.limits),
          serving(acceptor.get_executor())
    {}

    tcp::acceptor acceptor;
    support::clock& clock;
    handler answers;
    server_options options;
    const server_limits& limits;
    support::task_group serving;
    // In the order of their last request: the one that is quiet longest is the first.
    std::list<std::shared_ptr<connection>> connections;
    bool stopping = false;

    // Reads the header of a request and answers it; empty if the connection ends before the end of the
    // header.
    task<std::optional<reply>> read_and_answer(connection& peer)
    {
        parser parsed;
        parsed.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        // No body is read.
        parsed.body_limit(boost::none);
        for (std::size_t parsed_bytes = 0; !parsed.is_header_done();)
        {
            error_code failed;
            const auto used = parsed.put(asio::buffer(peer.pending), failed);
            peer.pending.erase(0, used);
            // Counted here, because the parser's own limit holds for one call of put() alone.
            parsed_bytes += used;
            const auto header_bytes = parsed_bytes + (parsed.is_header_done() ? 0 : peer.pending.size());
            const bool over = header_bytes > limits.header_bytes;
            if (failed == http::error::header_limit || over)
            {
                co_return refusal(431, "the request's header is too large");
            }
            if (failed && failed != http::error::need_more)
            {
                co_return refusal(400, "this is not HTTP/1.1");
            }
            if (!parsed.is_header_done() && !co_await read_more(peer))
            {
                co_return std::nullopt;
            }
        }
        co_return co_await answer(parsed, peer);
    }

    reply refusal(int status, std::string why) const
    {
        return {
            .page = options.refusal ? options.refusal(status, std::move(why))
                                    : page{.status = status, .body = std::move(why) + "\n"}
        };
    }

    task<reply> answer(const parser& parsed, connection& peer)
    {
        const auto& header = parsed.get();
        if (header.version() >= 11 && header.count(http::field::host) != 1)
        {
            co_return refusal(400, "the request has no Host header");
        }
        auto request = request_of(parsed);
        error_code failed;
        request.peer = peer.socket.remote_endpoint(failed).address().to_string();
        reply result;
        result.head = header.method() == http::verb::head;
        const bool keep = header.keep_alive() && !request.body_unread;
        result.page = co_await answers(std::move(request));
        result.chunked = result.page.pieces && header.version() >= 11;
        result.keep = keep && (result.chunked || !result.page.pieces);
        co_return result;
    }

    // Serves one request. True if the connection is kept for another one.
    task<bool> serve_one(connection& peer)
    {
        const auto deadline = clock.now() + limits.request;
        auto answered = co_await support::with_deadline(clock, deadline, read_and_answer(peer));
        if (!answered || !*answered)
        {
            co_return false;
        }
        const bool keep = (*answered)->keep && !stopping;
        (*answered)->keep = keep;
        const auto taken_by = clock.now() + limits.request;
        const auto written = co_await support::with_deadline(clock, taken_by, write_reply(peer, **answered));
        if (!written || !*written)
        {
            co_return false;
        }
        if (!keep)
        {
            co_await support::ends_before(clock, taken_by, drain(peer));
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
                const auto more_came = co_await support::with_deadline(self->clock, until, read_more(*peer));
                if (!more_came || !*more_came)
                {
                    co_return;
                }
            }
            more = co_await self->serve_one(*peer);
            wait = self->limits.idle;
            const auto it = std::ranges::find(self->connections, peer);
            if (it == self->connections.end())
            {
                // Closed by accept() to make room.
                co_return;
            }
            self->connections.splice(self->connections.end(), self->connections, it);
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
            if (failed)
            {
                // Such as too many open files.
                support::log(
                    support::log_level::debug, "cannot accept a connection", {{"error", failed.message()}}
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
        for (const auto& peer : state_->connections)
        {
            peer->close();
        }
    }

    std::shared_ptr<server_state> state_;
};

}  // namespace

support::result<std::unique_ptr<server>> listen(
    asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    handler answers,
    server_options options
)
{
    auto acceptor = open_acceptor(executor, address);
    if (!acceptor)
    {
        return std::unexpected(acceptor.error());
    }
    auto state =
        std::make_shared<server_state>(std::move(*acceptor), clock, std::move(answers), std::move(options));
    return std::make_unique<beast_server>(std::move(state));
}

}  // namespace net
