#pragma once

#include "kube/client.hpp"
#include "runtime/watch_machine.hpp"
#include "support/clock.hpp"

#include <string>

namespace runtime {

// Takes what a watcher sees. A list is whole only at list_ended: what it did not name is gone.
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

private:
    support::task<> list_page(bool first);
    support::task<> open_watch();
    support::task<> read_event();
    void report(const std::string& doing, const support::error& error);
    void report_recovery();

    scope scope_;
    kube::client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    object_sink& sink_;
    watch_machine machine_;
    std::unique_ptr<kube::watch_stream> stream_;
    std::string trouble_;
};

}  // namespace runtime
