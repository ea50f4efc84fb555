#include "net/transport/dialer.hpp"

#include "net/http/peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST_F(dialer, tries_the_next_address_where_one_refuses)
{
    test::peer peer(context(), say_hello);
    const auto stream = dial({false, "api.test", peer.port()}, [](const std::string&) {
        return net::addresses{
            boost::asio::ip::make_address("127.0.0.77"), boost::asio::ip::make_address("127.0.0.1")
        };
    });
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
}

TEST_F(dialer, tries_the_next_address_when_one_has_used_up_its_share_of_the_time)
{
    const test::black_hole hole(context(), "127.0.0.2");
    test::peer peer(context(), say_hello, nullptr, "127.0.0.1", hole.port());
    std::optional<dialed> stream;
    dialer_ = net::create_dialer(executor(), clock(), [](const std::string&) {
        return net::addresses{
            boost::asio::ip::make_address("127.0.0.2"), boost::asio::ip::make_address("127.0.0.1")
        };
    });
    const auto start = clock().now();
    spawn(
        [](net::dialer* through, net::origin to, support::time_point deadline, std::optional<dialed>* out
        ) -> support::task<> {
            out->emplace(co_await through->dial(to, nullptr, deadline));
        }(dialer_.get(), {false, "api.test", hole.port()}, start + 10s, &stream)
    );
    run_until([&] { return clock().next_wake() == start + 5s; });
    EXPECT_EQ(peer.accepted(), 0U);
    clock().set(start + 5s);
    run_until([&] { return stream.has_value(); });
    EXPECT_TRUE(stream->has_value());
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
