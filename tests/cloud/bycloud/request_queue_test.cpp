#include "cloud/bycloud/request_queue.hpp"

#include "support/loop.hpp"

#include <algorithm>
#include <vector>

namespace {

using namespace std::chrono_literals;
using cloud::certificate_reading;
using cloud::purpose;
using cloud::bycloud::rate_report;
using cloud::bycloud::request_queue;
using verdict = request_queue::verdict;

class requests : public test::loop
{
protected:
    // Sends one request that takes `time`; its outcome is written into `log`.
    support::task<> send(
        std::string name, purpose what_for, std::string key = {}, support::duration time = 10ms
    )
    {
        request_queue::request turn(queue, what_for, std::move(key));
        switch (co_await queue.wait(turn))
        {
            case verdict::send:
                sent.push_back(name);
                co_await clock().sleep_for(time);
                queue.answered(turn, report);
                queue.share(turn, {clock().now(), std::make_shared<const cloud::service_certificate>()});
                ended.push_back(name + " sent");
                co_return;
            case verdict::answered:
                ended.push_back(name + " answered");
                co_return;
            case verdict::turned_away:
                ended.push_back(name + " turned away");
                retry_after = turn.retry_after();
                co_return;
        }
    }

    void exhaust(int requests)
    {
        for (int i = 0; i < requests; ++i)
        {
            spawn(send("x", purpose::detach));
            advance(10ms);
        }
        sent.clear();
        ended.clear();
    }

    support::random_engine random{1};
    request_queue queue{clock(), random};
    rate_report report;
    std::vector<std::string> sent;
    std::vector<std::string> ended;
    support::duration retry_after{};
};

TEST_F(requests, go_by_purpose_and_then_by_arrival)
{
    // One answer says that nothing is left for a second.
    report = {true, 1s, {}, {}, {}};
    spawn(send("first", purpose::verify));
    advance(10ms);
    report = {};
    spawn(send("verify", purpose::verify));
    spawn(send("wait", purpose::wait));
    spawn(send("attach 1", purpose::attach));
    spawn(send("attach 2", purpose::attach));
    spawn(send("detach", purpose::detach));
    advance(1500ms);
    EXPECT_EQ(sent, (std::vector<std::string>{"first", "detach", "attach 1", "attach 2", "wait", "verify"}));
}

TEST_F(requests, for_the_same_certificate_share_one_answer)
{
    report = {true, 1s, {}, {}, {}};
    spawn(send("first", purpose::verify));
    advance(10ms);
    report = {};
    for (const char* name : {"a", "b", "c"})
    {
        spawn(send(name, purpose::wait, "sao1/1"));
    }
    spawn(send("other", purpose::wait, "sao1/2"));
    spawn(send("d", purpose::attach, "sao1/1"));
    advance(1s);
    EXPECT_EQ(sent, (std::vector<std::string>{"first", "d", "other"}));
    spawn(send("late", purpose::attach, "sao1/1"));
    advance(100ms);
    EXPECT_EQ(std::ranges::count_if(ended, [](const auto& line) { return line.ends_with("answered"); }), 3);
    EXPECT_EQ(
        sent.back(), "late"
    ) << "an answer that was asked for before says nothing about what came later";
}

TEST_F(requests, that_share_are_turned_away_when_the_sender_is_cancelled)
{
    const auto cancel = spawn(send("leader", purpose::wait, "k", 10s));
    step();
    EXPECT_EQ(sent.size(), 1U);
    report = {};
    const auto cancel_second = spawn(send("second", purpose::wait, "k", 10s));
    step();
    EXPECT_EQ(sent.size(), 2U) << "it came after the first was sent";
    spawn(send("follower", purpose::wait, "k"));
    step();
    cancel();
    cancel_second();
    advance(3s);
    EXPECT_EQ(queue.waiting(), 0U);
    EXPECT_EQ(ended, (std::vector<std::string>{"follower sent"}));
}

TEST_F(requests, that_would_wait_longer_than_a_pass_may_are_turned_away)
{
    exhaust(60);
    spawn(send("late", purpose::attach));
    step();
    EXPECT_EQ(ended, (std::vector<std::string>{"late turned away"}));
    EXPECT_GT(retry_after, 55s);
    EXPECT_LT(retry_after, 70s);
}

TEST_F(requests, wait_a_little_for_their_turn)
{
    report = {true, 1500ms, {}, {}, {}};
    spawn(send("first", purpose::detach));
    advance(10ms);
    report = {};
    spawn(send("second", purpose::attach));
    step();
    EXPECT_EQ(queue.waiting(), 1U);
    advance(1600ms);
    EXPECT_EQ(ended.back(), "second sent");
}

TEST_F(requests, of_the_lowest_purpose_make_room)
{
    report = {true, 1500ms, {}, {}, {}};
    spawn(send("first", purpose::detach));
    advance(10ms);
    report = {};
    for (int i = 0; i < 24; ++i)
    {
        spawn(send("verify", purpose::verify));
    }
    step();
    EXPECT_EQ(queue.waiting(), 24U);
    spawn(send("detach", purpose::detach));
    step();
    EXPECT_EQ(queue.waiting(), 24U);
    EXPECT_EQ(ended.back(), "verify turned away");
    EXPECT_LT(retry_after, 5s);
    spawn(send("one more", purpose::verify));
    step();
    EXPECT_EQ(ended.back(), "one more turned away");
    advance(3s);
    EXPECT_EQ(sent[1], "detach");
}

TEST_F(requests, that_end_without_an_answer_free_their_place)
{
    std::vector<std::function<void()>> cancels;
    for (int i = 0; i < 8; ++i)
    {
        cancels.push_back(spawn(send("hangs", purpose::attach, {}, 1h)));
    }
    step();
    spawn(send("waits", purpose::attach));
    step();
    EXPECT_EQ(sent.size(), 8U);
    cancels.front()();
    step();
    EXPECT_EQ(sent.back(), "waits");
    for (const auto& cancel : cancels)
    {
        cancel();
    }
    advance(1s);
}

}  // namespace
