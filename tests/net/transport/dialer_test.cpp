#include "net/transport/dialer.hpp"

#include "net/http/peer.hpp"
#include "net/transport/happy_eyeballs.hpp"
#include "net/transport/no_more_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;

support::task<> say_hello(std::shared_ptr<test::peer_connection> connection)
{
    co_await connection->write("hello");
    co_await connection->wait_closed();
}

net::addresses address(const std::string& text)
{
    return {boost::asio::ip::make_address(text)};
}

using dialed = support::result<std::unique_ptr<net::byte_stream>>;

class dialer : public test::wire
{
protected:
    dialed dial(net::origin to, net::resolver::look_up_function look_up = net::resolver::system_look_up)
    {
        dialer_ = net::create_dialer(executor(), clock(), std::move(look_up));
        return run(dialer_->dial(std::move(to), nullptr, clock().now() + 10s));
    }

    std::string read(net::byte_stream& from)
    {
        std::string space(100, ' ');
        const auto size = run(from.read_some(space));
        return size ? space.substr(0, *size) : "failed: " + size.error().message;
    }

    std::unique_ptr<net::dialer> dialer_;
};

TEST_F(dialer, connects_to_an_address_and_to_a_name)
{
    test::peer peer(context(), say_hello);
    for (const std::string host : {"127.0.0.1", "api.test"})
    {
        const auto stream = dial({false, host, peer.port()}, [](const std::string& name) {
            return name == "api.test" ? address("127.0.0.1") : address("127.0.0.99");
        });
        ASSERT_TRUE(stream.has_value()) << stream.error().message;
        EXPECT_EQ(read(**stream), "hello");
    }
}

TEST_F(dialer, knows_the_hosts_of_this_machine)
{
    test::peer peer(context(), say_hello);
    const auto stream = dial({false, "localhost", peer.port()});
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
}

TEST_F(dialer, fails_without_a_free_file_and_connects_when_there_is_one_again)
{
    if (test::opens_files_itself)
    {
        GTEST_SKIP() << "the sanitizer needs a file";
    }
    test::peer peer(context(), say_hello);
    dialer_ =
        net::create_dialer(executor(), clock(), [](const std::string&) { return address("127.0.0.1"); });
    for (const std::string host : {"127.0.0.1", "api.test"})
    {
        const auto dial_again = [&] {
            return run(dialer_->dial({false, host, peer.port()}, nullptr, clock().now() + 10s));
        };
        {
            // The peer accepts already, because accepting takes a file too.
            context().restart();
            context().poll();
            const test::no_more_files none;
            const auto failed = dial_again();
            ASSERT_FALSE(failed.has_value());
            EXPECT_EQ(failed.error().code, errc::unreachable);
            EXPECT_THAT(failed.error().message, HasSubstr("oo many open files"));
        }
        const auto stream = dial_again();
        ASSERT_TRUE(stream.has_value()) << stream.error().message;
        EXPECT_EQ(read(**stream), "hello");
    }
}

TEST_F(dialer, says_who_refused)
{
    const test::deaf_port refusing(context());
    const auto port = refusing.port();
    const auto stream = dial({false, "127.0.0.1", port});
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code, errc::unreachable);
    EXPECT_EQ(
        stream.error().message, "connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused"
    );
    EXPECT_TRUE(stream.error().misdirected);
}

TEST_F(dialer, says_that_a_name_is_unknown)
{
    const auto stream = dial({false, "no-such-host.invalid", 80});
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code, errc::unreachable);
    EXPECT_THAT(stream.error().message, HasSubstr("look-up: "));
}

TEST_F(dialer, leaves_a_look_up_that_does_not_end_at_the_deadline)
{
    const auto end = std::make_shared<std::latch>(1);
    std::optional<dialed> stream;
    dialer_ = net::create_dialer(executor(), clock(), [end](const std::string&) {
        end->wait();
        return address("127.0.0.1");
    });
    spawn(
        [](net::dialer* through, support::time_point deadline, std::optional<dialed>* out
        ) -> support::task<> {
            out->emplace(co_await through->dial({false, "slow.test", 80}, nullptr, deadline));
        }(dialer_.get(), clock().now() + 10s, &stream)
    );
    run_until([&] { return clock().sleepers() == 1; });
    clock().set(clock().now() + 10s);
    run_until([&] { return stream.has_value(); });
    EXPECT_EQ(stream->error().code, errc::unreachable);
    EXPECT_EQ(stream->error().message, "look-up: no answer in time");
    end->count_down();
}

