#pragma once

#include "kube/client.hpp"
#include "runtime/catch_up_calls.hpp"
#include "runtime/listed_versions.hpp"
#include "runtime/object_sink.hpp"
#include "runtime/watch_liveness.hpp"
#include "runtime/watch_machine.hpp"
#include "runtime/watch_report.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace runtime {

// Follows one collection into a sink until it is cancelled. A failure is logged once when it begins, with
// what to do, and once when it is over. A watch that is dead although its connection stands is ended
// (watch_liveness.hpp). About once an hour a list is compared with what the watch has shown; if the server
// lost an event, everything is listed again. The sink must outlive the watcher.
class watcher
{
public:
    using scope = watch_scope;

    watcher(
        scope scope,
        kube::client& client,
        support::clock& clock,
        support::random_engine& random,
        object_sink& sink
    );

    ~watcher();
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;

    support::task<> run();

    // Returns when the sink has all that had happened in the collection when this was called: the watch may
    // lag behind the API server. Returns at once while the collection may not be listed. Waits as long as the
    // API server does not answer. To be called by one coroutine at a time.
    support::task<> catch_up();

    // How often the collection had to be watched or listed again, by the cause.
    struct restarts
    {
        std::size_t ended = 0;    // ended by the server after its timeout, as every watch
        std::size_t failed = 0;   // cut, silent or refused
        std::size_t expired = 0;  // too far behind; everything was listed again
        std::size_t missed = 0;   // changes that a watch never showed, found by a comparison

        restarts& operator+=(const restarts& more);
    };
    const restarts& restarted() const { return restarted_; }

    // Called when the server is found to have lost history, as after a restore of etcd; everything is listed
    // again then. May be empty.
    std::function<void()> history_lost;

    // For how long the watch has shown neither an event nor a bookmark, before its first one since run().
    support::duration silent_for() const;

private:
    support::task<> list_page(bool first);
    support::task<> check_version();
    support::task<> open_watch();
    support::task<> read_events();
    support::task<> read_until_end();
    support::task<> wait_for_death();
    void watch_died();
    support::task<> compare();
    void conclude_comparison();
    kube::list_request list_request() const;
    void wrote(std::uint64_t version);
    void take_event(const kube::watch_event& event);
    void stream_failed(const support::error& error);
    void count(const support::error& error);

    scope scope_;
    kube::client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    object_sink& sink_;
    watch_machine machine_;
    watch_liveness liveness_;
    // Rings when dead_at() or missed_ may have changed; empty before run().
    std::unique_ptr<support::alarm> changed_;
    std::unique_ptr<kube::watch_stream> stream_;
    support::time_point began_{};  // run()
    support::time_point compare_at_{};
    // What was listed beside the open watch, until the watch reaches its version.
    struct comparison
    {
        listed_versions listed;
        support::time_point read_at{};
        std::uint64_t for_call = 0;  // the last call of catch_up() before the list was requested
    };
    std::optional<comparison> comparison_;
    std::size_t missed_ = 0;  // by the open watch
    catch_up_calls calls_;
    std::uint64_t listing_for_call_ = 0;  // as `for_call`, of the list that everything is taken from
    bool forbidden_ = false;
    watch_report report_;
    restarts restarted_;
};

}  // namespace runtime
