#include "runtime/leader_elector.hpp"

#include "support/log.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::task;
using support::time_point;

constexpr support::backoff failed_watch{1s, 30s, 0.5};
constexpr support::backoff refused_watch{30s, 10min, 0.2};
// A watch that ends sooner counts as a failure, because it may be one of an endless loop.
constexpr support::duration short_watch = 1s;
constexpr int watch_seconds_least = 300;
constexpr int gone = 410;

bool has_status(const support::error& error, int status)
{
    return error.code == support::errc::status && error.http_status == status;
}

task<> both(task<> one, task<> other)
{
    co_await support::ends_before(std::move(one), std::move(other));
}

}  // namespace

class leader_elector::term final : public leadership
{
public:
    term(const leader_elector& elector, predecessor before) : elector_(elector), before_(before) {}

    time_point may_send_until() const override { return elector_.machine_.may_send_until(); }
    bool holds() const override { return elector_.leads(); }
    predecessor before() const override { return before_; }

private:
    const leader_elector& elector_;
    predecessor before_;
};

struct leader_elector::bells
{
    bells(const boost::asio::any_io_executor& executor, support::clock& clock)
        : decide(executor, clock), send(executor, clock), watch(executor, clock), term(executor, clock)
    {}

    support::alarm decide;
    support::alarm send;
    support::alarm watch;
    support::alarm term;
};

leader_elector::leader_elector(parts parts, lead lead, std::function<void()> on_lost)
    : parts_(std::move(parts)),
      lead_(std::move(lead)),
      on_lost_(std::move(on_lost)),
      machine_(parts_.identity, parts_.times, parts_.random),
      client_(parts_.kube, parts_.clock, parts_.name_space, parts_.name),
      report_(parts_.name_space, parts_.name, parts_.identity)
{}

leader_elector::~leader_elector() = default;

bool leader_elector::leads() const
{
    return parts_.clock.now() < machine_.may_send_until();
}

void leader_elector::stop()
{
    machine_.stop(parts_.clock.now());
    if (bells_)
    {
        bells_->decide.ring();
    }
}

task<> leader_elector::run()
{
    bells_ = std::make_unique<bells>(co_await boost::asio::this_coro::executor, parts_.clock);
    co_await support::ends_before(both(run_terms(), both(follow(), send_requests())), elect());
}

task<> leader_elector::elect()
{
    for (;;)
    {
        const auto now = parts_.clock.now();
        lease_action action = machine_.next(now);
        notice_changes();
        if (action.what == lease_action::kind::end)
        {
            co_return;
        }
        if (action.what == lease_action::kind::wait)
        {
            const bool endless = action.until == time_point::max();
            co_await bells_->decide.wait(endless ? std::nullopt : std::optional(action.until));
            continue;
        }
        machine_.sent(action, now);
        to_send_ = std::move(action);
        bells_->send.ring();
    }
}

void leader_elector::notice_changes()
{
    report_.holder_is(machine_.holder());
    if (machine_.leads() && !led_)
    {
        led_ = true;
        ++terms_;
        term_ = std::make_unique<term>(*this, machine_.before());
        report_.gained(machine_.before());
        bells_->term.ring();
    }
    else if (!machine_.leads() && led_)
    {
        led_ = false;
        if (machine_.lost())
        {
            report_.lost(machine_.lost_because());
            on_lost_();
        }
    }
}

void leader_elector::told_machine()
{
    notice_changes();
    bells_->decide.ring();
}

// ---- requests ----

task<> leader_elector::send_requests()
{
    for (;;)
    {
        co_await bells_->send.wait(std::nullopt);
        if (to_send_)
        {
            co_await send(*std::exchange(to_send_, std::nullopt));
            told_machine();
        }
    }
}

task<> leader_elector::send(lease_action request)
{
    const auto deadline = parts_.clock.now() + machine_.attempt_timeout();
    const auto shown = co_await client_.send(request, deadline);
    const auto now = parts_.clock.now();
    if (!shown)
    {
        failed(request, shown.error());
        co_return;
    }
    report_.answered(step_of(request));
    if (request.what == lease_action::kind::read)
    {
        machine_.on_read(*shown, now);
        bells_->watch.ring();
        co_return;
    }
    machine_.on_written(**shown, now);
    if (request.change.purpose == lease_purpose::release)
    {
        report_.released(request.change.every_put_resolved);
    }
}

