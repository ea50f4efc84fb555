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
    passes_by_hand() { one.emplace(*this); }

    // A target that would be added to the queue of a process.
    struct wake_up
    {
        binding::target target;
        runtime::urgency urgency = runtime::urgency::urgent;
        support::duration delay{};

        bool operator==(const wake_up&) const = default;
    };

    // One process without its queue.
    struct alone
    {
        explicit alone(passes_by_hand& test)
            : credentials(&test.cloud),
              store(
                  credentials,
                  [this](const auto& change) { on_change(change, change_parts); },
                  [this] { on_all_listed(change_parts); }
              ),
              sink(&store.scope("")),
              expiry(test.clock(), test.recorded, test.settings.expiry_warning_days),
              reconciler(
                  {test.used(),
                   credentials,
                   test.clock(),
                   store,
                   random,
                   [&test](binding::target t) { test.asked_for.push_back(t.listener.str()); },
                   test.recorded},
                  test.settings
              ),
              change_parts(
                  {store,
                   reconciler,
                   test.recorded,
                   expiry,
                   test.settings.settle,
                   [&test](const auto& target, auto urgency, auto delay) {
                       test.woken.push_back({target, urgency, delay});
                   }}
              )
        {}

        support::random_engine random{1};
        one_cloud credentials;
        binding::binding_index store;
        runtime::object_sink* sink;
        binding::expiry_warnings expiry;
        binding::reconciler reconciler;
        binding::change_parts change_parts;
    };

    kube::client& used() { return other_kube != nullptr ? *other_kube : checked; }

    void restart()
    {
        one.emplace(*this);
        see();
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
    std::optional<alone> one;
};

}  // namespace test
