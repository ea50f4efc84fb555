#pragma once

#include "kube/client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <string>

namespace runtime {

// Receives the state of one object.
class object_view
{
public:
    virtual ~object_view() = default;

    virtual void shown(kube::object_json object) = 0;
    virtual void absent() = 0;
    virtual void unreadable(const support::error& error) = 0;

    // Whether somebody waits for a change of the object.
    virtual bool awaited() const = 0;
};

// Follows one object by its name until it is cancelled. The object is read (get), then watched (watch with
// fieldSelector=metadata.name), so that rights on this one name are enough. Without the right to watch, the
// object is read again every 30 s while it is awaited, and otherwise once in `period`.
class object_watcher
{
public:
    struct scope
    {
        kube::resource resource;
        std::string name_space;
        std::string name;
    };

    object_watcher(
        scope scope,
        kube::client& client,
        support::clock& clock,
        support::random_engine& random,
        support::duration period,
        object_view& view
    );

    support::task<> run();

private:
    enum class end
    {
        in_order,
        // A retry is of use only after a change of rights.
        refused,
        failed,
    };

    support::task<end> read();
    support::task<end> watch();
    support::task<> wait_for_rights();

    scope scope_;
    kube::client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    support::duration period_;
    object_view& view_;
    std::string version_;
    // In a row; an event of a watch resets the count.
    int failures_ = 0;
};

}  // namespace runtime
