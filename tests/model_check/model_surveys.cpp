// Looks at the lists of the project, and the passes that they spare. The lists are asked for one after the
// other, each in a move of its own, so the world may change between two of them.
#include "binding/reconcile/surveyor.hpp"
#include "model_check/model.hpp"

#include <algorithm>
#include <limits>

namespace prove {

using support::uuid;

void model::step_survey(fate& decides)
{
    now += tick;
    auto& survey = running->survey;
    if (!survey)
    {
        tell([] { return "a look at the lists begins"; });
        const binding::surveyor_key who{support::interned(cloud.here.region), {}, {}};
        survey.emplace(survey_under_way{binding::survey(who, now), elsewhere.value_or(cloud.here)});
        return;
    }
    const bool answered = !elsewhere && !decides.read_fails();
    switch (survey->lists_asked_for++)
    {
        case 0:
            return answered ? list_listeners(decides) : void();
        case 1:
            return answered ? list_load_balancers() : void();
        case 2:
            return answered && !cloud.away ? list_certificates() : void();
        default:
            break;
    }
    survey->seen.confirm_next(running->state, survey->scope, std::numeric_limits<std::size_t>::max());
    tell([&] { return "the lists confirm " + std::to_string(survey->seen.confirmed()) + " targets"; });
    survey.reset();
}

void model::list_listeners(fate& decides)
{
    std::vector<cloud::listener> page;
    for (const auto& [id, row] : cloud.listeners)
    {
        if (decides.list_is_wrong_about(id))
        {
            continue;
        }
        page.push_back(*cloud.listener(id));
        if (const outdated_slots* stale = outdated_answer(id, decides))
        {
            page.back().default_ref = stale->slots.default_ref;
            page.back().sni_refs = stale->slots.sni_refs;
        }
    }
    for (const binding::target& different : running->survey->seen.take_listeners(running->state, page))
    {
        tell([&] { return "the list shows " + name_of(different.listener) + " otherwise than it was read"; });
        enqueue(different);
    }
}

void model::list_load_balancers()
{
    std::vector<cloud::listed_load_balancer> page;
    for (const auto& [id, status] : cloud.balancers)
    {
        page.push_back({id, status});
    }
    running->survey->seen.take_load_balancers(page);
}

void model::list_certificates()
{
    std::vector<uuid> page;
    for (const auto& [id, usable] : cloud.certificates)
    {
        if (usable && !cloud.dead.contains(id))
        {
            page.push_back(*uuid::parse(id));
        }
    }
    running->survey->seen.take_usable_certificates(page);
}

// As reconciler::impl::begin_spared.
bool model::is_spared(const binding::target& target)
{
    const auto holds = settings.resync_period * 5 / 4;
    const auto for_now = running->state.begin_spared(
        target, now, wall(), holds, binding::read_period_of(target.listener, settings, now)
    );
    if (for_now <= support::duration{})
    {
        return false;
    }
    running->due.insert_or_assign(target, now + for_now);
    ++spared;
    tell([&] { return "the lists spare " + name_of(target.listener) + " a pass"; });
    return true;
}

}  // namespace prove
