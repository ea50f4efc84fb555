#pragma once

#include "net/http/deadlines.hpp"
#include "net/http/server.hpp"
#include "net/http/unread_answers.hpp"
#include "net/transport/accepted_stream.hpp"

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// What the connections of one server share.
namespace net {

struct server_connection
{
    server_connection(std::unique_ptr<accepted_stream> accepted, deadlines& all)
        : stream(std::move(accepted)), deadline(all, *stream)
    {}

    std::unique_ptr<accepted_stream> stream;
    deadlines::one deadline;
    std::string pending = {};  // received and not yet parsed
    bool ended = false;        // the peer has ended its side

private:
    friend class connection_list;
    enum class standing
    {
        unlisted,
        quiet,
        busy,
    };
    standing standing_ = standing::unlisted;
    std::list<std::shared_ptr<server_connection>>::iterator place_ = {};
};

// The open connections, in the order of their last request: of those without a request that is being answered
// the one that is quiet longest is the first.
class connection_list
{
public:
    std::size_t size() const { return quiet_.size() + busy_.size(); }

    void add(std::shared_ptr<server_connection> peer);
    void remove(server_connection& peer);

    // The request of a connection is being answered, or is answered. No effect if it is not in the list.
    void set_busy(server_connection& peer);
    void set_quiet(server_connection& peer);

    // False if all connections are busy.
    bool close_quietest();
    void close_quiet();
    void close_all();
    // Gives every connection at most the time until `when`.
    void end_by(support::time_point when);

private:
    using list = std::list<std::shared_ptr<server_connection>>;

    list quiet_;
    list busy_;
};

struct server_core
{
    server_core(boost::asio::any_io_executor executor, support::clock& c, handler h, server_options o)
        : clock(c),
          answers(std::move(h)),
          options(std::move(o)),
          ends(std::move(executor), c),
          unread(options.limits.unread_bytes)
    {}

    const server_limits& limits() const { return options.limits; }
    // 503 says when to come again.
    page refusal(int status, std::string why) const;
    // When an answer that begins now must be taken.
    support::time_point answer_by() const;

    support::clock& clock;
    handler answers;
    server_options options;
    deadlines ends;
    unread_answers unread;
    connection_list connections = {};
    std::size_t incomplete_bytes = 0;  // of all requests that have come in part
    // Set once the server stops: when the last answers are cut.
    std::optional<support::time_point> stop_at = {};
    // Where bytes are received. Nothing waits between receiving and taking them.
    std::array<char, 16 << 10> received{};
};

enum class reception
{
    nothing,
    bytes,  // they are in `pending` now
    end,    // the peer has ended its side
    failure,
};

// Takes what has come, without a wait.
reception receive(server_core& core, server_connection& peer);

}  // namespace net
