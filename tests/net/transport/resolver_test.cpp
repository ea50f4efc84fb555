#include "net/transport/resolver.hpp"

#include "net/http/peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::ElementsAre;
using testing::HasSubstr;

const auto one = boost::asio::ip::make_address("192.0.2.1");
const auto two = boost::asio::ip::make_address("192.0.2.2");

using answer = support::result<net::addresses>;

class resolver : public test::wire
{
protected:
    // Starts to look `host` up. The returned object receives the answer.
    std::shared_ptr<std::optional<answer>> start(net::resolver& in, const std::string& host)
    {
        const auto out = std::make_shared<std::optional<answer>>();
        spawn(
            [](net::resolver* from, std::string name, std::shared_ptr<std::optional<answer>> to
            ) -> support::task<> { to->emplace(co_await from->resolve(std::move(name))); }(&in, host, out)
        );
        context().restart();
        context().poll();
        return out;
    }
};

TEST_F(resolver, takes_an_address_for_its_own_answer)
{
    net::resolver resolver(executor(), clock(), [](const std::string&) -> answer {
        throw std::logic_error("looked up");
    });
    EXPECT_THAT(run(resolver.resolve("192.0.2.1")).value(), ElementsAre(one));
    EXPECT_THAT(
        run(resolver.resolve("2001:db8::1")).value(),
        ElementsAre(boost::asio::ip::make_address("2001:db8::1"))
    );
}

TEST_F(resolver, gives_what_the_look_up_finds_or_why_it_failed)
{
    net::resolver resolver(executor(), clock(), [](const std::string& host) -> answer {
        if (host == "known.test")
        {
            return net::addresses{one};
        }
        if (host == "unknown.test")
        {
            return net::addresses();
        }
        return support::fail(errc::unreachable, "look-up: the name server is silent");
    });
    EXPECT_THAT(run(resolver.resolve("known.test")).value(), ElementsAre(one));
    const auto unknown = run(resolver.resolve("unknown.test"));
    EXPECT_EQ(unknown.error().code, errc::unreachable);
    EXPECT_EQ(unknown.error().message, "look-up: there is no host of this name");
    EXPECT_TRUE(unknown.error().misdirected);
    const auto silent = run(resolver.resolve("silent.test"));
    EXPECT_EQ(silent.error().message, "look-up: the name server is silent");
    EXPECT_FALSE(silent.error().misdirected);
}

TEST_F(resolver, looks_a_name_up_once_for_all_who_ask_meanwhile)
{
    const auto end = std::make_shared<std::latch>(1);
    const auto calls = std::make_shared<std::atomic<int>>(0);
    net::resolver resolver(executor(), clock(), [end, calls](const std::string&) -> answer {
        ++*calls;
        end->wait();
        return net::addresses{one};
    });
    const auto first = start(resolver, "slow.test");
    const auto second = start(resolver, "slow.test");
    EXPECT_FALSE(first->has_value());
    end->count_down();
    run_until([&] { return first->has_value() && second->has_value(); });
    EXPECT_THAT((*second)->value(), ElementsAre(one));
    EXPECT_EQ(*calls, 1);
}

// A name server whose answer a test sets. It answers at once, or when it is told to.
class name_server
{
public:
    net::resolver::look_up_function look_up()
    {
        return [state = state_](const std::string&) -> answer {
            std::unique_lock lock(state->mutex);
            ++state->asked;
            state->changed.wait(lock, [&] { return !state->silent; });
            return state->says;
        };
    }

    void say(answer says)
    {
        const std::scoped_lock lock(state_->mutex);
        state_->says = std::move(says);
    }

    void fall_silent(bool silent)
    {
        const std::scoped_lock lock(state_->mutex);
        state_->silent = silent;
        state_->changed.notify_all();
    }

    int asked() const
    {
        const std::scoped_lock lock(state_->mutex);
        return state_->asked;
    }

private:
    struct state
    {
        std::mutex mutex;
        std::condition_variable changed;
        answer says = net::addresses{one};
        bool silent = false;
        int asked = 0;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

class remembering : public resolver
{
protected:
    void at(support::duration since_start) { clock().set(start_ + since_start); }
    std::string message()
    {
        const auto answered = run(names_.resolve("api.test"));
        return answered ? "an address" : answered.error().message;
    }
    // Starts a look-up that the name server leaves without an answer, and gives the caller's answer.
    answer in_the_silence()
    {
        server_.fall_silent(true);
        const auto out = start(names_, "api.test");
        EXPECT_EQ(clock().sleepers(), 1U) << "the caller has to wait for the name server";
        server_.fall_silent(clock().sleepers() == 1);
        clock().set(clock().now() + 250ms);
        run_until([&] { return out->has_value(); });
        return **out;
    }

