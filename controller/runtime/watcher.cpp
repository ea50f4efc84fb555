#include "runtime/watcher.hpp"

#include "runtime/version_number.hpp"
#include "support/backoff.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::task;

// The server ends a watch after a random time between this and twice as much, so that not all watches come
// back at once.
constexpr int watch_seconds_least = 300;

constexpr support::duration comparison_period = 1h;
constexpr double comparison_jitter = 0.2;
constexpr support::duration failed_comparison_pause = 10min;
// While somebody waits for the watch to catch up.
constexpr support::duration awaited_comparison_pause = 1s;
constexpr support::duration between_looks = 50ms;
constexpr support::duration longest_lag = 10s;

bool is_forbidden(const support::error& error)
{
    constexpr int forbidden = 403;
    return error.code == errc::status && error.http_status == forbidden;
}

}  // namespace

watcher::restarts& watcher::restarts::operator+=(const restarts& more)
{
    ended += more.ended;
    failed += more.failed;
    expired += more.expired;
    missed += more.missed;
    return *this;
}

watcher::watcher(
    scope scope,
    kube::client& client,
    support::clock& clock,
    support::random_engine& random,
    object_sink& sink
)
    : scope_(std::move(scope)),
      client_(client),
      clock_(clock),
      random_(random),
      sink_(sink),
      machine_(random),
      calls_(clock),
      report_(scope_)
{
    sink_.wrote = [this](std::uint64_t version) { wrote(version); };
}

watcher::~watcher()
{
    sink_.wrote = nullptr;
}

task<> watcher::run()
{
    changed_ = std::make_unique<support::alarm>(co_await boost::asio::this_coro::executor, clock_);
    began_ = clock_.now();
    compare_at_ = clock_.now() + support::jittered(comparison_period, comparison_jitter, random_);
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
            case watch_action::check_version:
                co_await check_version();
                break;
            case watch_action::watch:
                co_await open_watch();
                break;
            case watch_action::read_event:
                co_await read_events();
                break;
            case watch_action::sleep:
                co_await clock_.sleep_until(machine_.wake_at());
                machine_.slept();
                break;
        }
    }
}

support::duration watcher::silent_for() const
{
    return changed_ ? clock_.now() - std::max(began_, liveness_.last_event()) : support::duration{};
}

kube::list_request watcher::list_request() const
{
    kube::list_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.label_selector = scope_.label_selector;
    return request;
}

task<> watcher::list_page(bool first)
{
    if (first)
    {
        sink_.list_began();
        listing_for_call_ = calls_.last();
    }
    kube::list_request request = list_request();
    request.continue_token = machine_.continue_token();
    request.limit = machine_.page_limit();
    const auto page = co_await client_.list(std::move(request));
    if (!page)
    {
        count(page.error());
        report_.failed(watch_step::list, page.error());
        if (is_forbidden(page.error()))
        {
            sink_.list_forbidden();
            forbidden_ = true;
            calls_.answer(calls_.last());
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
        liveness_.listed(machine_.resource_version());
        sink_.list_ended();
        forbidden_ = false;
        calls_.answer(listing_for_call_);
    }
}

task<> watcher::check_version()
{
    kube::list_request request = list_request();
    request.limit = 1;
    request.metadata_only = true;
    const auto page = co_await client_.list(std::move(request));
    if (!page)
    {
        count(page.error());
        report_.failed(watch_step::watch, page.error());
        machine_.watch_failed(failure_of(page.error()), page.error().retry_after, clock_.now());
        co_return;
    }
    const std::string known = machine_.resource_version();
    if (!machine_.version_read((*page)->resource_version()))
    {
        ++restarted_.expired;
        report_.history_lost(known, (*page)->resource_version());
        if (history_lost)
        {
            history_lost();
        }
    }
}

task<> watcher::open_watch()
{
    kube::watch_request request;
    request.resource = scope_.resource;
    request.name_space = scope_.name_space;
    request.label_selector = scope_.label_selector;
    request.resource_version = machine_.resource_version();
    std::uniform_int_distribution<int> seconds(watch_seconds_least, 2 * watch_seconds_least);
    request.timeout_seconds = seconds(random_);
    auto opened = co_await client_.watch(std::move(request));
    if (!opened)
    {
        count(opened.error());
        report_.failed(watch_step::watch, opened.error());
        machine_.watch_failed(failure_of(opened.error()), opened.error().retry_after, clock_.now());
        co_return;
    }
    report_.answered();
    stream_ = std::move(*opened);
    liveness_.opened(clock_.now());
    machine_.watch_opened(clock_.now());
}

task<> watcher::read_events()
{
    if (!co_await support::ends_before(wait_for_death(), read_until_end()))
    {
        watch_died();
    }
    stream_.reset();
    if (comparison_)
    {
        compare_at_ = clock_.now();
        comparison_.reset();
    }
    missed_ = 0;
    sink_.comparison_ended();
}

task<> watcher::read_until_end()
{
    while (machine_.next() == watch_action::read_event)
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
    }
}

