#include "cloud/bycloud/request_queue.hpp"

#include "support/alarm.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <ranges>
#include <tuple>

namespace cloud::bycloud {
namespace {

using namespace std::chrono_literals;

// Fewer than the workers that one tenant may hold, so that a deletion finds one.
constexpr std::size_t most_waiting = 24;
constexpr int most_under_way = 8;
constexpr support::duration longest_wait = 2s;
constexpr support::duration longest_linger = 1s;

// Those that were turned away come back spread over a time that grows with their number.
constexpr support::duration count_for = 30s;
constexpr support::duration least_spread = 2s;
constexpr support::duration most_spread = 30s;
constexpr support::duration spread_of_each = 50ms;

}  // namespace

// ---- a request ----

request_queue::request::request(request_queue& queue, purpose what_for, std::string key)
    : queue_(queue), what_for_(what_for), key_(std::move(key)), until_(queue.clock_.now() + longest_wait)
{
    queue_.requests_.push_back(this);
}

request_queue::request::~request()
{
    queue_.ended(*this);
    queue_.requests_.remove(this);
    for (request* follower : queue_.requests_)
    {
        if (follower->leader_ == this)
        {
            queue_.turn_away(*follower, {});
        }
    }
    queue_.ring_first();
}

// ---- the queue ----

request_queue::request* request_queue::first() const
{
    request* best = nullptr;
    for (request* each : requests_)
    {
        if (each->state_ == state::waits && (best == nullptr || each->what_for_ < best->what_for_))
        {
            best = each;
        }
    }
    return best;
}

std::size_t request_queue::waiting() const
{
    return static_cast<std::size_t>(std::ranges::count_if(requests_, [](const request* each) {
        return each->state_ == state::waits;
    }));
}

void request_queue::make_room()
{
    if (waiting() <= most_waiting)
    {
        return;
    }
    request* last = nullptr;
    for (request* each : requests_)
    {
        if (each->state_ == state::waits && (last == nullptr || each->what_for_ >= last->what_for_))
        {
            last = each;
        }
    }
    turn_away(*last, {});
}

// While requests are turned away, reads that nobody hurries wait a moment for others of the same certificate.
support::duration request_queue::linger(const request& of) const
{
    const bool is_scarce = turned_away_ > 0 && clock_.now() - counting_since_ <= count_for;
    return is_scarce && of.what_for_ >= purpose::wait ? longest_linger : support::duration{};
}

support::duration request_queue::spread(purpose what_for)
{
    const auto now = clock_.now();
    if (now - counting_since_ > count_for)
    {
        turned_away_ = 0;
        counting_since_ = now;
    }
    ++turned_away_;
    const auto most = what_for == purpose::detach
                          ? least_spread
                          : std::clamp(turned_away_ * spread_of_each, least_spread, most_spread);
    return support::jittered(most / 2, 1.0, random_);
}

void request_queue::turn_away(request& of, support::duration until_ready)
{
    of.state_ = state::turned_away;
    of.leader_ = nullptr;
    of.retry_after_ = std::max<support::duration>(until_ready, 0s) + spread(of.what_for_);
    if (of.bell_ != nullptr)
    {
        of.bell_->ring();
    }
}

void request_queue::begin(request& of)
{
    of.state_ = state::under_way;
    of.counts_ = true;
    ++under_way_;
    budget_.sent(clock_.now());
    if (!of.key_.empty())
    {
        for (request* each : requests_)
        {
            if (each->state_ == state::waits && each->key_ == of.key_)
            {
                each->state_ = state::follows;
                each->leader_ = &of;
            }
        }
    }
    ring_first();
}

support::task<request_queue::verdict> request_queue::wait(request& of)
{
    support::alarm bell(co_await boost::asio::this_coro::executor, clock_);
    const std::unique_ptr<support::alarm*, void (*)(support::alarm**)> until_returned(
        &of.bell_, [](support::alarm** held) { *held = nullptr; }
    );
    of.bell_ = &bell;
    make_room();
    ring_first();
    for (;;)
    {
        const auto now = clock_.now();
        if (of.answer_)
        {
            co_return verdict::answered;
        }
        if (of.state_ == state::turned_away)
        {
            co_return verdict::turned_away;
        }
        if (of.state_ == state::follows)
        {
            co_await bell.wait(std::nullopt);
            continue;
        }
        const auto ready_at =
            std::max(budget_.ready_at(of.what_for_, now), of.until_ - longest_wait + linger(of));
        const bool has_turn = first() == &of && under_way_ < most_under_way;
        if (has_turn && ready_at <= now)
        {
            begin(of);
            co_return verdict::send;
        }
        if (ready_at > of.until_ || now >= of.until_)
        {
            turn_away(of, ready_at - now);
            ring_first();
            continue;
        }
        co_await bell.wait(has_turn ? std::max(ready_at, now) : of.until_);
    }
}

void request_queue::ring_first()
{
    if (request* next = first(); next != nullptr && next->bell_ != nullptr)
    {
        next->bell_->ring();
    }
}

void request_queue::answered(request& of, const rate_report& report)
{
    if (std::exchange(of.counts_, false))
    {
        --under_way_;
        budget_.answered(report, clock_.now());
        ring_first();
    }
}

void request_queue::ended(request& of)
{
    if (std::exchange(of.counts_, false))
    {
        --under_way_;
        budget_.lost();
        ring_first();
    }
}

void request_queue::share(request& of, const certificate_reading& reading)
{
    for (request* each : requests_)
    {
        if (each->leader_ == &of)
        {
            each->leader_ = nullptr;
            each->answer_ = reading;
            if (each->bell_ != nullptr)
            {
                each->bell_->ring();
            }
        }
    }
}

}  // namespace cloud::bycloud