    name_server server_;
    support::time_point start_ = clock().now();
    net::resolver names_{executor(), clock(), server_.look_up()};
};

TEST_F(remembering, asks_again_after_30_seconds)
{
    run(names_.resolve("api.test"));
    server_.say(net::addresses{two});
    at(30s - 1ms);
    EXPECT_THAT(run(names_.resolve("api.test")).value(), ElementsAre(one));
    EXPECT_EQ(server_.asked(), 1);
    at(30s);
    EXPECT_THAT(run(names_.resolve("api.test")).value(), ElementsAre(two));
    EXPECT_EQ(server_.asked(), 2);
}

TEST_F(remembering, waits_a_quarter_of_a_second_for_a_slow_name_server_that_answered_before)
{
    run(names_.resolve("api.test"));
    at(59min);
    EXPECT_THAT(in_the_silence().value(), ElementsAre(one));
    // The look-up goes on without a waiter, and its answer counts.
    server_.say(net::addresses{two});
    server_.fall_silent(false);
    at(59min + 25s);
    EXPECT_THAT(run(names_.resolve("api.test")).value(), ElementsAre(two));
    EXPECT_EQ(server_.asked(), 2);
}

TEST_F(remembering, uses_the_last_answer_where_the_look_up_fails)
{
    run(names_.resolve("api.test"));
    server_.say(support::fail(errc::unreachable, "look-up: the name server fails"));
    at(1h - 1ms);
    EXPECT_THAT(run(names_.resolve("api.test")).value(), ElementsAre(one));
    at(1h);
    EXPECT_EQ(message(), "look-up: the name server fails");
}

TEST_F(remembering, forgets_a_host_whose_name_is_gone)
{
    run(names_.resolve("api.test"));
    server_.say(net::addresses());
    at(31s);
    EXPECT_EQ(message(), "look-up: there is no host of this name");
    server_.say(support::fail(errc::unreachable, "look-up: the name server fails"));
    EXPECT_EQ(message(), "look-up: the name server fails");
}

TEST_F(remembering, remembers_no_failure)
{
    server_.say(support::fail(errc::unreachable, "look-up: the name server fails"));
    EXPECT_EQ(message(), "look-up: the name server fails");
    server_.say(net::addresses{one});
    EXPECT_EQ(message(), "an address");
}

TEST_F(resolver, lets_no_slow_name_hold_up_another)
{
    const auto end = std::make_shared<std::latch>(1);
    net::resolver resolver(executor(), clock(), [end](const std::string& host) -> answer {
        if (host == "slow.test")
        {
            end->wait();
        }
        return net::addresses{one};
    });
    const auto slow = start(resolver, "slow.test");
    EXPECT_TRUE(run(resolver.resolve("fast.test")).has_value());
    EXPECT_FALSE(slow->has_value());
    end->count_down();
    run_until([&] { return slow->has_value(); });
}

// Names that are slow until `end`; others answer at once.
net::resolver::look_up_function slow_until(const std::shared_ptr<std::latch>& end, std::atomic<int>& calls)
{
    return [end, &calls](const std::string& host) -> answer {
        ++calls;
        calls.notify_all();
        if (host.starts_with("slow"))
        {
            end->wait();
        }
        return net::addresses{one};
    };
}

void wait_until(const std::atomic<int>& calls, int wanted)
{
    for (int known = calls; known < wanted; known = calls)
    {
        calls.wait(known);
    }
}

TEST_F(resolver, starts_only_so_many_threads_and_lets_who_finds_none_wait)
{
    const auto end = std::make_shared<std::latch>(1);
    std::atomic<int> calls = 0;
    net::resolver resolver(executor(), clock(), slow_until(end, calls));
    std::vector<std::shared_ptr<std::optional<answer>>> answers;
    for (int i = 0; i < 16; ++i)
    {
        answers.push_back(start(resolver, "slow" + std::to_string(i) + ".test"));
    }
    for (int i = 0; i < 20; ++i)
    {
        answers.push_back(start(resolver, "more" + std::to_string(i) + ".test"));
    }
    wait_until(calls, 16);
    EXPECT_TRUE(std::ranges::none_of(answers, [](const auto& answered) { return answered->has_value(); }));
    end->count_down();
    run_until([&] {
        return std::ranges::all_of(answers, [](const auto& answered) { return answered->has_value(); });
    });
    EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& answered) { return (*answered)->has_value(); }));
    EXPECT_EQ(calls, 36);
}

// Otherwise everybody who may name a cloud could stop the look-ups of all others.
TEST_F(resolver, lets_no_slow_names_hold_up_one_that_was_found_before)
{
    const auto end = std::make_shared<std::latch>(1);
    std::atomic<int> calls = 0;
    net::resolver resolver(executor(), clock(), slow_until(end, calls));
    run(resolver.resolve("known.test"));
    clock().set(clock().now() + 2h);
    std::vector<std::shared_ptr<std::optional<answer>>> answers;
    for (int i = 0; i < 40; ++i)
    {
        answers.push_back(start(resolver, "slow" + std::to_string(i) + ".test"));
    }
    const auto known = start(resolver, "known.test");
    run_until([&] { return known->has_value(); });
    EXPECT_TRUE((*known)->has_value());
    wait_until(calls, 18);
    EXPECT_EQ(calls, 18);
    end->count_down();
    run_until([&] {
        return std::ranges::all_of(answers, [](const auto& answered) { return answered->has_value(); });
    });
}

TEST_F(resolver, may_end_with_its_loop_before_the_look_up_does)
{
    const auto end = std::make_shared<std::latch>(1);
    const auto ended = std::make_shared<std::latch>(1);
    {
        boost::asio::io_context lost;
        net::resolver resolver(lost.get_executor(), clock(), [end, ended](const std::string&) -> answer {
            end->wait();
            ended->count_down();
            return net::addresses{one};
        });
        boost::asio::co_spawn(lost, resolver.resolve("slow.test"), boost::asio::detached);
        lost.poll();
    }
    end->count_down();
    ended->wait();
}

}  // namespace
