#pragma once

#include "runtime/lease_record.hpp"
#include "runtime/lease_view.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

// Leader election by a Lease, without I/O and clock, after client-go (tools/leaderelection).
//
// Why two never lead at one time: a leader may send until its last successful request BEGAN + renew_deadline.
// A candidate waits from when it SAW that renewal, on its own clock, for the whole lease_duration, which is
// longer. Every write is conditional on the version that was seen, so of two candidates one wins. Clocks are
// not compared; they may differ in rate by lease_duration / renew_deadline.
//
// lease_view.hpp says where this is stricter than client-go: about a Lease that was deleted, that has no
// duration, or a huge one.
namespace runtime {

// lease_duration > renew_deadline > 1.2 * retry_period > 0, and lease_duration <= longest_lease.
struct lease_times
{
    support::duration lease_duration = std::chrono::seconds(15);
    support::duration renew_deadline = std::chrono::seconds(10);
    support::duration retry_period = std::chrono::seconds(2);
};

// What a new leader knows of the PUTs of the leader before it.
enum class predecessor
{
    every_put_resolved,  // the Lease was released, with that promise
    unknown,             // expired, deleted, released without the promise, or the first term
};

enum class lease_failure
{
    conflict,    // 409, or 404 for a write: the Lease is not as it was seen
    refused,     // rights or the request itself; it is of use only after somebody changed something
    transient,   // the same request may succeed later
    unanswered,  // it may have taken effect
};

struct lease_action
{
    enum class kind
    {
        wait,    // until `until`, or until something is fed
        read,    // get the Lease
        create,  // with `change`
        write,   // `change`, if the Lease still has `version`
        end,     // the election is over
    };

    kind what = kind::wait;
    lease_change change = {};
    std::string version = {};
    support::time_point until = support::time_point::max();
};

class lease_machine
{
public:
    lease_machine(std::string identity, lease_times times, support::random_engine& random);

    // What to do now. It also notices that the renew deadline has passed. A request (read, create, write) is
    // told to sent() before the next call; there is at most one at a time.
    lease_action next(support::time_point now);

    // ---- the request under way ----
    void sent(const lease_action& request, support::time_point now);
    void on_read(const std::optional<lease>& shown, support::time_point now);  // empty: 404
    void on_written(const lease& answer, support::time_point now);
    void on_failed(lease_failure why, std::optional<support::duration> retry_after, support::time_point now);

    // ---- the watch ----
    void watch_opened() { watched_ = true; }
    void watch_ended(support::time_point now);
    void watch_expired();  // its version is too old; the Lease is to be read
    void on_event(const lease& shown, support::time_point now);
    void on_deleted(const std::string& version, support::time_point now);

    // ---- the owner ----
    // The owner of the term has ended, and sends nothing any more. Until then no new term begins.
    void on_term_ended(bool every_put_resolved, support::time_point now);
    // No further term begins. A Lease that is still held is released when its term has ended.
    void stop(support::time_point now);

    // ---- what is known ----
    bool leads() const { return role_ == role::leader; }
    bool lost() const { return role_ == role::lost; }
    // Until when this process may send a write; time_point::min() if it does not lead.
    support::time_point may_send_until() const;
    predecessor before() const { return before_; }                     // of the newest term
    const std::string& lost_because() const { return lost_because_; }  // of the newest lost term
    // As last seen; empty: nobody, absent, or not yet read.
    const std::string& holder() const { return view_.record().holder; }
    std::int64_t transitions() const { return view_.record().transitions; }
    std::uint64_t failed_renewals() const { return failed_renewals_; }
    // Where a watch goes on; empty: from now.
    const std::string& version() const { return view_.version(); }
    // The Lease has been read.
    bool known() const { return view_.known(); }
    // The time that a request may take, so that three fit before the renew deadline.
    support::duration attempt_timeout() const;

private:
    enum class role
    {
        candidate,
        leader,
        lost,       // the owner has not ended yet
        releasing,  // the owner has ended
        ended,
    };

    static lease_action wait_until(support::time_point until);
    static lease_action read_at(support::time_point when, support::time_point now);
    lease_action next_of_candidate(support::time_point now) const;
    lease_action next_of_leader(support::time_point now) const;
    lease_action next_of_releasing(support::time_point now);
    lease_action next_of_stopped(support::time_point now);
    lease_action change(lease_purpose purpose) const;
    bool expects_own(support::time_point now) const;
    void seen(bool changed);
    void lose(std::string why);
    void begin_release(bool every_put_resolved, support::time_point now);
    void end_release(support::time_point now);

    std::string identity_;
    lease_times times_;
    support::random_engine& random_;

    role role_ = role::candidate;
    bool stopping_ = false;

    lease_view view_;
    bool watched_ = false;
    support::time_point read_again_at_{};  // without a watch

    // The request under way.
    std::optional<lease_action> request_;
    support::time_point request_began_{};
    support::time_point not_before_{};  // the next request
    bool read_first_ = true;
    int conflicts_ = 0;       // in a row
    int read_failures_ = 0;   // in a row
    int write_failures_ = 0;  // in a row

    // The term.
    support::time_point renewed_at_{};  // the last successful request began
    predecessor before_ = predecessor::unknown;
    std::string lost_because_;
    std::uint64_t failed_renewals_ = 0;

    // An acquisition whose answer is not known.
    struct attempt
    {
        std::int64_t transitions;
        predecessor before;
    };
    std::optional<attempt> attempted_;

    // The release.
    bool every_put_resolved_ = false;
    support::time_point release_until_{};
};

}  // namespace runtime