TEST_F(dialer, gives_up_at_the_deadline_where_nobody_answers)
{
    const test::black_hole hole(context());
    std::optional<dialed> stream;
    dialer_ = net::create_dialer(executor(), clock());
    spawn(
        [](net::dialer* through, net::origin to, support::time_point deadline, std::optional<dialed>* out
        ) -> support::task<> {
            out->emplace(co_await through->dial(to, nullptr, deadline));
        }(dialer_.get(), {false, "127.0.0.1", hole.port()}, clock().now() + 10s, &stream)
    );
    context().poll();
    EXPECT_FALSE(stream.has_value());
    clock().set(clock().now() + 10s);
    run_until([&] { return stream.has_value(); });
    EXPECT_EQ(stream->error().code, errc::unreachable);
    EXPECT_THAT(stream->error().message, HasSubstr("no answer in time"));
}

// A host of several addresses of this machine, with one port on all of them. 127.0.0.2 and 127.0.0.3 swallow
// every SYN, and nobody listens on 127.0.0.77.
class many_addresses : public dialer
{
protected:
    // Makes a dialer of the host that has these addresses.
    void host_has(std::vector<std::string> texts)
    {
        dialer_ = net::create_dialer(executor(), clock(), [texts](const std::string&) {
            net::addresses found;
            for (const auto& text : texts)
            {
                found.push_back(boost::asio::ip::make_address(text));
            }
            return found;
        });
    }

    // Dials, and moves the clock from each wake-up to the next until the dialer has an answer.
    dialed dial_host()
    {
        const auto deadline = clock().now() + 1min;
        std::optional<dialed> stream;
        spawn(
            [](net::dialer* through, net::origin to, support::time_point deadline, std::optional<dialed>* out
            ) -> support::task<> {
                out->emplace(co_await through->dial(to, nullptr, deadline));
            }(dialer_.get(), {false, "api.test", port()}, deadline, &stream)
        );
        while (!stream)
        {
            // Only the deadline is waited for while a thread looks the name up.
            run_until([&] { return stream.has_value() || clock().next_wake().value_or(deadline) < deadline; }
            );
            settle();
            if (!stream)
            {
                clock().set(*clock().next_wake());
            }
        }
        return std::move(*stream);
    }

    // What the sockets of this machine answer at once comes before the clock moves on.
    void settle()
    {
        context().restart();
        context().poll();
    }

    void TearDown() override
    {
        peer_.reset();
        dialer_.reset();
        dialer::TearDown();
    }

    std::uint16_t port() const { return hole_.port(); }
    std::string at(const std::string& address) const { return address + ":" + std::to_string(port()); }

    // The first one chooses the port, because 127.0.0.1 is the address on which other programs have ports.
    std::optional<test::peer> peer_{std::in_place, context(), say_hello};
    test::black_hole hole_{context(), "127.0.0.2", peer_->port()};
    test::black_hole second_hole_{context(), "127.0.0.3", peer_->port()};
    support::time_point start_ = clock().now();
};

TEST_F(many_addresses, a_refusal_is_followed_by_the_next_one_at_once)
{
    host_has({"127.0.0.77", "127.0.0.1"});
    EXPECT_TRUE(dial_host().has_value());
    EXPECT_EQ(clock().now(), start_);
}

TEST_F(many_addresses, a_refusal_is_followed_by_the_next_one_while_another_is_silent)
{
    host_has({"127.0.0.2", "127.0.0.77", "127.0.0.1"});
    EXPECT_TRUE(dial_host().has_value());
    EXPECT_EQ(clock().now(), start_ + 250ms);
}

