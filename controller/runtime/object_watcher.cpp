#include "runtime/object_watcher.hpp"

#include "support/log.hpp"

#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::task;

constexpr support::backoff failed_backoff{1s, 30s, 0.5};
constexpr support::duration awaited_period = 30s;
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
    object_view& view
)
    : scope_(std::move(scope)), client_(client), clock_(clock), random_(random), period_(period), view_(view)
{}

task<> object_watcher::run()
{
    for (;;)
    {
        const auto began = clock_.now();
        auto ended = co_await read();
        if (ended == end::in_order)
        {
            ended = co_await watch();
        }
        if (ended == end::in_order && clock_.now() - began >= short_watch)
        {
            failures_ = 0;
        }
        else if (ended == end::refused)
        {
            failures_ = 0;
            co_await wait_for_rights();
        }
        else
        {
            co_await clock_.sleep_for(failed_backoff.wait(++failures_, random_));
        }
    }
}

task<object_watcher::end> object_watcher::read()
{
    const auto answer = co_await client_.get(scope_.resource, scope_.name_space, scope_.name);
    if (answer)
    {
        version_ = kube::identify((*answer)->object()).resource_version;
        view_.shown((*answer)->object());
        co_return end::in_order;
    }
    constexpr int not_found = 404;
    if (answer.error().code == support::errc::status && answer.error().http_status == not_found)
    {
        // Without a version the watch begins with the object, should it be created meanwhile.
        version_.clear();
        view_.absent();
        co_return end::in_order;
    }
    view_.unreadable(answer.error());
    co_return kube::is_refused(answer.error()) ? end::refused : end::failed;
}

task<object_watcher::end> object_watcher::watch()
{
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
        co_return kube::is_refused(stream.error()) ? end::refused : end::failed;
    }
    const auto opened = clock_.now();
    for (;;)
    {
        const auto event = co_await (*stream)->next();
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
                break;
            case kube::watch_event_type::deleted:
                view_.absent();
                break;
            case kube::watch_event_type::bookmark:
                break;
            case kube::watch_event_type::error:
                co_return end::failed;
        }
        failures_ = 0;
    }
}

task<> object_watcher::wait_for_rights()
{
    const auto until = clock_.now() + support::jittered(period_, 0.2, random_);
    do
    {
        co_await clock_.sleep_for(std::min<support::duration>(awaited_period, period_));
    } while (!view_.awaited() && clock_.now() < until);
}

}  // namespace runtime
