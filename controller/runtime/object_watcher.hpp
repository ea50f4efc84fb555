#pragma once

#include "kube/client.hpp"
#include "runtime/object_budget.hpp"
#include "runtime/watch_liveness.hpp"
#include "support/alarm.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <memory>
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
// fieldSelector=metadata.name), so that rights on this one name are enough. Without a place for its watch, or
// without the right to watch, the object is read again every 30 s or more while it is awaited
// (object_budget), and otherwise once in `period`. After a refused watch the first few reads come sooner,
// because a server that has just started may not know the rights yet.
class object_watcher final : private object_budget::holder
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
        object_budget& budget,
        object_view& view
    );
    ~object_watcher() override;
    object_watcher(const object_watcher&) = delete;
    object_watcher& operator=(const object_watcher&) = delete;

    support::task<> run();

    // Reads the object again at once.
    void read_now();

private:
    enum class end
    {
        in_order,
        interrupted,  // by read_now() or give_up()
        no_place,
        // A retry is of use only after a change of rights.
        refused,
        failed,
    };

    bool awaited() const override { return view_.awaited(); }
    void give_up() override;

    support::task<end> read();
    support::task<end> watch();
    support::task<end> read_events(kube::watch_stream& stream);
    support::task<> wait_for_end();
    support::task<> wait_without_watch();
    end failed(const support::error& error);

    scope scope_;
    kube::client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    support::duration period_;
    object_budget& budget_;
    object_view& view_;
    std::unique_ptr<support::alarm> bell_;  // ends a wait and a watch; empty before run()
    watch_liveness liveness_;
    bool read_now_ = false;
    bool has_place_ = false;
    std::string version_;
    // In a row; an event of a watch resets the count.
    int failures_ = 0;
    int refusals_ = 0;
    support::duration asked_to_wait_{};  // by the server, with its last refusal
};

}  // namespace runtime
