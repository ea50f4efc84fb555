#include "binding/events/recorder.hpp"

#include "binding/events/event_builders.hpp"
#include "support/log.hpp"

namespace binding {
namespace {

using namespace std::chrono_literals;
using support::log_level;

constexpr support::duration told_again_after = 1h;  // about as long as Kubernetes keeps an event

log_level level_of(bool warning)
{
    return warning ? log_level::warn : log_level::info;
}

}  // namespace

void recorder::tell(const std::vector<notice>& notices)
{
    if (notices.empty())
    {
        return;
    }
    const auto now = clock_.now();
    std::erase_if(told_, [&](const auto& one) { return now - one.second >= told_again_after; });
    for (const notice& each : notices)
    {
        const certificate_binding* object = store_.find(each.uid);
        if (object == nullptr)
        {
            continue;
        }
        if (told_.try_emplace({each.uid, each.reason + each.message}, now).second || each.at_once)
        {
            support::log(
                level_of(each.warning),
                each.message,
                {{"binding", object->full_name()}, {"reason", each.reason}}
            );
            const std::string action = object->deleting ? "Detach" : "Attach";
            observer_.happened(*object, {each.warning, each.reason, action, each.message});
        }
    }
}

void recorder::tell_change(const certificate_binding& before, const certificate_binding& after)
{
    const auto what = change_of_state(before, after);
    if (!what)
    {
        return;
    }
    support::log(
        level_of(what->warning),
        "the binding is " + std::string(name_of(after.status.state)),
        {{"binding", after.full_name()},
         {"reason", what->reason},
         {"message", after.status[condition_type::ready].message.str()}}
    );
    observer_.happened(after, *what);
}

void recorder::forget(const support::uuid& uid)
{
    const auto first = told_.lower_bound({uid, ""});
    auto last = first;
    while (last != told_.end() && last->first.first == uid)
    {
        ++last;
    }
    told_.erase(first, last);
}

void recorder::tell_orphans(
    const certificate_binding& before, const certificate_binding* after, const target_state* memory
)
{
    std::vector<attachment> left = before.status.ledger.attachments;
    if (memory != nullptr)
    {
        const auto known = memory->bindings.find(before.uid);
        const bool is_known = known != memory->bindings.end();
        if (is_known && known->second.released)
        {
            return;
        }
        const bool wrote_it = is_known && known->second.held;
        left = still_there(wrote_it ? *known->second.held : before.status.ledger, *memory);
    }
    if (const auto what = orphaned(before, after, left))
    {
        support::log(
            log_level::warn, what->note, {{"binding", before.full_name()}, {"reason", what->reason}}
        );
        observer_.refs_orphaned(left.size());
        observer_.happened_in(before.name_space.str(), *what);
    }
}

}  // namespace binding
