#pragma once

#include "net/transport/accepted_stream.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"

#include <map>
#include <optional>

namespace net {

// Interrupts the streams whose time is over. One coroutine sleeps for all of them, so that a connection that
// waits costs no timer.
class deadlines
{
public:
    class one;

private:
    using times = std::multimap<support::time_point, one*>;

public:
    deadlines(boost::asio::any_io_executor executor, support::clock& clock)
        : bell_(executor, clock), clock_(clock)
    {}

    // The one deadline of a stream; `all` and the stream must outlive it.
    class one
    {
    public:
        one(deadlines& all, accepted_stream& of) : all_(all), stream_(of) {}
        ~one() { clear(); }
        one(const one&) = delete;
        one& operator=(const one&) = delete;

        // The stream is interrupted at `when`, unless set() or clear() comes before. Ends an interruption.
        void set(support::time_point when);
        void clear();
        // Sets `when` if there is no deadline, or a later one.
        void bring_forward(support::time_point when);
        // Whether the time that was set last is over.
        bool over() const { return when_ && !place_; }

    private:
        friend class deadlines;
        deadlines& all_;
        accepted_stream& stream_;
        std::optional<support::time_point> when_;
        std::optional<times::iterator> place_;
    };

    // Interrupts until it is cancelled.
    support::task<> run();

private:
    void interrupt_due();

    times waiting_;
    support::alarm bell_;
    support::clock& clock_;
    std::optional<support::time_point> wakes_;  // when run() looks next
};

}  // namespace net
