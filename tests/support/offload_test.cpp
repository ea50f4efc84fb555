#include "support/offload.hpp"

#include "support/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace {

support::task<> run_and_note(
    support::offload& offload, std::function<void()> work, std::vector<std::string>& notes, std::string note
)
{
    co_await offload.run(std::move(work));
    notes.push_back(std::move(note));
}

TEST(offload, runs_the_work_in_a_thread_of_its_own_while_the_loop_goes_on)
{
    asio::io_context loop(1);
    const auto worker = support::create_worker_thread();
    std::promise<void> loop_went_on;
    const auto went_on = std::make_shared<std::future<void>>(loop_went_on.get_future());
    const auto worked_in = std::make_shared<std::thread::id>();
    std::vector<std::string> notes;
    asio::co_spawn(
        loop,
        run_and_note(
            *worker,
            [went_on, worked_in] {
                went_on->wait();
                *worked_in = std::this_thread::get_id();
            },
            notes,
            "worked"
        ),
        asio::detached
    );
    asio::post(loop, [&] {
        notes.emplace_back("the loop goes on");
        loop_went_on.set_value();
    });
    loop.run();
    EXPECT_THAT(notes, testing::ElementsAre("the loop goes on", "worked"));
    EXPECT_NE(*worked_in, std::thread::id());
    EXPECT_NE(*worked_in, std::this_thread::get_id());
}

TEST(offload, runs_in_the_order_of_the_calls)
{
    asio::io_context loop(1);
    const auto worker = support::create_worker_thread();
    std::vector<std::string> notes;
    for (const char* name : {"a", "b", "c"})
    {
        asio::co_spawn(loop, run_and_note(*worker, [] {}, notes, name), asio::detached);
    }
    loop.run();
    EXPECT_THAT(notes, testing::ElementsAre("a", "b", "c"));
}

TEST(offload, a_caller_that_is_cancelled_does_not_wait)
{
    asio::io_context loop(1);
    auto worker = support::create_worker_thread();
    std::promise<void> end;
    const auto ended = std::make_shared<std::future<void>>(end.get_future());
    const auto finished = std::make_shared<bool>(false);
    const auto begun = std::make_shared<std::promise<void>>();
    std::vector<std::string> notes;
    asio::cancellation_signal stop;
    bool aborted = false;
    asio::co_spawn(
        loop,
        run_and_note(
            *worker,
            [ended, finished, begun] {
                begun->set_value();
                ended->wait();
                *finished = true;
            },
            notes,
            "worked"
        ),
        asio::bind_cancellation_slot(
            stop.slot(), [&](const std::exception_ptr& thrown) { aborted = thrown != nullptr; }
        )
    );
    asio::post(loop, [&] {
        begun->get_future().wait();
        stop.emit(asio::cancellation_type::terminal);
    });
    loop.run_one();
    while (!aborted)
    {
        loop.run_one();
    }
    EXPECT_FALSE(*finished);
    EXPECT_THAT(notes, testing::IsEmpty());
    end.set_value();
    worker.reset();
    EXPECT_TRUE(*finished) << "its destruction waits for what has begun";
    loop.run();
}

TEST(offload, on_the_spot_runs_in_the_caller)
{
    asio::io_context loop(1);
    std::vector<std::string> notes;
    std::thread::id worked_in;
    asio::co_spawn(
        loop,
        run_and_note(
            support::on_the_spot(), [&] { worked_in = std::this_thread::get_id(); }, notes, "worked"
        ),
        asio::detached
    );
    loop.run();
    EXPECT_EQ(worked_in, std::this_thread::get_id());
    EXPECT_THAT(notes, testing::ElementsAre("worked"));
}

}  // namespace