void leader_elector::failed(const lease_action& request, const support::error& error)
{
    const auto step = step_of(request);
    report_.failed(step, error);
    const auto why = failure_of(step, error);
    machine_.on_failed(why, error.retry_after, parts_.clock.now());
    if (why == lease_failure::conflict)
    {
        // The watch has not shown the change that is there, so it may be dead.
        watch_again_ = true;
        bells_->watch.ring();
    }
}

// ---- the watch ----

task<> leader_elector::follow()
{
    for (;;)
    {
        while (!machine_.known())
        {
            co_await bells_->watch.wait(std::nullopt);
        }
        watch_again_ = false;
        const auto began = parts_.clock.now();
        auto ended = co_await watch_once();
        const auto now = parts_.clock.now();
        machine_.watch_ended(now);
        told_machine();
        if (ended == watch_end::in_order && now - began < short_watch)
        {
            ended = watch_end::failed;
        }
        if (ended == watch_end::in_order || watch_again_)
        {
            watch_failures_ = 0;
            continue;
        }
        const auto& pause = ended == watch_end::refused ? refused_watch : failed_watch;
        co_await parts_.clock.sleep_for(pause.wait(++watch_failures_, parts_.random));
    }
}

task<leader_elector::watch_end> leader_elector::watch_once()
{
    std::uniform_int_distribution<int> seconds(watch_seconds_least, 2 * watch_seconds_least);
    const auto stream = co_await client_.watch(machine_.version(), seconds(parts_.random));
    if (!stream)
    {
        report_.failed(lease_step::watch, stream.error());
        if (has_status(stream.error(), gone))
        {
            machine_.watch_expired();
        }
        co_return kube::is_refused(stream.error()) ? watch_end::refused : watch_end::failed;
    }
    report_.answered(lease_step::watch);
    machine_.watch_opened();
    watch_end ended = watch_end::failed;
    const auto read = [](leader_elector& self, kube::watch_stream& from, watch_end& how) -> task<> {
        how = co_await self.read_events(from);
    };
    co_await support::ends_before(until_watch_again(), read(*this, **stream, ended));
    co_return ended;
}

task<> leader_elector::until_watch_again()
{
    while (!watch_again_)
    {
        co_await bells_->watch.wait(std::nullopt);
    }
}

task<leader_elector::watch_end> leader_elector::read_events(kube::watch_stream& stream)
{
    for (;;)
    {
        const auto event = co_await stream.next();
        if (!event)
        {
            co_return watch_end::failed;
        }
        if (!*event)
        {
            co_return watch_end::in_order;
        }
        const kube::watch_event& what = **event;
        if (what.type == kube::watch_event_type::error)
        {
            if (what.error_code == gone)
            {
                machine_.watch_expired();
            }
            co_return watch_end::failed;
        }
        watch_failures_ = 0;
        if (what.type == kube::watch_event_type::deleted)
        {
            machine_.on_deleted(std::string(what.resource_version), parts_.clock.now());
        }
        else if (what.type != kube::watch_event_type::bookmark)
        {
            const auto shown = read_lease(what.object);
            if (!shown)
            {
                report_.failed(lease_step::watch, shown.error());
                co_return watch_end::failed;
            }
            machine_.on_event(*shown, parts_.clock.now());
        }
        told_machine();
    }
}

// ---- the owner ----

task<> leader_elector::run_terms()
{
    for (;;)
    {
        co_await bells_->term.wait(std::nullopt);
        if (term_)
        {
            const bool resolved = co_await owner_ended();
            term_.reset();
            machine_.on_term_ended(resolved, parts_.clock.now());
            told_machine();
        }
    }
}

// Whether the owner says that no PUT is in doubt.
task<bool> leader_elector::owner_ended()
{
    try
    {
        co_return co_await lead_(*term_);
    }
    catch (const std::exception& e)
    {
        const auto* ended = dynamic_cast<const boost::system::system_error*>(&e);
        if (ended != nullptr && ended->code() == boost::asio::error::operation_aborted)
        {
            throw;
        }
        support::log(
            support::log_level::error,
            "the leader's work ended with an exception, which is a bug of the controller",
            {{"error", e.what()}}
        );
    }
    co_return false;
}

}  // namespace runtime
