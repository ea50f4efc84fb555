#include "net/http/budgeted_client.hpp"

#include "support/alarm.hpp"
#include "support/go_duration.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace net {
namespace {

// Requests that log in with the same secret are of one client.
std::size_t client_of(const http_request& request)
{
    constexpr std::array<std::string_view, 3> logins{"X-Auth-Token", "Authorization", "X-Api-Key"};
    for (const std::string_view name : logins)
    {
        if (const auto login = find_header(request.headers, name); !login.empty())
        {
            return std::hash<std::string_view>()(login);
        }
    }
    return 0;
}

// "64 requests that may be under way to one server (--max-requests-per-server)"
std::string in_words(request_budget which, const request_limits& limits)
{
    const std::string under_way = " requests that may be under way ";
    switch (which)
    {
        case request_budget::of_a_server:
            return std::to_string(limits.of_a_server) + under_way +
                   "to one server (--max-requests-per-server)";
        case request_budget::of_kubernetes:
            return std::to_string(limits.of_kubernetes) + under_way +
                   "to the API server (--max-kubernetes-requests)";
        case request_budget::of_the_cloud:
            break;
    }
    return std::to_string(limits.of_the_cloud) + under_way + "to all clouds (--max-cloud-requests)";
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
    place(std::shared_ptr<shared> of, const http_request& request, std::size_t tenant)
        : shared_(std::move(of)),
          ticket_(shared_->places.ask({request.origin, client_of(request), request.service, tenant})),
          since_(shared_->clock.now())
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

    // In words, of a request that waited for too long: how long, and for what.
    std::string why_too_late()
    {
        const auto waited = std::chrono::floor<std::chrono::seconds>(shared_->clock.now() - since_);
        return "waited " + support::format_go_duration(waited) + " for a place among the " +
               in_words(shared_->places.came_too_late(ticket_), shared_->places.limits());
    }

private:
    std::shared_ptr<shared> shared_;
    request_places::ticket ticket_;
    support::time_point since_;
    bool has_place_ = false;
};

budgeted_client::budgeted_client(http_client& next, support::clock& clock, request_limits limits)
    : next_(next), shared_(std::make_shared<shared>(clock, limits))
{}

budgeted_client::budgeted_client(http_client& next, const budgeted_client& budget, std::string_view tenant)
    : next_(next),
      shared_(budget.shared_),
      tenant_(tenant.empty() ? 0 : std::max<std::size_t>(1, std::hash<std::string_view>()(tenant)))
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

std::unexpected<support::error> no_place(const http_request& request, const std::string& why)
{
    return support::fail(support::errc::too_late, request.origin.str() + ": " + why);
}

}  // namespace

support::task<support::result<http_response>> budgeted_client::send(http_request request)
{
    place place(shared_, request, tenant_);
    if (!co_await place.wait(last_moment(request)))
    {
        co_return no_place(request, place.why_too_late());
    }
    co_return co_await next_.send(std::move(request));
}

support::task<support::result<std::unique_ptr<http_stream>>> budgeted_client::open(http_request request)
{
    place place(shared_, request, tenant_);
    if (!co_await place.wait(last_moment(request)))
    {
        co_return no_place(request, place.why_too_late());
    }
    co_return co_await next_.open(std::move(request));
}

}  // namespace net
