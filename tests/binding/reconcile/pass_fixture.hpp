#pragma once

#include "binding/reconcile/loop_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace test {

using namespace std::chrono_literals;

// The reconciler alone: a test runs its rounds.
class rounds_by_hand : public the_loop
{
protected:
    rounds_by_hand() { one.emplace(*this); }

    // What the queue of a process would be asked for.
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
        explicit alone(rounds_by_hand& test)
            : credentials(&test.cloud),
              store(
                  credentials,
                  [this](const auto& change) { on_change(change, change_parts); },
                  [this] { on_all_listed(change_parts); }
              ),
              sink(&store.scope("")),
              expiry(test.clock(), test.seen, test.settings.expiry_warning_days),
              rounds(
                  {test.used(),
                   credentials,
                   test.clock(),
                   store,
                   random,
                   [&test](binding::target t) { test.asked_for.push_back(t.listener.str()); },
                   test.seen},
                  test.settings
              ),
              change_parts(
                  {store,
                   rounds,
                   test.seen,
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
        binding::reconciler rounds;
        binding::change_parts change_parts;
    };

    kube::client& used() { return other_kube != nullptr ? *other_kube : checked; }

    void restart()
    {
        one.emplace(*this);
        see();
    }

    // What the watch shows now.
    void see() { kube.list_into(*one->sink); }

    runtime::outcome round(const std::string& listener = listener_1)
    {
        return run(one->rounds.reconcile({support::interned("sao1"), *support::uuid::parse(listener)}));
    }

    // Rounds until one wants a rest of a minute.
    void rounds(const std::string& listener = listener_1)
    {
        for (int i = 0; i < 100; ++i)
        {
            const auto end = round(listener);
            if (end.how != runtime::outcome::kind::retry && end.pause > 1min)
            {
                return;
            }
            advance(std::max<support::duration>(end.pause, 100ms));
        }
        ADD_FAILURE() << "does not come to rest";
    }

    void few_rounds()
    {
        for (int i = 0; i < 5; ++i)
        {
            round();
            advance(10s);
        }
    }

    void create(const fake_kube::wanted& wanted)
    {
        kube.create(wanted);
        see();
    }

    // A first round sees what has arrived; the next one writes.
    runtime::outcome second_round()
    {
        round();
        advance(200ms);
        return round();
    }

    // A binding that was seen to be attached.
    void attach(const std::string& name, const std::string& certificate, bool sni = true)
    {
        create({.name = name, .certificate = certificate, .listener = listener_1, .sni = sni});
        rounds();
        ASSERT_EQ(kube.state(name), "active");
    }

    kube::client* other_kube = nullptr;
    binding::settings settings;
    std::vector<std::string> asked_for;
    std::vector<wake_up> woken;
    test::recorded_events seen;
    std::optional<alone> one;
};

}  // namespace test
