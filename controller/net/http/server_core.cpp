#include "net/http/server_core.hpp"

#include <algorithm>
#include <utility>

namespace net {
namespace {

using namespace std::chrono_literals;

constexpr int status_unavailable = 503;

// The time for an answer that is made when the server's time is over.
constexpr support::duration last_words = 1s;

}  // namespace

void connection_list::add(std::shared_ptr<server_connection> peer)
{
    server_connection& added = *peer;
    added.place_ = quiet_.insert(quiet_.end(), std::move(peer));
    added.standing_ = server_connection::standing::quiet;
}

void connection_list::remove(server_connection& peer)
{
    using enum server_connection::standing;
    if (peer.standing_ != unlisted)
    {
        (std::exchange(peer.standing_, unlisted) == quiet ? quiet_ : busy_).erase(peer.place_);
    }
}

void connection_list::set_busy(server_connection& peer)
{
    using enum server_connection::standing;
    if (peer.standing_ == quiet)
    {
        busy_.splice(busy_.end(), quiet_, peer.place_);
        peer.standing_ = busy;
    }
}

void connection_list::set_quiet(server_connection& peer)
{
    using enum server_connection::standing;
    if (peer.standing_ == busy)
    {
        quiet_.splice(quiet_.end(), busy_, peer.place_);
        peer.standing_ = quiet;
    }
}

bool connection_list::close_quietest()
{
    if (quiet_.empty())
    {
        return false;
    }
    const auto closed = quiet_.front();
    closed->stream->close();
    remove(*closed);
    return true;
}

void connection_list::close_quiet()
{
    while (close_quietest())
    {
    }
}

void connection_list::close_all()
{
    close_quiet();
    for (const auto& peer : busy_)
    {
        peer->stream->close();
    }
}

void connection_list::end_by(support::time_point when)
{
    for (const auto& peer : busy_)
    {
        peer->deadline.bring_forward(when);
    }
}

page server_core::refusal(int status, std::string why) const
{
    page refused = options.refusal ? options.refusal(status, std::move(why))
                                   : page{.status = status, .body = std::move(why) + "\n"};
    if (status == status_unavailable && find_header(refused.headers, "Retry-After").empty())
    {
        refused.headers.push_back({"Retry-After", "1"});
    }
    return refused;
}

support::time_point server_core::answer_by() const
{
    const auto now = clock.now();
    const auto by = now + limits().answer;
    return stop_at ? std::min(by, std::max(*stop_at, now + last_words)) : by;
}

reception receive(server_core& core, server_connection& peer)
{
    const auto size = peer.stream->read(core.received);
    if (!size)
    {
        return reception::failure;
    }
    if (!*size)
    {
        return reception::nothing;
    }
    peer.pending.append(core.received.data(), **size);
    peer.ended = **size == 0;
    return peer.ended ? reception::end : reception::bytes;
}

}  // namespace net
