#include "net/http/serving.hpp"

#include "net/http/reply.hpp"
#include "net/http/request_decoder.hpp"
#include "net/http/watched_handler.hpp"
#include "support/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <expected>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

using support::task;

// The most that is read from a peer that keeps sending after its answer.
constexpr std::size_t most_drained = 1 << 20;

constexpr int status_bad_request = 400;
constexpr int status_timeout = 408;
constexpr int status_gone = 499;
constexpr int status_unavailable = 503;

// A request, and what it asks of its answer.
struct incoming
{
    server_request request;
    bool head = false;
    bool modern = false;
    bool keep = false;
};

// Empty: the peer went away.
using refusal = std::optional<refused_request>;

// Waits for bytes of the peer and appends them to `pending`. `nothing`: its time is over.
task<reception> read_more(server_core& core, server_connection& peer)
{
    while (co_await peer.stream->wait_readable())
    {
        const auto came = receive(core, peer);
        if (came != reception::nothing)
        {
            co_return came;
        }
    }
    co_return reception::nothing;
}

// The part of the server's memory that one incomplete request takes.
class share_of_memory
{
public:
    explicit share_of_memory(server_core& core) : core_(core) {}
    ~share_of_memory() { set(0); }
    share_of_memory(const share_of_memory&) = delete;
    share_of_memory& operator=(const share_of_memory&) = delete;

    void set(std::size_t bytes)
    {
        core_.incomplete_bytes += bytes;
        core_.incomplete_bytes -= std::exchange(own_, bytes);
    }

private:
    server_core& core_;
    std::size_t own_ = 0;
};

// Reads until the decoder has its header, or the whole request.
task<std::expected<void, refusal>> read_until(
    server_core& core,
    server_connection& peer,
    request_decoder& decoder,
    bool (request_decoder::*there)() const
)
{
    share_of_memory share(core);
    while (true)
    {
        if (auto taken = decoder.put(peer.pending); !taken)
        {
            co_return std::unexpected(std::move(taken.error()));
        }
        if ((decoder.*there)())
        {
            co_return std::expected<void, refusal>();
        }
        share.set(decoder.held() + peer.pending.size());
        if (core.incomplete_bytes > core.limits().incomplete_bytes)
        {
            co_return std::unexpected(
                refused_request{status_unavailable, "too many requests come at once; try again later"}
            );
        }
        const auto came = co_await read_more(core, peer);
        if (came == reception::nothing)
        {
            co_return std::unexpected(refused_request{status_timeout, "the request did not come in time"});
        }
        if (came != reception::bytes)
        {
            co_return std::unexpected(refusal());
        }
    }
}

task<std::expected<incoming, refusal>> read_request(
    server_core& core, server_connection& peer, support::time_point began
)
{
    const server_limits& limits = core.limits();
    request_decoder decoder({limits.header_bytes, limits.body_bytes});
    peer.deadline.set(began + std::min(limits.header, limits.request));
    if (auto there = co_await read_until(core, peer, decoder, &request_decoder::header_done); !there)
    {
        co_return std::unexpected(std::move(there.error()));
    }
    peer.deadline.set(began + limits.request);
    if (decoder.wants_word() && !co_await peer.stream->write("HTTP/1.1 100 Continue\r\n\r\n"))
    {
        co_return std::unexpected(refusal());
    }
    if (auto there = co_await read_until(core, peer, decoder, &request_decoder::done); !there)
    {
        co_return std::unexpected(std::move(there.error()));
    }
    co_return incoming{
        .request = decoder.take(),
        .head = decoder.head(),
        .modern = decoder.modern(),
        .keep = decoder.keep_alive()
    };
}

struct sent
{
    std::size_t bytes = 0;  // of the body
    bool whole = false;
};

task<sent> write_pieces(server_connection& peer, const reply& answer, unread_answers::one& unread)
{
    sent so_far;
    while (const auto piece = answer.page.pieces())
    {
        if (piece->empty())
        {
            // Not sent, because an empty chunk would end the answer.
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            continue;
        }
        const std::string framed = answer.chunked ? chunk_of(*piece) : *piece;
        unread.set(piece->size() + framed.size());
        if (!co_await peer.stream->write(framed))
        {
            co_return so_far;
        }
        so_far.bytes += piece->size();
    }
    so_far.whole = !answer.chunked || co_await peer.stream->write(chunk_of(""));
    co_return so_far;
}

// The answer with its body, which is left in memory once alone.
std::string take_text(reply& answer, support::wall_time now)
{
    std::string text = header_of(answer, now).append(body_of(answer));
    std::string().swap(answer.page.body);
    return text;
}

task<sent> write_reply(server_core& core, server_connection& peer, reply& answer)
{
    const auto body_bytes = body_of(answer).size();
    unread_answers::one unread(core.unread, *peer.stream);
    {
        const std::string text = take_text(answer, core.clock.wall());
        unread.set(text.size());
        if (!co_await peer.stream->write(text))
        {
            co_return sent();
        }
    }
    unread.set(0);
    co_return answer.has_pieces() ? co_await write_pieces(peer, answer, unread)
                                  : sent{.bytes = body_bytes, .whole = true};
}

