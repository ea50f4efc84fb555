#pragma once

#include "kube/client.hpp"
#include "runtime/watch_liveness.hpp"
#include "runtime/watch_machine.hpp"
#include "runtime/watch_report.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"
#include "support/uuid.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runtime {

// An object of a list, by what a comparison needs.
struct listed_object
{
    support::uuid uid;
    std::uint64_t version;
};

// Receives the objects of a watcher. A list begins before it is requested and is complete only at list_ended;
// an object that the list did not contain is gone then. A list that failed begins again with list_began.
class object_sink
{
public:
    virtual ~object_sink() = default;

    virtual void list_began() = 0;
    virtual void listed(kube::object_json object) = 0;
    virtual void list_ended() = 0;
    // The server forbids the list (403): the right is missing, or it went with its namespace.
    virtual void list_forbidden() {}
    virtual void changed(kube::object_json object) = 0;  // added or modified
    virtual void deleted(kube::object_json object) = 0;

    // A list is read beside the open watch, to compare. It changes nothing.
    virtual void comparison_began() {}
    // The watch has reached `version`, at which the objects were listed. Returns how many changes up to it
    // were never shown.
    virtual std::size_t missed(
        [[maybe_unused]] const std::vector<listed_object>& listed, [[maybe_unused]] std::uint64_t version
    )
    {
        return 0;
    }
    virtual void comparison_ended() {}

    // The sink calls it when the server has answered a write of ours to an object of the collection; the
    // watch has to show the version of the answer. The watcher sets it. May be empty.
    std::function<void(std::uint64_t version)> wrote;
};

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
    void caught_up(std::uint64_t call);
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
        std::vector<listed_object> listed;
        std::uint64_t version = 0;
        support::time_point read_at{};
        std::uint64_t for_call = 0;  // the last call of catch_up() before the list was requested
    };
    std::optional<comparison> comparison_;
    std::size_t missed_ = 0;  // by the open watch
    // The calls of catch_up(), counted.
    std::uint64_t calls_ = 0;
    std::uint64_t answered_call_ = 0;
    std::uint64_t listing_for_call_ = 0;  // as `for_call`, of the list that everything is taken from
    bool forbidden_ = false;
    std::unique_ptr<support::alarm> caught_up_;  // empty before the first call
    watch_report report_;
    restarts restarted_;
};

}  // namespace runtime
