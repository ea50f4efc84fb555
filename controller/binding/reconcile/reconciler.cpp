#include "binding/reconcile/reconciler.hpp"

#include "binding/reconcile/cloud_reader.hpp"
#include "binding/reconcile/other_controllers.hpp"
#include "binding/reconcile/pass_outcome.hpp"
#include "binding/reconcile/writer.hpp"

#include <algorithm>
#include <utility>

namespace binding {

// The driver of the passes: it does what a pass asks for, and nothing else.
struct reconciler::impl
{
    impl(reconciler::parts with, settings how)
        : parts(std::move(with)), settings(std::move(how)), state(parts.others_sent_until)
    {}

    support::task<runtime::outcome> reconcile(target target)
    {
        const support::duration spared = begin_spared(target);
        std::optional<std::string> divided;
        if (settings.divided)
        {
            auto answered = co_await others.why_not_ours(target);
            if (!answered)
            {
                state.record_wake(target);
                co_return runtime::outcome{runtime::outcome::kind::retry, {}};
            }
            divided = std::move(*answered);
        }
        if (spared > support::duration{} && !divided)
        {
            co_return spared_outcome(spared, settings, parts.random);
        }
        reconcile_pass pass(target, wiring.now(), std::move(divided));
        const auto credential = parts.credentials.of(target);
        for (;;)
        {
            pass_action action = pass.next(wiring.now());
            for (const event& event : pass.take_events())
            {
                parts.events.record(event);
            }
            std::ranges::for_each(action.wake, [this](const auto& woken) { wake(woken); });
            if (auto* questions = std::get_if<read>(&action.step))
            {
                co_await reader.read(pass, credential, std::move(*questions));
            }
            else if (auto* writes = std::get_if<commit>(&action.step))
            {
                co_await writing.write_all(pass, std::move(*writes));
            }
            else if (auto* change = std::get_if<put>(&action.step))
            {
                // Both of two controllers may have found nobody; their write-aheads show each other by now.
                auto taken = settings.divided ? co_await others.why_not_ours(target, true)
                                              : support::result<std::optional<std::string>>();
                if (taken && *taken)
                {
                    pass.divide(std::move(**taken));
                    continue;
                }
                co_await writing.change_listener(pass, credential, std::move(*change));
            }
            else
            {
                co_return outcome_of(target, std::get<pass_end>(action.step), settings, parts.random);
            }
        }
    }

    // How long lists of the project spare the target a pass.
    support::duration begin_spared(const target& which)
    {
        const auto now = parts.clock.now();
        const auto holds = settings.resync_period * 5 / 4;
        return state.begin_spared(
            which, now, parts.clock.wall(), holds, read_period_of(which.listener, settings, now)
        );
    }

    void wake(const target& which)
    {
        state.record_wake(which);
        parts.enqueue(which);
    }

    reconciler::parts parts;
    binding::settings settings;
    reconcile_state state;
    reconcile_parts wiring{
        parts.kube, parts.credentials, parts.clock, parts.store, state, settings, parts.events
    };
    cloud_reader reader{wiring};
    other_controllers others{
        {parts.kube, parts.clock, parts.store, parts.manager, parts.namespaces}, settings.resync_period
    };
    writer writing{wiring};
    surveyor surveys{
        {parts.credentials,
         parts.clock,
         state,
         settings,
         [this](const auto& different) { wake(different); },
         parts.surveyed}
    };
};

reconciler::reconciler(parts parts, settings settings)
    : impl_(std::make_unique<impl>(std::move(parts), std::move(settings)))
{}

reconciler::~reconciler() = default;

support::task<runtime::outcome> reconciler::reconcile(target target)
{
    return impl_->reconcile(std::move(target));
}

support::task<> reconciler::run_surveys()
{
    return impl_->surveys.run();
}

std::size_t reconciler::panics() const
{
    return impl_->surveys.panics();
}

void reconciler::record_wake(const target& target)
{
    impl_->state.record_wake(target);
}

const target_facts* reconciler::facts_of(const target& target) const
{
    return impl_->state.facts_of(target);
}

bool reconciler::is_own_write(const certificate_binding& shown) const
{
    return impl_->writing.in_flight().made(shown);
}

void reconciler::hand_over(const object_changed& change)
{
    if (!change.target_before || !change.target_after)
    {
        return;
    }
    const auto with = impl_->parts.credentials.of(*change.target_after);
    if (with && with->attaches_single_bindings())
    {
        impl_->state.let_go(*change.target_before, change.after->uid);
    }
    else
    {
        impl_->state.hand_over(*change.target_before, *change.target_after, change.after->uid);
    }
}

void reconciler::stop()
{
    impl_->state.stop();
}

bool reconciler::every_put_is_resolved() const
{
    return impl_->state.every_put_is_resolved(impl_->parts.store, impl_->settings, impl_->parts.clock.now());
}

support::time_point reconciler::replicas_agree_at() const
{
    return impl_->state.replicas_agree_at(impl_->settings);
}

}  // namespace binding