// Reads until the peer ends the connection, because closing a socket with unread data resets the connection,
// and a reset can cost the peer the answer.
task<> drain(server_core& core, server_connection& peer)
{
    peer.stream->end();
    for (std::size_t drained = 0; drained < most_drained && !peer.ended; drained += peer.pending.size())
    {
        peer.pending.clear();
        if (co_await read_more(core, peer) != reception::bytes)
        {
            break;
        }
    }
}

void report(const server_core& core, const server_connection& peer, served_request record)
{
    if (core.options.served)
    {
        record.peer = peer.stream->peer();
        core.options.served(record);
    }
}

// Sends an answer and, if it is the last one, the end of the connection. True if the connection is kept.
task<bool> send_reply(
    server_core& core, server_connection& peer, reply answer, served_request record, support::time_point began
)
{
    answer.keep = answer.keep && !core.stop_at;
    peer.deadline.set(core.answer_by());
    const auto outcome = co_await write_reply(core, peer, answer);
    record.status = answer.page.status;
    record.bytes = outcome.bytes;
    record.took = core.clock.now() - began;
    record.taken = outcome.whole;
    record.headers = std::move(answer.page.headers);
    report(core, peer, std::move(record));
    core.connections.set_quiet(peer);
    if (outcome.whole && !answer.keep)
    {
        co_await drain(core, peer);
    }
    co_return outcome.whole&& answer.keep;
}

// Says why there is no other answer, and ends the connection.
task<> send_refusal(
    server_core& core, server_connection& peer, refused_request refused, support::time_point began
)
{
    reply answer{.page = core.refusal(refused.status, refused.why)};
    served_request record{.refused = std::move(refused.why)};
    co_await send_reply(core, peer, std::move(answer), std::move(record), began);
}

// Answers a request. True if the connection is kept for another one.
task<bool> answer_request(
    server_core& core, server_connection& peer, incoming from, support::time_point began
)
{
    served_request record{.method = from.request.method, .path = from.request.path};
    from.request.peer = peer.stream->peer();
    core.connections.set_busy(peer);
    peer.deadline.clear();
    auto made = co_await call_watched(core, peer, std::move(from.request), from.modern);
    if (!made && made.error() == unanswered::gone)
    {
        record.status = status_gone;
        record.took = core.clock.now() - began;
        report(core, peer, std::move(record));
        co_return false;
    }
    reply answer{.head = from.head, .modern = from.modern};
    record.refused = made ? "" : "the server stops";
    answer.page = made ? std::move(*made) : core.refusal(status_unavailable, record.refused);
    answer.chunked = answer.page.pieces && from.modern;
    answer.keep = from.keep && (answer.chunked || !answer.page.pieces);
    co_return co_await send_reply(core, peer, std::move(answer), std::move(record), began);
}

// Serves one request whose first bytes have come. True if the connection is kept for another one.
task<bool> serve_one(server_core& core, server_connection& peer)
{
    const auto began = core.clock.now();
    auto read = co_await read_request(core, peer, began);
    if (read)
    {
        co_return co_await answer_request(core, peer, std::move(*read), began);
    }
    if (!read.error())
    {
        co_return false;
    }
    co_await send_refusal(core, peer, std::move(*read.error()), began);
    co_return false;
}

// Begins TLS, if the server has it. False if there is nothing to be served.
task<bool> greet(server_core& core, server_connection& peer)
{
    const auto began = core.clock.now();
    peer.deadline.set(began + core.limits().header);
    const auto greeted = co_await peer.stream->handshake();
    if (greeted)
    {
        co_return true;
    }
    support::log(
        support::log_level::debug,
        "a TLS handshake failed",
        {{"peer", peer.stream->peer()}, {"error", greeted.error().message}}
    );
    if (peer.stream->speaks_plainly())
    {
        co_await send_refusal(core, peer, {status_bad_request, greeted.error().message}, began);
    }
    co_return false;
}

// Removes a connection from the list at the end of its coroutine.
struct listed
{
    server_core& core;
    server_connection& peer;
    ~listed() { core.connections.remove(peer); }
};

}  // namespace

task<> serve(std::shared_ptr<server_core> core, std::shared_ptr<server_connection> peer)
{
    const listed until_end{*core, *peer};
    bool more = co_await greet(*core, *peer);
    for (auto wait = core->limits().header; more; wait = core->limits().idle)
    {
        if (peer->pending.empty())
        {
            // A connection that waits holds no buffer.
            std::string().swap(peer->pending);
            peer->deadline.set(core->clock.now() + wait);
            if (peer->ended || co_await read_more(*core, *peer) != reception::bytes)
            {
                co_return;
            }
        }
        more = co_await serve_one(*core, *peer);
    }
}

task<> turn_away(std::shared_ptr<server_core> core, std::shared_ptr<server_connection> peer)
{
    refused_request refused{status_unavailable, "too many connections; try again later"};
    co_await send_refusal(*core, *peer, std::move(refused), core->clock.now());
}

}  // namespace net
