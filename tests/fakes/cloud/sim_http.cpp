#include "fakes/cloud/sim_http.hpp"

#include <algorithm>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::fail;

constexpr support::duration glance = 50ms;  // the time between two checks whether a held request was released

support::result<net::http_response> response_of(cloudsim::reply reply)
{
    switch (reply.how)
    {
        case cloudsim::delivery::refused:
            return fail(errc::unreachable, "connection refused");
        case cloudsim::delivery::cut:
        case cloudsim::delivery::dropped:
            return fail(errc::interrupted, "the connection was cut");
        case cloudsim::delivery::whole:
            break;
    }
    net::http_response response;
    response.status = reply.status;
    for (auto& [name, value] : reply.headers)
    {
        response.headers.push_back({name, value});
    }
    response.body = std::move(reply.body);
    return response;
}

}  // namespace

sim_http::sim_http(manual_clock& clock)
    : clock_(clock), cloud_({}, now()), control_(cloud_, [this] { return now(); })
{}

cloudsim::instant sim_http::now() const
{
    return {
        .monotonic = cloudsim::time_point(clock_.now().time_since_epoch()),
        .wall = std::chrono::system_clock::time_point(clock_.wall().time_since_epoch())
    };
}

support::task<support::result<net::http_response>> sim_http::send(net::http_request request)
{
    if (cut_)
    {
        co_return fail(errc::unreachable, "cut off");
    }
    if (on_send)
    {
        on_send(request);
    }
    cloudsim::request asked;
    asked.method = request.method;
    asked.authority = request.origin.host + ":" + std::to_string(request.origin.port);
    asked.target = request.target;
    asked.body = request.body;
    for (const net::header& header : request.headers)
    {
        asked.headers.emplace_back(header.name, header.value);
    }
    const auto id = cloud_.submit(asked, now());
    struct leaving
    {
        sim_http& owner;
        cloudsim::exchange_id id;
        ~leaving() { owner.cloud_.abandon(id, owner.now()); }
    } client{*this, id};
    for (;;)
    {
        cloud_.advance(now());
        for (auto& departure : cloud_.take_departures())
        {
            left_[departure.id] = std::move(departure.answer);
        }
        if (auto answer = left_.extract(id); !answer.empty() && !cut_)
        {
            co_return response_of(std::move(answer.mapped()));
        }
        if (clock_.now() >= request.deadline)
        {
            co_return fail(errc::interrupted, "no answer in time");
        }
        support::time_point wake = std::min(request.deadline, clock_.now() + glance);
        if (const auto event = cloud_.next_event())
        {
            wake = std::min(wake, support::time_point(event->time_since_epoch()));
        }
        co_await clock_.sleep_until(wake);
    }
}

support::task<support::result<std::unique_ptr<net::http_stream>>> sim_http::open(net::http_request)
{
    co_return fail(errc::unreachable, "the cloud has no streams");
}

}  // namespace test
