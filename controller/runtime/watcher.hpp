#pragma once

#include "kube/client.hpp"
#include "runtime/watch_machine.hpp"
#include "support/clock.hpp"

#include <memory>
#include <optional>
#include <string>

namespace runtime {

// Takes what a watcher sees. A list begins before it is asked for and is whole only at list_ended: what it
// did not name is gone. A list that could not be ended begins again.
class object_sink
{
public:
    virtual ~object_sink() = default;

    virtual void list_began() = 0;
    virtual void listed(kube::object_json object) = 0;
    virtual void list_ended() = 0;
    virtual void changed(kube::object_json object) = 0;  // added or modified
    virtual void deleted(kube::object_json object) = 0;
};

// Follows one collection into a sink until it is cancelled. Trouble is logged once when it begins, with what
// to do, and once when it is over.
class watcher
{
public:
    struct scope
    {
        kube::resource resource;
        std::string name_space;       // empty: all
        std::string hint_if_missing;  // said when the server does not know the resource
    };

    watcher(
        scope scope,
        kube::client& client,
        support::clock& clock,
        support::random_engine& random,
        object_sink& sink
    );

    support::task<> run();

    // How often what it follows had to be asked for again, by what ended it.
    struct restarts
    {
        std::size_t ended = 0;    // by the server in its time, as it does to each watch
        std::size_t failed = 0;   // cut, silent, refused
        std::size_t expired = 0;  // fallen too far behind: everything was listed again

        restarts& operator+=(const restarts& more);
    };
    const restarts& restarted() const { return restarted_; }

private:
    // What went wrong, as far as it is worth a line of its own.
    struct trouble
    {
        enum class place
        {
            list,
            watch,
            stream,  // within an open watch
        };

        place where;
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
    void report(trouble::place where, const support::error& error);
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
