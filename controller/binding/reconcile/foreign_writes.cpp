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
    if (now < known.last_due)
    {
        return known.last_due - now;
    }
    if (now - known.last_due >= undisturbed)
    {
        known.in_a_row = 0;
    }
    const auto wait =
        known.in_a_row == 0 ? support::duration::zero() : between_answers.without_jitter(known.in_a_row);
    known.in_a_row += 1;
    known.last_due = now + wait;
    return wait;
}

// Looks through all only when they have doubled, so that many targets cost no more each than few.
void foreign_writes::forget_undisturbed(support::time_point now)
{
    if (answers_.size() < forget_at_)
    {
        return;
    }
    std::erase_if(answers_, [&](const auto& each) { return now - each.second.last_due >= undisturbed; });
    forget_at_ = std::max(forget_at_, 2 * answers_.size());
}

}  // namespace binding
