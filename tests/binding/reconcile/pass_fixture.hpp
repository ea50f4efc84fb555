#pragma once

#include "binding/reconcile/loop_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace test {

using namespace std::chrono_literals;

// The reconciler alone: the test runs its passes.
class passes_by_hand : public the_loop
{
protected:
    passes_by_hand() { restart_unseen(); }

    // A target that would be added to the queue of a process.
    struct wake_up
    {
        binding::target target;
        runtime::urgency urgency = runtime::urgency::urgent;
        support::duration delay{};

        bool operator==(const wake_up&) const = default;
    };

    kube::client& used() { return other_kube != nullptr ? *other_kube : checked; }

    void restart()
    {
        restart_unseen();
        see();
    }

    // A new process that has not listed any object yet.
    void restart_unseen()
    {
        one.emplace(
            *this,
            used(),
            cloud,
            settings,
            recorded,
            [this](const binding::target& target) { asked_for.push_back(target.listener.str()); },
            [this](const auto& target, auto urgency, auto delay) {
                woken.push_back({target, urgency, delay});
            }
        );
    }

    // Lists the present objects into the store, as the watch does.
    void see() { kube.list_into(*one->sink); }

    runtime::outcome pass(const std::string& listener = listener_1)
    {
        return run(one->reconciler.reconcile({support::interned("sao1"), *support::uuid::parse(listener)}));
    }

    // Passes until one is to be repeated after more than a minute.
    void passes(const std::string& listener = listener_1)
    {
        for (int i = 0; i < 100; ++i)
        {
            const auto end = pass(listener);
            if (end.how != runtime::outcome::kind::retry && end.pause > 1min)
            {
                return;
            }
            advance(std::max<support::duration>(end.pause, 100ms));
        }
        ADD_FAILURE() << "does not come to rest";
    }

    void few_passes()
    {
        for (int i = 0; i < 5; ++i)
        {
            pass();
            advance(10s);
        }
    }

    void create(const fake_kube::wanted& wanted)
    {
        kube.create(wanted);
        see();
    }

    // The first pass sees what has arrived; the second writes.
    runtime::outcome second_pass()
    {
        pass();
        advance(200ms);
        return pass();
    }

    // Creates a binding and runs passes until its certificate is attached.
    void attach(const std::string& name, const std::string& certificate, bool sni = true)
    {
        create({.name = name, .certificate = certificate, .listener = listener_1, .sni = sni});
        passes();
        ASSERT_EQ(kube.state(name), "active");
    }

    kube::client* other_kube = nullptr;
    binding::settings settings;
    std::vector<std::string> asked_for;
    std::vector<wake_up> woken;
    test::recorded_events recorded;
    std::optional<wiring> one;
};

}  // namespace test