TEST_F(many_addresses, a_silent_one_costs_a_quarter_of_a_second)
{
    host_has({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    const auto stream = dial_host();
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
    EXPECT_EQ(read(**stream), "hello");
    EXPECT_EQ(clock().now(), start_ + 500ms);
}

// It is refused at once on a machine without IPv6, and is silent on others.
TEST_F(many_addresses, an_unreachable_address_of_ipv6_costs_no_more)
{
    host_has({"2001:db8::1", "127.0.0.1"});
    EXPECT_TRUE(dial_host().has_value());
    EXPECT_LE(clock().now(), start_ + 250ms);
}

TEST_F(many_addresses, the_one_that_answered_last_is_the_first)
{
    host_has({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    EXPECT_TRUE(dial_host().has_value());
    const auto second = clock().now();
    EXPECT_TRUE(dial_host().has_value());
    EXPECT_EQ(clock().now(), second);
}

TEST_F(many_addresses, a_failure_names_each_and_its_reason)
{
    host_has({"127.0.0.3", "127.0.0.77", "127.0.0.2"});
    const auto stream = dial_host();
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().code, errc::unreachable);
    EXPECT_EQ(
        stream.error().message,
        "connect to " + at("127.0.0.2") + ": no answer in time, " + at("127.0.0.3") +
            ": no answer in time, " + at("127.0.0.77") + ": Connection refused"
    );
    EXPECT_FALSE(stream.error().misdirected) << "some of them may answer later";
}

TEST_F(many_addresses, the_healthy_one_is_not_blamed_for_the_time_of_the_others)
{
    std::optional<std::string> failure;
    const net::addresses in_order{address("127.0.0.2").front(), address("127.0.0.1").front()};
    spawn(
        [](support::task<support::result<std::unique_ptr<boost::asio::ip::tcp::socket>>> connecting,
           std::optional<std::string>* out) -> support::task<> {
            const auto connected = co_await std::move(connecting);
            out->emplace(connected ? "connected" : connected.error().message);
        }(net::connect_to_any(executor(), clock(), in_order, port(), start_ + 200ms), &failure)
    );
    settle();
    clock().set(start_ + 200ms);
    run_until([&] { return failure.has_value(); });
    EXPECT_EQ(
        *failure,
        "connect to " + at("127.0.0.1") + ": not tried, because the time was over, " + at("127.0.0.2") +
            ": no answer in time"
    );
}

TEST_F(many_addresses, a_connection_takes_ten_seconds_at_most)
{
    host_has({"127.0.0.2"});
    EXPECT_FALSE(dial_host().has_value());
    EXPECT_EQ(clock().now(), start_ + 10s);
}

TEST_F(many_addresses, a_failure_names_only_so_many)
{
    std::vector<std::string> texts;
    for (int i = 1; i <= 9; ++i)
    {
        texts.push_back("127.0.0.7" + std::to_string(i));
    }
    host_has(texts);
    const auto stream = dial_host();
    ASSERT_FALSE(stream.has_value());
    EXPECT_THAT(
        stream.error().message,
        testing::EndsWith(
            "127.0.0.76:" + std::to_string(port()) + ": Connection refused, and 3 more addresses"
        )
    );
}

// A name server that takes 8 s costs a quarter of a second once it has answered.
TEST_F(many_addresses, a_slow_name_server_does_not_hold_up_a_connection_to_a_host_that_is_known)
{
    const auto silent = std::make_shared<std::atomic<bool>>(false);
    const auto end = std::make_shared<std::latch>(1);
    dialer_ = net::create_dialer(executor(), clock(), [silent, end](const std::string&) {
        if (*silent)
        {
            end->wait();
        }
        return address("127.0.0.1");
    });
    EXPECT_TRUE(dial_host().has_value());
    *silent = true;
    const auto later = start_ + 10min;
    clock().set(later);
    EXPECT_TRUE(dial_host().has_value());
    EXPECT_EQ(clock().now(), later + 250ms);
    end->count_down();
}

TEST_F(dialer, closes_the_socket_where_it_is_cancelled)
{
    const test::black_hole hole(context());
    dialer_ = net::create_dialer(executor(), clock());
    const auto cancel =
        spawn([](net::dialer* through, net::origin to, support::time_point deadline) -> support::task<> {
            (void)co_await through->dial(to, nullptr, deadline);
            ADD_FAILURE() << "cancellation must unwind, not return";
        }(dialer_.get(), {false, "127.0.0.1", hole.port()}, clock().now() + 10s));
    context().poll();
    cancel();
    context().poll();
    EXPECT_TRUE(context().stopped());
}

TEST_F(dialer, tells_a_stream_on_which_something_waits_from_a_quiet_one)
{
    std::shared_ptr<test::peer_connection> other;
    test::peer peer(context(), [&](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
        other = connection;
        co_return;
    });
    const auto stream = dial({false, "127.0.0.1", peer.port()});
    run_until([&] { return other != nullptr; });
    EXPECT_TRUE((*stream)->quiet());
    run(other->write("x"));
    EXPECT_FALSE((*stream)->quiet());
    EXPECT_EQ(read(**stream), "x");
    EXPECT_TRUE((*stream)->quiet());
    other.reset();
    EXPECT_FALSE((*stream)->quiet()) << "its end is something too";
    EXPECT_EQ(read(**stream), "");
}

// Only a write of which a part may have left is ambiguous.
TEST_F(dialer, tells_a_write_of_which_nothing_left_from_one_that_was_cut)
{
    std::shared_ptr<test::peer_connection> other;
    test::peer peer(context(), [&](std::shared_ptr<test::peer_connection> connection) -> support::task<> {
        other = connection;
        co_return;
    });
    auto stream = dial({false, "127.0.0.1", peer.port()});
    run_until([&] { return other != nullptr; });
    other->reset();
    EXPECT_EQ(run((*stream)->write("x")).error().code, errc::unreachable);

    other.reset();
    stream = dial({false, "127.0.0.1", peer.port()});
    run_until([&] { return other != nullptr; });
    const std::string more_than_fits(64 << 20, 'x');
    std::optional<support::result<>> written;
    spawn(
        [](net::byte_stream* to, std::string_view data, std::optional<support::result<>>* out
        ) -> support::task<> {
            out->emplace(co_await to->write(data));
        }(stream->get(), more_than_fits, &written)
    );
    context().poll();
    EXPECT_FALSE(written.has_value());
    other->reset();
    run_until([&] { return written.has_value(); });
    EXPECT_EQ(written->error().code, errc::interrupted);
}

}  // namespace
