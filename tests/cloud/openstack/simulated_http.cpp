#include "cloud/openstack/simulated_http.hpp"

#include <algorithm>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;

support::result<net::http_response> as_response(cloudsim::reply reply)
{
    switch (reply.how)
    {
        case cloudsim::delivery::refused:
            return support::fail(support::errc::unreachable, "connection refused");
        case cloudsim::delivery::dropped:
        case cloudsim::delivery::cut:
            return support::fail(
                support::errc::interrupted, "the connection was closed before the answer was whole"
            );
        case cloudsim::delivery::whole:
            break;
    }
    net::http_response response;
    response.status = reply.status;
    for (auto& [name, value] : reply.headers)
    {
        response.headers.push_back({std::move(name), std::move(value)});
    }
    response.body = std::move(reply.body);
    return response;
}

}  // namespace

simulated_http::simulated_http(support::clock& clock)
    : clock_(clock),
      cloud_({}, now()),
      control_([this](const cloudsim::request& asked) { return cloud_.control(asked, now()); })
{}

cloudsim::instant simulated_http::now() const
{
    return {
        .monotonic = cloudsim::time_point(clock_.now().time_since_epoch()),
        .wall = cloudsim::wall_time(clock_.wall().time_since_epoch())
    };
}

void simulated_http::collect()
{
    cloud_.advance(now());
    for (auto& each : cloud_.take_departures())
    {
        departed_.emplace(each.id, std::move(each.answer));
    }
}

support::task<support::result<net::http_response>> simulated_http::send(net::http_request request)
{
    cloudsim::request asked{
        .method = request.method,
        .authority = request.origin.host + ":" + std::to_string(request.origin.port),
        .target = request.target,
        .body = request.body
    };
    for (const auto& header : request.headers)
    {
        asked.headers.emplace_back(header.name, header.value);
        if (header.name == "X-Auth-Token")
        {
            tokens_.insert(header.value);
        }
    }
    const auto id = cloud_.submit(std::move(asked), now());
    for (;;)
    {
        collect();
        if (auto left = departed_.extract(id))
        {
            co_return as_response(std::move(left.mapped()));
        }
        if (clock_.now() >= request.deadline)
        {
            cloud_.abandon(id, now());
            co_return support::fail(support::errc::interrupted, "no answer in time");
        }
        // What is held is released by a call that no event announces.
        auto wake = std::min(request.deadline, clock_.now() + 10ms);
        if (const auto event = cloud_.next_event())
        {
            wake = std::min(wake, support::time_point(event->time_since_epoch()));
        }
        co_await clock_.sleep_until(wake);
    }
}

support::task<support::result<std::unique_ptr<net::http_stream>>>
simulated_http::open(net::http_request /*request*/)
{
    co_return support::fail(support::errc::unreachable, "the simulator has no streams");
}

}  // namespace test
