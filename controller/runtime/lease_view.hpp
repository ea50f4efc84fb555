#pragma once

#include "runtime/lease_record.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace runtime {

// The longest duration that a Lease can have.
inline constexpr support::duration longest_lease = std::chrono::hours(1);

// What one process has seen of the Lease, and when the Lease becomes free by that. Pure.
//
// - A held Lease is free its whole duration after its record was SEEN to change.
// - A Lease that was there and is gone is free only a whole duration later, because its leader may not know
//   yet. (Without it, a deletion makes two leaders.) That holds for our own Lease of a lost term, too,
//   because another one may have led without being seen, and for a Lease that follows and is released sooner.
//   A leader asks nothing of this and creates its Lease again at once. A process that finds no Lease at its
//   start takes it.
// - A POST is not conditional. One of ours that took effect long after it was given up may have come after
//   the Lease of another leader that was deleted, so that it is not ours before a whole duration has passed.
// What is left: a Lease that is deleted is free at once to a process that starts before it is there again,
// and to a candidate that saw the Lease go before, and sees neither that it was there again nor that it went
// once more. A Lease is not to be deleted while its holder runs.
class lease_view
{
public:
    // `own_duration` counts for a Lease without a duration, or with one that is not positive.
    lease_view(std::string identity, support::duration own_duration);

    // An answer to a read, which is the newest state. Empty: there is no Lease. `expects_own`: this process
    // leads, or a POST of it is under way. Returns whether the record has changed.
    bool read(const std::optional<lease>& shown, bool expects_own, support::time_point now);
    // An event, or the answer to a write. One that is older than what is known says nothing.
    bool heard(
        const std::string& version,
        const std::optional<lease>& shown,
        bool expects_own,
        support::time_point now
    );
    // The version is too old for a watch. The Lease is to be read.
    void expired();

    bool known() const { return known_; }  // by a read
    bool present() const { return shown_.has_value(); }
    const lease_record& record() const;                      // empty if there is none
    const std::string& version() const { return version_; }  // where a watch goes on; empty: from now
    std::string version_of_lease() const { return shown_ ? shown_->version : ""; }
    bool own() const;
    support::time_point free_at() const;

private:
    bool see(const std::optional<lease>& shown, bool expects_own, support::time_point now);
    support::duration duration_of_holder() const;

    std::string identity_;
    support::duration own_duration_;
    bool known_ = false;
    std::optional<lease> shown_;        // empty: absent
    std::string version_;               // the newest, of the Lease or of its deletion
    std::string uid_;                   // of the newest Lease
    support::time_point changed_at_{};  // when the record was seen to change
    support::time_point held_until_{};  // by the leader of a Lease that is gone
};

}  // namespace runtime
