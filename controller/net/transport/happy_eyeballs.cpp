#include "net/transport/happy_eyeballs.hpp"

#include "net/transport/tcp_stream.hpp"
#include "support/alarm.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

// RFC 8305 section 8.
constexpr support::duration between_attempts = std::chrono::milliseconds(250);
constexpr std::size_t most_attempts = 32;
constexpr std::size_t most_named = 6;

std::string str(const tcp::endpoint& endpoint)
{
    const auto address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
           std::to_string(endpoint.port());
}

// The connections to one host that are under way. Their handlers own the race, so that it may be left at any
// time.
class race final : public std::enable_shared_from_this<race>
{
public:
    race(asio::any_io_executor executor, support::clock& clock, const addresses& in_order, std::uint16_t port)
        : executor_(std::move(executor)), changed_(executor_, clock)
    {
        for (const auto& address : in_order)
        {
            if (waiting_.size() < most_attempts)
            {
                waiting_.emplace_back(address, port);
            }
        }
    }

    bool is_running() const { return !running_.empty(); }
    bool has_waiting() const { return !waiting_.empty(); }
    std::unique_ptr<tcp::socket> take_winner() { return std::move(winner_); }
    // Whether an attempt has failed since the last call.
    bool take_failure() { return std::exchange(has_failure_, false); }

    void start_next()
    {
        if (waiting_.empty())
        {
            return;
        }
        const tcp::endpoint to = waiting_.front();
        waiting_.pop_front();
        auto& socket = running_.emplace(to, executor_).first->second;
        socket.async_connect(to, [self = shared_from_this(), to](boost::system::error_code ec) {
            self->on_end(to, ec);
        });
    }

    // Returns when an attempt has ended, or at `until`.
    support::task<> wait(support::time_point until) { return changed_.wait(until); }

    void close() { running_.clear(); }

    // The same failures give the same text, whatever the order of the attempts was.
    std::string why_failed() const
    {
        auto reasons = failures_;
        for (const auto& [to, socket] : running_)
        {
            reasons.emplace(to, "no answer in time");
        }
        for (const auto& to : waiting_)
        {
            reasons.emplace(to, "not tried, because the time was over");
        }
        std::string text;
        std::size_t named = 0;
        for (const auto& [to, reason] : reasons)
        {
            if (named++ == most_named)
            {
                return text + ", and " + std::to_string(reasons.size() - most_named) + " more addresses";
            }
            text += (text.empty() ? "connect to " : ", ") + str(to) + ": " + reason;
        }
        return text.empty() ? "look-up: no address" : text;
    }

    // Every address refuses the connection, so a person has to correct the address or start the server.
    bool is_refused() const
    {
        return waiting_.empty() && running_.empty() && !failures_.empty() && only_refusals_;
    }

private:
    void on_end(const tcp::endpoint& to, boost::system::error_code ec)
    {
        const auto ended = running_.find(to);
        if (ended == running_.end())
        {
            return;  // the race was left
        }
        if (ec)
        {
            failures_.emplace(to, ec.message());
            has_failure_ = true;
            only_refusals_ = only_refusals_ && ec == asio::error::connection_refused;
        }
        else if (!winner_)
        {
            winner_ = std::make_unique<tcp::socket>(std::move(ended->second));
        }
        running_.erase(ended);
        changed_.ring();
    }

    asio::any_io_executor executor_;
    support::alarm changed_;
    std::deque<tcp::endpoint> waiting_;
    std::map<tcp::endpoint, tcp::socket> running_;
    std::map<tcp::endpoint, std::string> failures_;
    bool has_failure_ = false;
    bool only_refusals_ = true;
    std::unique_ptr<tcp::socket> winner_;
};

}  // namespace

addresses in_order_of_trial(const addresses& found, const address_experience& known)
{
    std::deque<asio::ip::address> first_family;
    std::deque<asio::ip::address> other_family;
    addresses in_order;
    addresses last;
    std::set<asio::ip::address> seen;
    for (const auto& address : found)
    {
        if (!seen.insert(address).second)
        {
            continue;
        }
        if (address == known.good)
        {
            in_order.push_back(address);
        }
        else if (known.bad.contains(address))
        {
            last.push_back(address);
        }
        else
        {
            (address.is_v6() == found.front().is_v6() ? first_family : other_family).push_back(address);
        }
    }
    // After a good address it is the turn of the other family.
    auto* next = &first_family;
    auto* after = &other_family;
    if (!in_order.empty() && in_order.front().is_v6() == found.front().is_v6())
    {
        std::swap(next, after);
    }
    while (!next->empty() || !after->empty())
    {
        if (!next->empty())
        {
            in_order.push_back(next->front());
            next->pop_front();
        }
        std::swap(next, after);
    }
    in_order.insert(in_order.end(), last.begin(), last.end());
    return in_order;
}

support::task<support::result<std::unique_ptr<tcp::socket>>> connect_to_any(
    asio::any_io_executor executor,
    support::clock& clock,
    addresses in_order,
    std::uint16_t port,
    support::time_point deadline
)
{
    const auto attempts = std::make_shared<race>(std::move(executor), clock, in_order, port);
    const std::shared_ptr<void> at_end(nullptr, [attempts](void*) { attempts->close(); });
    auto next_start = clock.now();
    while (true)
    {
        if (auto winner = attempts->take_winner())
        {
            set_options(*winner);
            co_return winner;
        }
        const auto now = clock.now();
        if (now >= deadline || !(attempts->is_running() || attempts->has_waiting()))
        {
            break;
        }
        if (attempts->take_failure() || now >= next_start)
        {
            attempts->start_next();
            next_start = now + between_attempts;
        }
        co_await attempts->wait(attempts->has_waiting() ? std::min(next_start, deadline) : deadline);
    }
    co_return std::unexpected(support::error{
        support::errc::unreachable, attempts->why_failed(), 0, std::nullopt, attempts->is_refused()
    });
}

}  // namespace net
