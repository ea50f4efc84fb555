#include "net/http/request_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using ticket = net::request_places::ticket;

class request_places : public testing::Test
{
protected:
    static net::request_places::asker to(const std::string& host, std::size_t client = 1)
    {
        return {{true, host, 443}, client, "load-balancer"};
    }

    static net::request_places::asker to_kubernetes(std::size_t client = 1)
    {
        return {{true, "kubernetes", 443}, client, "kubernetes"};
    }

    // How many of `count` requests get a place at once.
    std::size_t admitted(int count, const net::request_places::asker& who)
    {
        for (int i = 0; i < count; ++i)
        {
            places.ask(who);
        }
        return places.take_admitted().size();
    }

    net::request_places places{{.of_a_server = 16, .of_kubernetes = 8, .of_the_cloud = 64}};
};

TEST_F(request_places, one_client_holds_three_quarters_of_a_server_and_the_others_share_the_rest)
{
    EXPECT_EQ(admitted(100, to("octavia", 1)), 12U);
    EXPECT_EQ(admitted(100, to("octavia", 2)), 3U);
    EXPECT_EQ(admitted(100, to("octavia", 3)), 1U);
    EXPECT_EQ(places.by_service().at("load-balancer").under_way, 16U);
    EXPECT_EQ(places.by_service().at("load-balancer").waiting, 284U);
}

TEST_F(request_places, a_server_that_hangs_holds_up_no_other_server)
{
    EXPECT_EQ(admitted(1000, to("hangs")), 12U);
    EXPECT_EQ(admitted(1000, to("octavia")), 12U);
    EXPECT_EQ(admitted(1, to_kubernetes()), 1U);
}

TEST_F(request_places, several_servers_that_hang_leave_a_place_for_another_one)
{
    for (int i = 0; i < 4; ++i)
    {
        for (std::size_t client = 1; client < 9; ++client)
        {
            admitted(1000, to("hangs" + std::to_string(i), client));
        }
    }
    EXPECT_LT(places.by_service().at("load-balancer").under_way, 64U);
    EXPECT_EQ(admitted(1, to("octavia")), 1U);
}

TEST_F(request_places, the_clients_of_a_server_take_turns)
{
    std::vector<ticket> held;
    for (int i = 0; i < 8; ++i)
    {
        held.push_back(places.ask(to_kubernetes(1)));
    }
    ASSERT_THAT(places.take_admitted(), SizeIs(8));
    std::vector<ticket> many;
    for (int i = 0; i < 1000; ++i)
    {
        many.push_back(places.ask(to_kubernetes(1)));
    }
    const auto other = places.ask(to_kubernetes(2));
    ASSERT_THAT(places.take_admitted(), IsEmpty());
    places.give_back(held[0]);
    places.give_back(held[1]);
    EXPECT_THAT(places.take_admitted(), testing::UnorderedElementsAre(many[0], other))
        << "the other client waits for one request of the client that has a thousand";
}

TEST_F(request_places, a_client_gets_its_places_in_the_order_of_its_requests)
{
    std::vector<ticket> all;
    for (int i = 0; i < 11; ++i)
    {
        all.push_back(places.ask(to_kubernetes()));
    }
    auto first = places.take_admitted();
    EXPECT_EQ(first, std::vector(all.begin(), all.begin() + 8));
    places.give_back(all[3]);
    places.give_back(all[9]);  // it gives up
    places.give_back(all[4]);
    EXPECT_THAT(places.take_admitted(), ElementsAre(all[8], all[10]));
}

TEST_F(request_places, what_is_given_back_is_free_again_and_nothing_is_kept)
{
    for (int round = 0; round < 3; ++round)
    {
        std::vector<ticket> all;
        for (int i = 0; i < 50; ++i)
        {
            all.push_back(places.ask(to("octavia", static_cast<std::size_t>(i % 7))));
        }
        EXPECT_THAT(places.take_admitted(), SizeIs(16));
        for (const ticket each : all)
        {
            places.give_back(each);
            places.give_back(each);  // has no effect
        }
        places.take_admitted();
        EXPECT_EQ(places.by_service().at("load-balancer").under_way, 0U);
        EXPECT_EQ(places.by_service().at("load-balancer").waiting, 0U);
    }
}

}  // namespace
