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

    // One process without its queue.
    struct alone
    {
        explicit alone(rounds_by_hand& test)
            : credentials(&test.cloud),
              store(
                  credentials,
                  [](const auto&, const auto*, const auto*) {},
                  [] {},
                  [this](const auto& where, const auto* before, const auto* after) {
                      rounds.changed(where, before, after);
                  }
              ),
              sink(&store.scope("")),
              rounds(
                  {test.used(),
                   credentials,
                   test.clock(),
                   store,
                   random,
                   [&test](binding::target t) { test.asked_for.push_back(t.listener.str()); },
                   test.seen},
                  test.settings
              )
        {}

        support::random_engine random{1};
        one_cloud credentials;
        binding::binding_index store;
        runtime::object_sink* sink;
        binding::reconciler rounds;
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
    test::recorded_events seen;
    std::optional<alone> one;
};

}  // namespace test
