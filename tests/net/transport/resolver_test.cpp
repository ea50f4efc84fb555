#include "net/transport/resolver.hpp"

#include "net/http/peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>

namespace {

using support::errc;
using testing::ElementsAre;
using testing::HasSubstr;

const auto one = boost::asio::ip::make_address("192.0.2.1");

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
        context().poll();
        context().restart();
        return out;
    }
};

TEST_F(resolver, takes_an_address_for_its_own_answer)
{
    net::resolver resolver(executor(), [](const std::string&) -> answer {
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
    net::resolver resolver(executor(), [](const std::string& host) -> answer {
        if (host == "known.test")
        {
            return net::addresses{one};
        }
        return support::fail(errc::unreachable, "look-up: there is no host of this name");
    });
    EXPECT_THAT(run(resolver.resolve("known.test")).value(), ElementsAre(one));
    EXPECT_EQ(run(resolver.resolve("unknown.test")).error().code, errc::unreachable);
}

TEST_F(resolver, looks_a_name_up_once_for_all_who_ask_meanwhile)
{
    const auto end = std::make_shared<std::latch>(1);
    const auto calls = std::make_shared<std::atomic<int>>(0);
    net::resolver resolver(executor(), [end, calls](const std::string&) -> answer {
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
    run(resolver.resolve("slow.test"));
    EXPECT_EQ(*calls, 2) << "an answer is not kept";
}

TEST_F(resolver, lets_no_slow_name_hold_up_another)
{
    const auto end = std::make_shared<std::latch>(1);
    net::resolver resolver(executor(), [end](const std::string& host) -> answer {
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
    net::resolver resolver(executor(), slow_until(end, calls));
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
    net::resolver resolver(executor(), slow_until(end, calls));
    run(resolver.resolve("known.test"));
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
        net::resolver resolver(lost.get_executor(), [end, ended](const std::string&) -> answer {
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
