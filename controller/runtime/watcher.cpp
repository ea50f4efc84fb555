#include "runtime/watcher.hpp"

#include "support/log.hpp"

#include <utility>

namespace runtime {
namespace {

using support::errc;
using support::log_level;
using support::task;

constexpr int expired_status = 410;
constexpr int watch_seconds_least =
    300;  // the server ends a watch after a random time from here to twice as much

watch_failure failure_of(const support::error& error)
{
    const bool expired = error.code == errc::status && error.http_status == expired_status;
    return expired ? watch_failure::expired : watch_failure::other;
}

}  // namespace

watcher::watcher(
    scope scope,
    kube::client& client,
    support::clock& clock,
    support::random_engine& random,
    object_sink& sink
)
    : scope_(std::move(scope)), client_(client), clock_(clock), random_(random), sink_(sink), machine_(random)
{}

task<> watcher::run()
{
    for (;;)
    {
        switch (machine_.next())
        {
            case watch_action::list_first_page:
                co_await list_page(true);
                break;
            case watch_action::list_next_page:
                co_await list_page(false);
                break;
            case watch_action::watch:
                co_await open_watch();
                break;
            case watch_action::read_event:
                co_await read_event();
                break;
            case watch_action::sleep:
                co_await clock_.sleep_until(machine_.wake_at());
                machine_.slept();
                break;
        }
    }
}

task<> watcher::list_page(bool first)
{
    kube::list_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.continue_token = machine_.continue_token();
    const auto page = co_await client_.list(std::move(request));
    if (!page)
    {
        report("list", page.error());
        machine_.list_failed(failure_of(page.error()), page.error().retry_after, clock_.now());
        co_return;
    }
    report_recovery();
    if (first)
    {
        sink_.list_began();
    }
    for (const kube::object_json object : (*page)->items())
    {
        sink_.listed(object);
    }
    machine_.listed_page((*page)->continue_token(), (*page)->resource_version());
    if (machine_.next() == watch_action::watch)
    {
        sink_.list_ended();
    }
}

task<> watcher::open_watch()
{
    kube::watch_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.resource_version = machine_.resource_version();
    std::uniform_int_distribution<int> seconds(watch_seconds_least, 2 * watch_seconds_least);
    request.timeout_seconds = seconds(random_);
    auto opened = co_await client_.watch(std::move(request));
    if (!opened)
    {
        report("watch", opened.error());
        machine_.watch_failed(failure_of(opened.error()), opened.error().retry_after, clock_.now());
        co_return;
    }
    report_recovery();
    stream_ = std::move(*opened);
    machine_.watch_opened(clock_.now());
}

task<> watcher::read_event()
{
    const auto event = co_await stream_->next();
    if (!event)
    {
        support::log(log_level::debug, "the watch broke; resuming", {{"error", event.error().message}});
        machine_.watch_broke(clock_.now());
    }
    else if (!*event)
    {
        machine_.watch_ended(clock_.now());
    }
    else if ((*event)->type == kube::watch_event_type::error)
    {
        const bool expired = (*event)->error_code == expired_status;
        support::log(
            log_level::debug, "the watch was ended by an error", {{"error", (*event)->error_message}}
        );
        expired ? machine_.watch_expired(clock_.now()) : machine_.watch_broke(clock_.now());
    }
    else
    {
        machine_.event_read(std::string((*event)->resource_version));
        if ((*event)->type == kube::watch_event_type::deleted)
        {
            sink_.deleted((*event)->object);
        }
        else if ((*event)->type != kube::watch_event_type::bookmark)
        {
            sink_.changed((*event)->object);
        }
    }
    if (machine_.next() != watch_action::read_event)
    {
        stream_.reset();
    }
}

void watcher::report(const std::string& doing, const support::error& error)
{
    std::string what =
        "cannot " + doing + " " + scope_.resource.plural + "." + scope_.resource.group + ": " + error.message;
    if (error.code == errc::status && error.http_status == 404)
    {
        what += "; " + scope_.hint_if_missing;
    }
    if (error.code == errc::status && error.http_status == 403)
    {
        what += "; grant the verb " + doing + " on it" +
                (scope_.name_space.empty() ? " in all namespaces" : " in namespace " + scope_.name_space);
    }
    const bool known = failure_of(error) == watch_failure::expired || what == trouble_;
    support::log(known ? log_level::debug : log_level::warn, what + "; trying again");
    trouble_ = std::move(what);
}

void watcher::report_recovery()
{
    if (!trouble_.empty())
    {
        support::log(log_level::info, "following " + scope_.resource.plural + " again");
        trouble_.clear();
    }
}

}  // namespace runtime
