#include "runtime/watcher.hpp"

#include "support/log.hpp"

#include <utility>

namespace runtime {
namespace {

using support::errc;
using support::log_level;
using support::task;

// The server ends a watch after a random time between this and twice as much, so that not all watches come
// back at once.
constexpr int watch_seconds_least = 300;

watch_failure failure_of(const support::error& error)
{
    constexpr int gone = 410;
    if (error.code == errc::status && error.http_status == gone)
    {
        return watch_failure::expired;
    }
    if (error.code == errc::too_large)
    {
        return watch_failure::too_large;
    }
    return kube::is_refused(error) ? watch_failure::refused : watch_failure::transient;
}

}  // namespace

watcher::restarts& watcher::restarts::operator+=(const restarts& more)
{
    ended += more.ended;
    failed += more.failed;
    expired += more.expired;
    return *this;
}

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
    if (first)
    {
        sink_.list_began();
    }
    kube::list_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.continue_token = machine_.continue_token();
    request.limit = machine_.page_limit();
    const auto page = co_await client_.list(std::move(request));
    if (!page)
    {
        count(page.error());
        report(trouble::during::list, page.error());
        constexpr int forbidden = 403;
        if (page.error().code == errc::status && page.error().http_status == forbidden)
        {
            sink_.list_forbidden();
        }
        machine_.list_failed(failure_of(page.error()), page.error().retry_after, clock_.now());
        co_return;
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
        count(opened.error());
        report(trouble::during::watch, opened.error());
        machine_.watch_failed(failure_of(opened.error()), opened.error().retry_after, clock_.now());
        co_return;
    }
    if (trouble_ && trouble_->step != trouble::during::stream)
    {
        report_recovery();
    }
    stream_ = std::move(*opened);
    machine_.watch_opened(clock_.now());
}

task<> watcher::read_event()
{
    const auto event = co_await stream_->next();
    if (!event)
    {
        stream_failed(event.error());
    }
    else if (!*event)
    {
        ++restarted_.ended;
        machine_.watch_ended(clock_.now());
    }
    else
    {
        take_event(**event);
    }
    if (machine_.next() != watch_action::read_event)
    {
        stream_.reset();
    }
}

void watcher::take_event(const kube::watch_event& event)
{
    switch (event.type)
    {
        case kube::watch_event_type::error:
            stream_failed({errc::status, event.error_message, event.error_code, std::nullopt});
            return;
        case kube::watch_event_type::added:
        case kube::watch_event_type::modified:
            sink_.changed(event.object);
            break;
        case kube::watch_event_type::deleted:
            sink_.deleted(event.object);
            break;
        case kube::watch_event_type::bookmark:
            break;
    }
    machine_.event_read(std::string(event.resource_version));
    if (trouble_)
    {
        report_recovery();
    }
}

// The first failure of a watch is normal, because the watch is resumed. Only repeated failures are reported.
void watcher::stream_failed(const support::error& error)
{
    count(error);
    machine_.watch_failed(failure_of(error), error.retry_after, clock_.now());
    if (machine_.watch_failures() > 1 || error.code == errc::bad_answer)
    {
        report(trouble::during::stream, error);
    }
    else
    {
        support::log(log_level::debug, "a watch was interrupted and is resumed", {{"error", error.message}});
    }
}

void watcher::count(const support::error& error)
{
    ++(failure_of(error) == watch_failure::expired ? restarted_.expired : restarted_.failed);
}

void watcher::report(trouble::during step, const support::error& error)
{
    const auto why = failure_of(error);
    const int status = error.code == errc::status ? error.http_status : 0;
    const std::string verb = step == trouble::during::list ? "list" : "watch";
    const std::string& group = scope_.resource.group;
    const std::string resource = scope_.resource.plural + (group.empty() ? "" : "." + group);
    std::string message = "cannot " + verb + " " + resource + ": " + error.message;
    if (status == 401)
    {
        message += "; the server refuses the credentials, check the token or client certificate";
    }
    if (status == 403)
    {
        message += "; grant the verb " + verb + " on " + resource +
                   (scope_.name_space.empty() ? " in all namespaces" : " in namespace " + scope_.name_space);
    }
    if (status == 404)
    {
        message += "; " + scope_.hint_if_missing;
    }
    if (why == watch_failure::too_large)
    {
        message += "; the next list asks for fewer objects at a time";
    }
    const trouble current{step, error.code, status};
    const bool worth_a_line = why != watch_failure::expired && current != trouble_;
    support::log(worth_a_line ? log_level::warn : log_level::debug, message + "; trying again");
    if (why != watch_failure::expired)
    {
        trouble_ = current;
    }
}

void watcher::report_recovery()
{
    support::log(log_level::info, "watching " + scope_.resource.plural + " again");
    trouble_.reset();
}

}  // namespace runtime
