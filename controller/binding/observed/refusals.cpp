#include "binding/observed/refusals.hpp"

#include "support/backoff.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr int tries_of_a_readable_ref = 5;  // before it is more than a moment of trouble

constexpr std::string_view hint =
    "; the certificate service shows it to the controller all the same. Either it has no common name in its "
    "subject, which Octavia wants, whatever other names it has; or Octavia is older than 11.0.1 (Debian 12 "
    "has 11.0.0) and the controller uses an application credential, with which every certificate is refused: "
    "use a user with a password";

bool is_suspected(const bisection& why, const certificate_binding& object)
{
    return std::ranges::any_of(why.suspects, [&](const addition& suspect) {
        return suspect.binding == object.uid && suspect.certificate_id == object.spec.certificate_id &&
               suspect.slot == object.wanted_slot() && !object.deleting;
    });
}

}  // namespace

std::vector<bad_addition> refusals::record_refused(
    const settings& settings,
    const std::set<cloud::container_ref>& checked,
    const std::vector<addition>& added,
    const cloud::error& error,
    support::time_point now
)
{
    std::set<cloud::container_ref> refused;
    std::ranges::copy_if(error.refs, std::inserter(refused, refused.end()), [&](const auto& ref) {
        return checked.contains(ref);
    });
    if (!refused.empty())
    {
        return record_refused_refs(refused, added, error, now);
    }
    if (!added.empty())
    {
        return suspect(added, error.message);
    }
    const int times = blocked ? blocked->times + 1 : 1;
    blocked = write_backoff{
        "Octavia refuses every change of the listener: " + error.message,
        now + support::backoff{1min, settings.resync_period}.without_jitter(times),
        times
    };
    return {};
}

// quarantine, a refusal that names refs: the certificate service decides which of them are bad.
std::vector<bad_addition> refusals::record_refused_refs(
    const std::set<cloud::container_ref>& refused,
    const std::vector<addition>& added,
    const cloud::error& error,
    support::time_point now
)
{
    for (const cloud::container_ref& ref : refused)
    {
        refused_ref& named = refused_refs[ref];
        ++named.times;
        named.at = now;
        named.until = now + support::backoff{1s, 5min}.without_jitter(named.times);
        named.message = "Octavia refused a change of the listener for it: " + error.message;
        if (named.times >= tries_of_a_readable_ref)
        {
            named.message += hint;
            named.lasting = true;
        }
    }
    std::vector<bad_addition> bad;
    for (const addition& candidate : added)
    {
        const auto named = refused_refs.find(candidate.container_ref);
        if (named != refused_refs.end() && named->second.lasting && refused.contains(named->first))
        {
            bad.push_back({candidate, named->second.message});
        }
    }
    return bad;
}

// quarantine, a refusal that names no ref: one of the additions is bad.
std::vector<bad_addition> refusals::suspect(const std::vector<addition>& added, const std::string& message)
{
    std::string why = "Octavia refused the change that would have attached it: " + message;
    if (added.size() == 1)
    {
        bisection.reset();
        return {{added.front(), std::move(why)}};
    }
    bisection = binding::bisection{.suspects = added, .message = std::move(why)};
    return {};
}

// quarantine: an addition that was accepted is not the bad one. The last that remains is.
std::vector<bad_addition> refusals::record_accepted(
    const std::set<cloud::container_ref>& refs, const std::vector<addition>& added
)
{
    for (const cloud::container_ref& ref : refs)
    {
        refused_refs.erase(ref);
    }
    blocked.reset();
    unanswered.reset();
    if (!bisection)
    {
        return {};
    }
    auto& suspects = bisection->suspects;
    std::erase_if(suspects, [&](const addition& suspect) {
        return std::ranges::find(added, suspect) != added.end();
    });
    if (suspects.size() > 1)
    {
        return {};
    }
    std::vector<bad_addition> bad;
    if (suspects.size() == 1)
    {
        bad.push_back({suspects.front(), bisection->message});
    }
    bisection.reset();
    return bad;
}

void refusals::record_unanswered(const cloud::error& error, support::time_point over)
{
    const int times = unanswered ? unanswered->times + 1 : 1;
    // The message is shown once the PUT can take effect no more, and only if it had no effect.
    unanswered = write_backoff{
        "a listener update was not answered and had no effect: " + error.message,
        over + support::backoff{1s, 1min}.without_jitter(times),
        times
    };
}

void refusals::drop_bisection_without(const std::vector<const certificate_binding*>& bindings)
{
    const bool all =
        !bisection || bisection->suspects.size() ==
                          static_cast<std::size_t>(std::ranges::count_if(bindings, [&](const auto* object) {
                              return is_suspected(*bisection, *object);
                          }));
    if (!all)
    {
        bisection.reset();
    }
}

void refusals::forget_refs(
    const std::set<cloud::container_ref>& kept, const std::vector<const certificate_binding*>& bindings
)
{
    std::erase_if(refused_refs, [&](const auto& entry) {
        const bool wanted = std::ranges::any_of(bindings, [&](const certificate_binding* object) {
            return entry.first.names(object->spec.certificate_id);
        });
        return !wanted && !kept.contains(entry.first);
    });
}

}  // namespace binding
