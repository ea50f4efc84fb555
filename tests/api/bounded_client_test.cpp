#include "api/bounded_client.hpp"

#include "kube/decoder.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::result;
using support::task;

const std::string a_page_before_others =
    R"({"metadata":{"resourceVersion":"1","continue":"more"},"items":[]})";
const std::string the_last_page = R"({"metadata":{"resourceVersion":"1"},"items":[]})";

struct counts
{
    int reads = 0;
    int lists = 0;  // begun, and not at their last page
    int most_lists = 0;
    bool lists_fail = false;
};

// A server that takes a second for each read and for each of the two pages of a list.
class slow_server final : public kube::client
{
public:
    slow_server(support::clock& clock, counts& under_way) : clock_(clock), under_way_(under_way) {}

    task<result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource /*resource*/, std::string /*name_space*/, std::string /*name*/
    ) override
    {
        ++under_way_.reads;
        co_await clock_.sleep_for(1s);
        --under_way_.reads;
        co_return nullptr;
    }
    task<result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        const bool is_first = request.continue_token.empty();
        under_way_.lists += is_first ? 1 : 0;
        under_way_.most_lists = std::max(under_way_.most_lists, under_way_.lists);
        co_await clock_.sleep_for(1s);
        if (under_way_.lists_fail)
        {
            --under_way_.lists;
            co_return support::fail(support::errc::unreachable, "no answer");
        }
        under_way_.lists -= is_first ? 0 : 1;
        co_return kube::decode_list(is_first ? a_page_before_others : the_last_page);
    }
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
    counts& under_way_;
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

    // The client waits on when the list has ended, as that of a call does which deletes what it found.
    task<> list()
    {
        const auto client = api::bounded(std::make_unique<slow_server>(clock(), under_way), calls, [] {});
        kube::list_request request;
        do
        {
            const auto page = co_await client->list(request);
            refused += !page && page.error().http_status == 429 ? 1 : 0;
            if (!page)
            {
                break;
            }
            request.continue_token = (*page)->continue_token();
            answered += request.continue_token.empty() ? 1 : 0;
        } while (!request.continue_token.empty());
        co_await clock().sleep_for(1min);
    }

    api::calls_under_way calls;
    counts under_way;
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
    EXPECT_EQ(under_way.reads, 64);
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

// The pages of a list are in memory until its last one has come.
TEST_F(bounded_client, lets_few_lists_be_under_way_from_the_first_page_to_the_last)
{
    for (int i = 0; i < 12; ++i)
    {
        spawn(list());
        step();
    }
    spawn(read());
    advance(1s);
    EXPECT_EQ(answered, 1) << "a read does not wait for lists";
    advance(5s);
    EXPECT_EQ(under_way.most_lists, 4);
    EXPECT_EQ(answered, 13);
    EXPECT_EQ(calls.waiting, 0U);
    advance(1min);
}

TEST_F(bounded_client, refuses_a_list_where_too_many_wait_and_none_between_its_pages)
{
    calls.most_waiting = 3;
    for (int i = 0; i < 9; ++i)
    {
        spawn(list());
        step();
    }
    EXPECT_EQ(refused, 2);
    advance(5s);
    EXPECT_EQ(answered, 7);
    EXPECT_EQ(refused, 2);
    advance(1min);
}

TEST_F(bounded_client, a_list_that_fails_or_is_cancelled_lets_the_next_begin)
{
    under_way.lists_fail = true;
    for (int i = 0; i < 4; ++i)
    {
        spawn(list());
    }
    advance(1s);
    under_way.lists_fail = false;
    std::vector<std::function<void()>> cancels;
    for (int i = 0; i < 4; ++i)
    {
        cancels.push_back(spawn(list()));
    }
    advance(1s);
    EXPECT_EQ(under_way.lists, 4) << "whose last page has not come";
    for (const auto& cancel : cancels)
    {
        cancel();
    }
    spawn(list());
    advance(2s);
    EXPECT_EQ(answered, 1);
    advance(1min);
}

}  // namespace
