#include "net/http/budgeted_client.hpp"

#include "support/alarm.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace net {
namespace {

// Requests that log in with the same secret are of one client.
std::size_t client_of(const http_request& request)
{
    std::string_view login = find_header(request.headers, "X-Auth-Token");
    if (login.empty())
    {
        login = find_header(request.headers, "Authorization");
    }
    return login.empty() ? 0 : std::hash<std::string_view>()(login);
}

}  // namespace

struct budgeted_client::shared
{
    shared(support::clock& c, request_limits limits) : clock(c), places(limits) {}

    // Tells those that got a place.
    void ring()
    {
        for (const auto ticket : places.take_admitted())
        {
            if (const auto waiting = bells.find(ticket); waiting != bells.end())
            {
                waiting->second->ring();
                bells.erase(waiting);
            }
            else
            {
                admitted_at_once = ticket;
            }
        }
    }

    support::clock& clock;
    request_places places;
    std::map<request_places::ticket, support::alarm*> bells;  // of those that wait
    request_places::ticket admitted_at_once = 0;
};

// The place of one request, or its turn. Gives it back at its end.
class budgeted_client::place
{
public:
    place(std::shared_ptr<shared> of, const http_request& request)
        : shared_(std::move(of)),
          ticket_(shared_->places.ask({request.origin, client_of(request), request.service}))
    {
        shared_->ring();
        has_place_ = shared_->admitted_at_once == ticket_;
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place()
    {
        shared_->bells.erase(ticket_);
        shared_->places.give_back(ticket_);
        shared_->ring();
    }

    // False if there was none until then.
    support::task<bool> wait(support::time_point until)
    {
        if (has_place_)
        {
            co_return true;
        }
        support::alarm bell(co_await boost::asio::this_coro::executor, shared_->clock);
        shared_->bells.emplace(ticket_, &bell);
        co_await bell.wait(until);
        has_place_ = !shared_->bells.contains(ticket_);
        shared_->bells.erase(ticket_);
        co_return has_place_;
    }

private:
    std::shared_ptr<shared> shared_;
    request_places::ticket ticket_;
    bool has_place_ = false;
};

budgeted_client::budgeted_client(http_client& next, support::clock& clock, request_limits limits)
    : next_(next), shared_(std::make_shared<shared>(clock, limits))
{}

budgeted_client::budgeted_client(http_client& next, const budgeted_client& budget)
    : next_(next), shared_(budget.shared_)
{}

budgeted_client::~budgeted_client() = default;

const std::map<std::string, request_places::counts, std::less<>>& budgeted_client::by_service() const
{
    return shared_->places.by_service();
}

namespace {

support::time_point last_moment(const http_request& request)
{
    return std::min(request.deadline, request.send_by.value_or(request.deadline));
}

std::unexpected<support::error> no_place(const http_request& request)
{
    const bool too_late = request.send_by && *request.send_by <= request.deadline;
    return support::fail(
        too_late ? support::errc::too_late : support::errc::unreachable,
        request.origin.str() + ": too many requests of the controller wait for this server"
    );
}

}  // namespace

support::task<support::result<http_response>> budgeted_client::send(http_request request)
{
    place place(shared_, request);
    if (!co_await place.wait(last_moment(request)))
    {
        co_return no_place(request);
    }
    co_return co_await next_.send(std::move(request));
}

support::task<support::result<std::unique_ptr<http_stream>>> budgeted_client::open(http_request request)
{
    place place(shared_, request);
    if (!co_await place.wait(last_moment(request)))
    {
        co_return no_place(request);
    }
    co_return co_await next_.open(std::move(request));
}

}  // namespace net
