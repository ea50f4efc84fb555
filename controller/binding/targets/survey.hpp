#pragma once

#include "binding/observed/observed.hpp"
#include "binding/targets/reconcile_state.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace binding {

// Who looks at the lists of one project: all targets of one credential in one region.
struct surveyor_key
{
    support::interned region;
    support::interned identity;
    support::interned credential;

    std::strong_ordering operator<=>(const surveyor_key&) const = default;
    bool operator==(const surveyor_key&) const = default;
};

inline surveyor_key surveyor_of(const target& which)
{
    return {which.region, which.identity, which.credential};
}

// Adds how many requests it takes to read the targets at rest one by one, among the next `most` targets after
// `after`. Gives the last of them; empty: there are no more.
std::optional<target> count_requests_at_rest(
    const reconcile_state& state,
    const std::optional<target>& after,
    std::size_t most,
    std::map<surveyor_key, std::size_t>& requests
);

// Which of some ids were found. Ids that nobody seeks are not kept, so the memory does not grow with a
// project.
class sought_ids
{
public:
    // All are sought before the first is found.
    void seek(const support::uuid& id) { ids_.push_back(id); }
    void find(const support::uuid& id);
    bool found(const support::uuid& id) const;

private:
    void sort();

    std::vector<support::uuid> ids_;
    std::vector<bool> found_;  // as ids_, once these are sorted
};

// One look at the lists of a project, which show in a few requests that what was left alone is as it was.
//
// Flow: first come the pages of the listeners, then those of the other lists in any order, and confirm_next()
//   follows when all have come.
// Guarantees: a list only ever confirms a target at rest, as it was read. What it does not show, or shows
//   otherwise, is read in a pass of its own, so a list has no part in what is written.
// Caveats: Barbican lists a certificate whose ACL has shut this user out, so each target is also read itself
//   from time to time.
class survey
{
public:
    // The lists are asked for at `asked_at` or later.
    survey(surveyor_key who, support::time_point asked_at) : who_(std::move(who)), asked_at_(asked_at) {}

    // Gives the targets at rest that the page shows otherwise than they were read, unless a change of them is
    // under way. All pages of listeners come before the other lists.
    std::vector<target> take_listeners(
        const reconcile_state& state, const std::vector<cloud::listener>& page
    );
    void take_load_balancers(const std::vector<cloud::listed_load_balancer>& page);
    void take_usable_certificates(const std::vector<support::uuid>& page);

    // Whether the listeners that were listed leave anything to confirm.
    bool may_confirm() const { return !agreeing_.empty(); }
    // Confirms the next `most` targets of which all parts are as they were read. False: there are no more.
    bool confirm_next(reconcile_state& state, const cloud::project_scope& scope, std::size_t most);
    std::size_t confirmed() const { return confirmed_; }
    // Confirmed, or shown as it was read and yet to be read once more.
    std::size_t shown() const { return shown_; }

private:
    bool shows_all_of(const resting_target& known) const;

    surveyor_key who_;
    support::time_point asked_at_;
    std::vector<target> agreeing_;  // whose listeners are listed as they were read
    std::size_t next_ = 0;          // of agreeing_
    std::size_t confirmed_ = 0;
    std::size_t shown_ = 0;
    sought_ids active_load_balancers_;
    sought_ids usable_certificates_;
};

}  // namespace binding
