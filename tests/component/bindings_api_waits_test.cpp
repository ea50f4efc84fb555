// Requests of the bindings API that wait: how many at a time, and what ends a wait.
#include "component/bindings_api_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using answer = test::api_answer;
using test::bindings_api;

TEST_F(bindings_api, one_wait_too_many_is_429_and_creates_nothing)
{
    settings.most_waiting = 1;
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    const auto second = bind(certificate("b").id, listener, true);
    EXPECT_EQ(second.status, 429);
    EXPECT_EQ(net::find_header(second.headers, "retry-after"), "10");
    EXPECT_EQ(kube.objects().size(), 1U);
    ASSERT_TRUE(until([&] { return first->has_value(); }));
    EXPECT_EQ((*first)->status, 201);
    EXPECT_EQ(bind(certificate("c").id, listener, true).status, 201) << "the place is free again";
}

TEST_F(bindings_api, a_token_that_kubernetes_does_not_know_takes_no_place)
{
    settings.most_waiting = 1;
    open();
    auto made_up = request("POST", bindings_of(certificate("b").id), body_of(listener, true));
    made_up.headers[0].value = "Bearer slow";
    const auto first = begin(std::move(made_up));
    step();
    EXPECT_EQ(bind(certificate("a").id, listener).status, 201);
    ASSERT_TRUE(until([&] { return first->has_value(); }));
    EXPECT_EQ((*first)->status, 401);
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, a_deletion_without_a_place_to_wait_goes_on)
{
    settings.most_waiting = 1;
    open();
    const auto a = certificate("a");
    const auto made = bind(a.id, listener);
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    auto first = request("DELETE", path);
    auto second = request("DELETE", path);
    const auto waits = begin(std::move(first));
    const auto told = begin(std::move(second));
    step();
    ASSERT_TRUE(told->has_value()) << "both found a place free, and one took it";
    EXPECT_EQ((*told)->status, 202);
    EXPECT_EQ((*told)->body["binding"]["status"], "deleting");
    ASSERT_TRUE(until([&] { return waits->has_value(); }));
    EXPECT_EQ((*waits)->status, 204);
}

TEST_F(bindings_api, a_thousand_wait_without_a_watch_of_their_own)
{
    settings.requests_per_minute = 0;
    open();
    sim.hold({.service = "load-balancer", .times = {}});
    const auto a = certificate("a.example.com");
    std::vector<std::shared_ptr<std::optional<answer>>> waits;
    for (int i = 0; i < 1000; ++i)
    {
        char to[37];
        std::snprintf(to, sizeof to, "11111111-0000-4000-8000-%012d", i);
        waits.push_back(begin(request("POST", bindings_of(a.id), body_of(to))));
    }
    step();
    EXPECT_EQ(kube.objects().size(), 1000U);
    EXPECT_EQ(bind(a.id, listener).status, 429);
    EXPECT_EQ(get(bindings_of(certificate("b").id)).status, 200) << "who does not wait is answered";
    advance(10s);
    for (const auto& each : waits)
    {
        ASSERT_TRUE(each->has_value());
        EXPECT_EQ((*each)->status, 201);
    }
}

TEST_F(bindings_api, a_peer_that_goes_away_gives_its_place_up)
{
    settings.most_waiting = 1;
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    cancel();
    step();
    EXPECT_FALSE(first->has_value());
    EXPECT_EQ(bind(certificate("b").id, listener, true).status, 201);
    EXPECT_EQ(kube.objects().size(), 2U) << "what was created stays";
}

TEST_F(bindings_api, a_program_that_ends_answers_what_is_known)
{
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    door->end_waits();
    step();
    ASSERT_TRUE(first->has_value());
    EXPECT_EQ((*first)->status, 201);
    EXPECT_EQ((*first)->body["binding"]["status"], "pending");
}

TEST_F(bindings_api, a_binding_that_is_deleted_meanwhile_is_409)
{
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    ASSERT_EQ(kube.objects().size(), 1U);
    kube.remove(kube.objects().begin()->first);
    ASSERT_TRUE(until([&] { return first->has_value(); }, 5s));
    EXPECT_EQ((*first)->status, 409);
}

}  // namespace
