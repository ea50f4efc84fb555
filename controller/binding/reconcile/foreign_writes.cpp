#include "binding/reconcile/foreign_writes.hpp"

#include "support/backoff.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr support::backoff between_answers{.first = 1s, .cap = 5min};
constexpr support::duration undisturbed = 15min;

}  // namespace

support::duration foreign_writes::record(const target& which, support::time_point now)
{
    forget_undisturbed(now);
    answers& known = answers_[which];
    const bool is_first = known.in_a_row == 0 || now - known.last_write >= undisturbed;
    known.last_write = now;
    if (!is_first && now < known.due)
    {
        return known.due - now;
    }
    const auto wait = is_first ? support::duration::zero() : between_answers.without_jitter(known.in_a_row);
    known.in_a_row = is_first ? 1 : known.in_a_row + 1;
    known.due = now + wait;
    return wait;
}

support::duration foreign_writes::wait(const target& which, support::time_point now) const
{
    const auto known = answers_.find(which);
    return known == answers_.end() ? support::duration::zero()
                                   : std::max(known->second.due - now, support::duration::zero());
}

// Looks through all only when they have doubled, so that many targets cost no more each than few.
void foreign_writes::forget_undisturbed(support::time_point now)
{
    if (answers_.size() < forget_at_)
    {
        return;
    }
    std::erase_if(answers_, [&](const auto& each) { return now - each.second.last_write >= undisturbed; });
    forget_at_ = std::max(forget_at_, 2 * answers_.size());
}

}  // namespace binding
