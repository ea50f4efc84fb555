#include "binding/observed/change_times.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;
using support::duration;

constexpr duration shortest_change = 2ms;
constexpr duration longest_step = 2s;
constexpr duration short_change = 100ms;
// While nothing is known: after these, then in steps.
constexpr duration first_look = 2ms;
constexpr duration second_look = 10ms;
constexpr duration first_step = 100ms;
constexpr int steps_of_unknown = 4;  // a step is a quarter of the time that the change has taken
// After a known time: a third of it, within these.
constexpr duration shortest_step = 30ms;
constexpr duration usual_step = 75ms;
// The first step is less than a 20th of that time, a later one two thirds of the time in addition.
constexpr int steps_of_known = 21;
// Before the shortest of the known times, because changes may have become faster: at a ninth and a third.
constexpr int earlier = 3;
constexpr int earlier_looks = 2;
// From one look to the next.
constexpr int fastest_growth = 4;

}  // namespace

void change_times::record(duration under_way, duration over)
{
    // The change ended between the two looks. What the first look found ended is remembered as a tenth
    // shorter, so that the time becomes shorter until a look comes too early. Of a short time a tenth is less
    // than what the look after one that came too early costs.
    const duration shorter = over > short_change ? over * 9 / 10 : over;
    const duration middle = std::max(under_way + (over - under_way) / 2, shorter);
    latest_.at(recorded_ % most_kept) = std::max(middle, shortest_change);
    ++recorded_;
}

// The known times and the looks on the way to the shortest of them, sorted.
std::vector<duration> change_times::looks() const
{
    const auto kept = static_cast<std::ptrdiff_t>(std::min(recorded_, most_kept));
    std::vector<duration> looks(latest_.begin(), latest_.begin() + kept);
    duration early = looks.empty() ? duration{} : std::ranges::min(looks) / earlier;
    for (int i = 0; i < earlier_looks && early >= first_step; ++i, early /= earlier)
    {
        looks.push_back(early);
    }
    std::ranges::sort(looks);
    return looks;
}

duration change_times::next_look(duration last) const
{
    const auto known = looks();
    if (known.empty())
    {
        if (last < second_look)
        {
            return last == duration{} ? first_look : second_look;
        }
        return last + std::clamp<duration>(last / steps_of_unknown, first_step, longest_step);
    }
    const duration apart = std::max(shortest_change, last / steps_of_known);
    const auto next = std::ranges::find_if(known, [&](duration look) { return look - last >= apart; });
    if (next == known.end())
    {
        const duration least = std::clamp<duration>(known.back() / 3, shortest_step, usual_step);
        const duration step = std::max(known.back() / steps_of_known, (last - known.back()) * 2 / 3);
        return last + std::clamp<duration>(step, least, longest_step);
    }
    // A change that takes a little longer than one of the known times must not wait for the next of them.
    const bool passed_one =
        next != known.begin() && std::ranges::find(latest_, *std::prev(next)) != latest_.end();
    const duration soon = passed_one ? std::max(2 * last, last + usual_step) : duration::max();
    // One change that took very long, or whose end nobody saw, must not hide the ends of those after it.
    const duration latest = std::max(fastest_growth * last, last + longest_step);
    return std::min({*next, soon, latest});
}

}  // namespace binding
