#include "api/bounded_client.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::result;
using support::task;

// A server that takes a second for each read.
class slow_server final : public kube::client
{
public:
    slow_server(support::clock& clock, int& under_way) : clock_(clock), under_way_(under_way) {}

    task<result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource /*resource*/, std::string /*name_space*/, std::string /*name*/
    ) override
    {
        ++under_way_;
        co_await clock_.sleep_for(1s);
        --under_way_;
        co_return nullptr;
    }
    task<result<std::unique_ptr<kube::list_page>>> list(kube::list_request) override { co_return nullptr; }
    task<result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request) override
    {
        co_return nullptr;
    }
    task<result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request) override
    {
        co_return nullptr;
    }
    task<result<std::unique_ptr<kube::object_answer>>> create(kube::create_request) override
    {
        co_return nullptr;
    }
    task<result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request) override
    {
        co_return nullptr;
    }

private:
    support::clock& clock_;
    int& under_way_;
};

class bounded_client : public test::loop
{
protected:
    task<> read()
    {
        const auto client = api::bounded(std::make_unique<slow_server>(clock(), under_way), calls, [] {});
        const auto answer = co_await client->get({}, "shop", "web");
        answered += answer ? 1 : 0;
        refused += !answer && answer.error().http_status == 429 ? 1 : 0;
    }

    api::calls_under_way calls;
    int under_way = 0;
    int answered = 0;
    int refused = 0;
};

TEST_F(bounded_client, lets_so_many_calls_reach_the_server_and_so_many_wait)
{
    calls.most_waiting = 100;
    for (int i = 0; i < 200; ++i)
    {
        spawn(read());
        step();
    }
    EXPECT_EQ(under_way, 64);
    EXPECT_EQ(refused, 36);
    advance(5s);
    EXPECT_EQ(answered, 164);
    EXPECT_EQ(calls.waiting, 0U);
}

TEST_F(bounded_client, a_caller_who_goes_away_gives_its_place_up)
{
    calls.most_waiting = 1;
    std::vector<std::function<void()>> cancels;
    for (int i = 0; i < 65; ++i)
    {
        cancels.push_back(spawn(read()));
        step();
    }
    EXPECT_EQ(calls.waiting, 1U);
    cancels.back()();
    step();
    EXPECT_EQ(calls.waiting, 0U);
    advance(2s);
    EXPECT_EQ(answered, 64);
}

}  // namespace
