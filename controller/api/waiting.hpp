#pragma once

#include "binding/index/object_changed.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <unordered_map>

namespace api {

// The calls that wait for a change of their binding. They share the watch of the controller, and their number
// is bounded.
class waiting
{
public:
    waiting(boost::asio::any_io_executor executor, support::clock& clock, std::size_t most)
        : executor_(std::move(executor)), clock_(clock), most_(most)
    {}

    // A call that may wait. It gives up its place when it is destroyed, and must not outlive `waiting`.
    class place
    {
    public:
        explicit place(waiting& owner);
        ~place();
        place(const place&) = delete;
        place& operator=(const place&) = delete;

        // From now on the changes of this binding are noticed. Called once.
        void follow(const support::uuid& uid);

        // The binding was deleted since follow().
        bool gone() const { return gone_; }

        // The program ends, so that nothing more is worth waiting for.
        bool ended() const { return owner_.ended_; }

        // Returns after the next change since the last return, or at `until`.
        support::task<> wait(support::time_point until) { return bell_.wait(until); }

    private:
        friend class waiting;

        waiting& owner_;
        support::alarm bell_;
        support::uuid uid_;
        bool gone_ = false;
    };

    // Null if `most` calls have a place.
    std::unique_ptr<place> take();

    std::size_t taken() const { return taken_; }
    bool full() const { return taken_ >= most_; }

    // The index has taken over a change.
    void changed(const binding::object_changed& change);

    // Ends all waits, also later ones.
    void end();

private:
    boost::asio::any_io_executor executor_;
    support::clock& clock_;
    std::size_t most_;
    std::size_t taken_ = 0;
    bool ended_ = false;
    std::unordered_multimap<support::uuid, place*> places_;  // of the calls that follow a binding
};

}  // namespace api
