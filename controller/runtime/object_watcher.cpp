#include "runtime/object_watcher.hpp"

#include "support/log.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::task;

constexpr support::backoff failed_backoff{1s, 30s, 0.5};
constexpr support::duration first_wait_for_rights = 30s;
constexpr double period_jitter = 0.2;
// A watch that ends sooner counts as a failure, because it may be one of an endless loop.
constexpr support::duration short_watch = 1s;
// A watch that is cut after so long was cut because of its silence, as many proxies do.
constexpr support::duration silent_watch = 30s;
constexpr int watch_seconds_least = 300;

}  // namespace

object_watcher::object_watcher(
    scope scope,
    kube::client& client,
    support::clock& clock,
    support::random_engine& random,
    support::duration period,
    object_budget& budget,
    object_view& view
)
    : scope_(std::move(scope)),
      client_(client),
      clock_(clock),
      random_(random),
      period_(period),
      budget_(budget),
      view_(view)
{
    budget_.joined();
}

object_watcher::~object_watcher()
{
    budget_.release(*this);
    budget_.left();
}

void object_watcher::read_now()
{
    read_now_ = true;
    if (bell_)
    {
        bell_->ring();
    }
}

void object_watcher::give_up()
{
    has_place_ = false;
    bell_->ring();
}

task<> object_watcher::run()
{
    bell_ = std::make_unique<support::alarm>(co_await boost::asio::this_coro::executor, clock_);
    for (;;)
    {
        const auto began = clock_.now();
        read_now_ = false;
        auto ended = co_await read();
        if (ended == end::in_order)
        {
            ended = co_await watch();
        }
        budget_.release(*this);
        has_place_ = false;
        if (ended == end::in_order && clock_.now() - began < short_watch)
        {
            ended = end::failed;
        }
        if (ended != end::failed)
        {
            failures_ = 0;
        }
        refusals_ = ended == end::refused ? refusals_ + 1 : 0;
        if (ended == end::failed)
        {
            const auto wait = failed_backoff.wait(++failures_, random_);
            co_await clock_.sleep_for(std::max(wait, std::exchange(asked_to_wait_, {})));
        }
        else if (ended == end::refused || ended == end::no_place)
        {
            co_await wait_without_watch();
        }
    }
}

task<object_watcher::end> object_watcher::read()
{
    const auto turn = co_await budget_.reads().take_at_once_if_free();
    const auto answer = co_await client_.get(scope_.resource, scope_.name_space, scope_.name);
    if (answer)
    {
        const std::string known =
            std::exchange(version_, kube::identify((*answer)->object()).resource_version);
        view_.shown((*answer)->object());
        has_place_ = known.empty() || known == version_ ? budget_.take_free(*this) : budget_.take(*this);
        co_return end::in_order;
    }
    constexpr int not_found = 404;
    if (answer.error().code == support::errc::status && answer.error().http_status == not_found)
    {
        // Without a version the watch begins with the object, should it be created meanwhile.
        version_.clear();
        view_.absent();
        has_place_ = budget_.take_free(*this);
        co_return end::in_order;
    }
    view_.unreadable(answer.error());
    co_return failed(answer.error());
}

object_watcher::end object_watcher::failed(const support::error& error)
{
    asked_to_wait_ = error.retry_after.value_or(0s);
    return kube::is_refused(error) ? end::refused : end::failed;
}

task<object_watcher::end> object_watcher::watch()
{
    if (!has_place_ && view_.awaited())
    {
        has_place_ = budget_.take(*this);
    }
    if (!has_place_)
    {
        co_return end::no_place;
    }
    kube::watch_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.name = scope_.name;
    request.resource_version = version_;
    std::uniform_int_distribution<int> seconds(watch_seconds_least, 2 * watch_seconds_least);
    request.timeout_seconds = seconds(random_);
    const auto stream = co_await client_.watch(std::move(request));
    if (!stream)
    {
        co_return failed(stream.error());
    }
    end ended = end::interrupted;
    liveness_.opened(clock_.now());
    const auto read = [](object_watcher& self, kube::watch_stream& from, end& how) -> task<> {
        how = co_await self.read_events(from);
    };
    co_await support::ends_before(wait_for_end(), read(*this, **stream, ended));
    co_return ended;
}

task<object_watcher::end> object_watcher::read_events(kube::watch_stream& stream)
{
    const auto opened = clock_.now();
    for (;;)
    {
        const auto event = co_await stream.next();
        if (!event)
        {
            failures_ = clock_.now() - opened >= silent_watch ? 0 : failures_;
            co_return end::failed;
        }
        if (!*event)
        {
            co_return end::in_order;
        }
        switch ((*event)->type)
        {
            case kube::watch_event_type::added:
            case kube::watch_event_type::modified:
                view_.shown((*event)->object);
                budget_.changed(*this);
                break;
            case kube::watch_event_type::deleted:
                view_.absent();
                budget_.changed(*this);
                break;
            case kube::watch_event_type::bookmark:
                bell_->ring();
                break;
            case kube::watch_event_type::error:
                co_return end::failed;
        }
        liveness_.event_read(
            std::string((*event)->resource_version),
            (*event)->type == kube::watch_event_type::bookmark,
            clock_.now()
        );
        failures_ = 0;
    }
}

// Until the watch is dead, or its place is another's, or the object is to be read.
task<> object_watcher::wait_for_end()
{
    for (;;)
    {
        const auto dead_at = liveness_.dead_at();
        if (!has_place_ || read_now_ || (dead_at && *dead_at <= clock_.now()))
        {
            co_return;
        }
        co_await bell_->wait(dead_at);
    }
}

task<> object_watcher::wait_without_watch()
{
    const support::backoff for_rights{first_wait_for_rights, period_, period_jitter};
    const auto most = refusals_ > 0 ? for_rights.wait(refusals_, random_)
                                    : support::jittered(period_, period_jitter, random_);
    const auto began = clock_.now();
    while (!read_now_)
    {
        const auto awaited = budget_.pause_of_awaited(period_);
        const auto until = began + (view_.awaited() ? std::min(most, awaited) : most);
        if (until <= clock_.now())
        {
            break;
        }
        co_await bell_->wait(std::min(until, clock_.now() + awaited));
    }
}

}  // namespace runtime
