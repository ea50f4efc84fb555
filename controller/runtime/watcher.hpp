#pragma once

#include "kube/client.hpp"
#include "runtime/watch_machine.hpp"
#include "support/clock.hpp"

#include <memory>
#include <optional>
#include <string>

namespace runtime {

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
};

// Follows one collection into a sink until it is cancelled. A failure is logged once when it begins, with
// what to do, and once when it is over.
class watcher
{
public:
    struct scope
    {
        kube::resource resource;
        std::string name_space;  // empty: all namespaces
        // Added to the log line if the server does not know the resource.
        std::string hint_if_missing;
    };

    watcher(
        scope scope,
        kube::client& client,
        support::clock& clock,
        support::random_engine& random,
        object_sink& sink
    );

    support::task<> run();

    // How often the collection had to be watched or listed again, by the cause.
    struct restarts
    {
        std::size_t ended = 0;    // ended by the server after its timeout, as every watch
        std::size_t failed = 0;   // cut, silent or refused
        std::size_t expired = 0;  // too far behind; everything was listed again

        restarts& operator+=(const restarts& more);
    };
    const restarts& restarted() const { return restarted_; }

private:
    // A failure, by the properties that make it worth a log line of its own.
    struct trouble
    {
        enum class during
        {
            list,
            watch,
            stream,  // within an open watch
        };

        during step;
        support::errc code;
        int http_status;

        bool operator==(const trouble&) const = default;
    };

    support::task<> list_page(bool first);
    support::task<> open_watch();
    support::task<> read_event();
    void take_event(const kube::watch_event& event);
    void stream_failed(const support::error& error);
    void count(const support::error& error);
    void report(trouble::during step, const support::error& error);
    void report_recovery();

    scope scope_;
    kube::client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    object_sink& sink_;
    watch_machine machine_;
    std::unique_ptr<kube::watch_stream> stream_;
    std::optional<trouble> trouble_;
    restarts restarted_;
};

}  // namespace runtime
