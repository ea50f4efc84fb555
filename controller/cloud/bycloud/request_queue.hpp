#pragma once

#include "cloud/bycloud/rate_budget.hpp"
#include "cloud/client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>

namespace support {
class alarm;
}

// The requests of one credential that wait until the budget admits them.
namespace cloud::bycloud {

// Flow: wait() returns when the request may be sent, and the holder of the turn tells how it ended. Readers
//   name what they read: whoever of them gets the turn answers all that waited for the same when it began.
// Guarantees: requests go by purpose, then in the order of their arrival. A request waits for `longest_wait`
//   at most and is turned away then with a time to come again, because it holds a worker while it waits; so
//   is the last of the lowest purpose where too many wait.
class request_queue
{
public:
    request_queue(support::clock& clock, support::random_engine& random) : clock_(clock), random_(random) {}

    // A request that waits or is under way. It must not move, and leaves the queue in its destructor.
    class request;

    // Why wait() returned.
    enum class verdict
    {
        send,         // the request may be sent now, and counts as sent
        answered,     // another request was answered for this one, too: see request::answer
        turned_away,  // see request::retry_after
    };

    support::task<verdict> wait(request& of);

    // Each request with the verdict `send` calls one of these when it ends; request's destructor calls
    // ended() else.
    void answered(request& of, const rate_report& report);
    void ended(request& of);
    // The reading of `of` is that of all that share it.
    void share(request& of, const certificate_reading& reading);

    std::uint32_t left() const { return budget_.left(clock_.now()); }
    std::size_t waiting() const;

private:
    enum class state
    {
        waits,
        under_way,
        follows,  // shares the request under way of another
        turned_away,
    };

    request* first() const;
    void make_room();
    void turn_away(request& of, support::duration until_ready);
    void begin(request& of);
    void ring_first();
    support::duration spread(purpose what_for);
    support::duration linger(const request& of) const;

    support::clock& clock_;
    support::random_engine& random_;
    rate_budget budget_;
    std::list<request*> requests_;  // in the order of their arrival
    int under_way_ = 0;
    // How many were turned away lately, for the time after which they come again.
    std::uint32_t turned_away_ = 0;
    support::time_point counting_since_{};
};

class request_queue::request
{
public:
    // `key` names what is read, for sharing; empty: the request is its own.
    request(request_queue& queue, purpose what_for, std::string key = {});
    ~request();
    request(const request&) = delete;
    request& operator=(const request&) = delete;

    const std::optional<certificate_reading>& answer() const { return answer_; }
    support::duration retry_after() const { return retry_after_; }

private:
    friend class request_queue;

    request_queue& queue_;
    purpose what_for_;
    std::string key_;
    state state_ = state::waits;
    const request* leader_ = nullptr;  // whose answer this one waits for
    bool counts_ = false;              // against the budget, until it ends
    support::time_point until_{};      // the end of the wait
    std::optional<certificate_reading> answer_;
    support::duration retry_after_{};
    support::alarm* bell_ = nullptr;  // while it waits
};

}  // namespace cloud::bycloud