task<> watcher::wait_for_death()
{
    for (;;)
    {
        const auto now = clock_.now();
        const auto dead_at = liveness_.dead_at();
        if (missed_ > 0 || (dead_at && *dead_at <= now))
        {
            co_return;
        }
        conclude_comparison();
        if (missed_ > 0)
        {
            continue;
        }
        if (!comparison_ && compare_at_ <= now)
        {
            co_await compare();
            continue;
        }
        const auto look_at = !comparison_                            ? compare_at_
                             : calls_.is_open(comparison_->for_call) ? now + between_looks
                                                                     : support::time_point::max();
        co_await changed_->wait(std::min(dead_at.value_or(look_at), look_at));
    }
}

void watcher::watch_died()
{
    if (missed_ > 0)
    {
        restarted_.missed += missed_;
        report_.missed(missed_);
        machine_.watch_missed(clock_.now());
        return;
    }
    ++restarted_.failed;
    report_.died(liveness_.reason());
    if (liveness_.event_lost())
    {
        machine_.watch_missed(clock_.now());
    }
    else
    {
        machine_.watch_failed(watch_failure::unanswered, std::nullopt, clock_.now());
    }
}

task<> watcher::compare()
{
    sink_.comparison_began();
    const auto for_call = calls_.last();
    auto listed = co_await list_versions(client_, list_request());
    if (!listed)
    {
        if (is_forbidden(listed.error()))
        {
            // Nobody may see what the watch might lack.
            calls_.answer(for_call);
        }
        compare_at_ =
            clock_.now() + (calls_.any_is_open() ? awaited_comparison_pause : failed_comparison_pause);
        co_return;
    }
    if (for_call < calls_.last())
    {
        // A call that came during the list needs a list of its own.
        compare_at_ = clock_.now();
        sink_.comparison_ended();
        co_return;
    }
    compare_at_ = clock_.now() + support::jittered(comparison_period, comparison_jitter, random_);
    comparison_ = {std::move(*listed), clock_.now(), for_call};
    conclude_comparison();
}

// Does nothing before the watch has reached the version of the list. If somebody waits, it is enough that the
// watch has shown all of the list, because a quiet collection reaches a version only with its next bookmark.
void watcher::conclude_comparison()
{
    if (!comparison_)
    {
        return;
    }
    const bool reached = number_of(machine_.resource_version()).value_or(0) >= comparison_->listed.version;
    const bool awaited = calls_.is_open(comparison_->for_call);
    if (!reached && !awaited)
    {
        return;
    }
    const auto missed = sink_.missed(comparison_->listed.objects, comparison_->listed.version);
    const bool overdue = awaited && clock_.now() - comparison_->read_at >= longest_lag;
    if (missed > 0 && !reached && !overdue)
    {
        return;
    }
    missed_ = missed;
    if (missed == 0)
    {
        calls_.answer(comparison_->for_call);
    }
    comparison_.reset();
    sink_.comparison_ended();
    changed_->ring();
}

task<> watcher::catch_up()
{
    const auto call = calls_.begin();
    if (forbidden_)
    {
        co_return;
    }
    compare_at_ = clock_.now();
    comparison_.reset();
    if (changed_)
    {
        changed_->ring();
    }
    co_await calls_.wait_for(call);
}

void watcher::wrote(std::uint64_t version)
{
    liveness_.wrote(version, clock_.now());
    if (changed_)
    {
        changed_->ring();
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
    std::string version(event.resource_version);
    const bool bookmark = event.type == kube::watch_event_type::bookmark;
    liveness_.event_read(version, bookmark, clock_.now());
    if (bookmark)
    {
        changed_->ring();
    }
    machine_.event_read(std::move(version));
    if (comparison_ && !calls_.is_open(comparison_->for_call))
    {
        conclude_comparison();
    }
    report_.recovered();
}

void watcher::stream_failed(const support::error& error)
{
    count(error);
    machine_.watch_failed(failure_of(error), error.retry_after, clock_.now());
    if (machine_.watch_failures() > 1 || error.code == errc::bad_answer)
    {
        report_.failed(watch_step::stream, error);
    }
    else
    {
        report_.interrupted(error);
    }
}

void watcher::count(const support::error& error)
{
    ++(failure_of(error) == watch_failure::expired ? restarted_.expired : restarted_.failed);
}

}  // namespace runtime
