// What an operator sees of the whole controller: its page for debugging, its metrics and its Events.
#include "component/controller_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class seen_from_outside : public test::controller_world
{
protected:
    json targets(const std::string& query = "") const
    {
        return json::parse(running->controller.debug_targets(query).body).at("items");
    }

    // The Events with this reason about this kind of object.
    std::size_t told(const std::string& reason, const std::string& kind) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(kube.events, [&](const json& event) {
            return event["reason"] == reason && event["regarding"]["kind"] == kind;
        }));
    }
};

TEST_F(seen_from_outside, what_a_listener_waits_for)
{
    kube.create({.name = "web", .certificate = certificate("a.example.com").id, .listener = listener});
    kube.create(
        {.name = "lost", .certificate = certificate("b.example.com").id, .listener = support::uuid().str()}
    );
    start();
    // A second answer proves that the listener is gone.
    ASSERT_TRUE(until([&] {
        return kube.state("web") == "active" && kube.state("lost") == "error" &&
               !targets("waits_for=person").empty();
    }));
    step();
    ASSERT_EQ(targets().size(), 2U);
    const json rests = targets("waits_for=check");
    ASSERT_EQ(rests.size(), 1U);
    EXPECT_EQ(rests[0]["listener"], listener);
    EXPECT_EQ(rests[0]["bindings"], 1);
    EXPECT_TRUE(rests[0]["notReady"].empty());
    const json lost = targets("waits_for=person");
    ASSERT_EQ(lost.size(), 1U);
    EXPECT_EQ(lost[0]["notReady"][0]["name"], "shop/lost");
    EXPECT_EQ(lost[0]["notReady"][0]["reason"], "ListenerNotFound");
    EXPECT_NE(lost[0]["lastError"], "");
    EXPECT_THAT(
        metrics(),
        AllOf(
            HasSubstr("certificatebinding_targets{waits_for=\"check\"} 1\n"),
            HasSubstr("certificatebinding_targets{waits_for=\"person\"} 1\n"),
            HasSubstr("certificatebinding_targets{waits_for=\"work\"} 0\n")
        )
    );
}

TEST_F(seen_from_outside, how_often_targets_were_taken_and_that_nothing_is_under_way_at_rest)
{
    kube.create({.name = "web", .certificate = certificate("a.example.com").id, .listener = listener});
    start();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    step();
    const std::string queue = "{name=\"certificatebinding\",controller=\"certificatebinding\"}";
    EXPECT_THAT(
        metrics(), testing::ContainsRegex("workqueue_adds_total\\" + queue.substr(0, 1) + ".*\\} [1-9]")
    );
    EXPECT_THAT(
        metrics(),
        AllOf(
            HasSubstr("workqueue_unfinished_work_seconds" + queue + " 0\n"),
            HasSubstr("workqueue_longest_running_processor_seconds" + queue + " 0\n"),
            HasSubstr("controller_runtime_reconcile_panics_total{controller=\"certificatebinding\"} 0\n")
        )
    );
}

TEST_F(seen_from_outside, many_bindings_with_one_trouble_are_one_event_of_their_namespace)
{
    for (int i = 0; i < 50; ++i)
    {
        kube.create(
            {.name = "b" + std::to_string(i),
             .certificate = certificate("b" + std::to_string(i) + ".example.com").id,
             .listener = support::uuid().str()}
        );
    }
    start();
    const auto all_lost = [&] {
        for (int i = 0; i < 50; ++i)
        {
            if (kube.state("b" + std::to_string(i)) != "error")
            {
                return false;
            }
        }
        return true;
    };
    ASSERT_TRUE(until(all_lost));
    advance(2min);
    EXPECT_EQ(told("ListenerNotFound", "Namespace"), 1U);
    EXPECT_EQ(told("ListenerNotFound", "CertificateBinding"), 20U);
    EXPECT_EQ(kube.events.back()["regarding"]["kind"], "Namespace");
    EXPECT_THAT(
        kube.events.back()["note"].get<std::string>(),
        HasSubstr("30 further changes of bindings of this namespace to ListenerNotFound; the newest, of b")
    );
}

}  // namespace
