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
    // Each client is a tenant of its own.
    static net::request_places::asker to(const std::string& host, std::size_t client = 1)
    {
        return of_tenant(client, host, client);
    }

    static net::request_places::asker of_tenant(
        std::size_t tenant, const std::string& host, std::size_t client
    )
    {
        return {{true, host, 443}, client, "load-balancer", tenant};
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
    EXPECT_EQ(admitted(1, of_tenant(0, "octavia", 9)), 1U);
}

TEST_F(request_places, a_tenant_whose_many_servers_hang_leaves_places_for_the_others)
{
    std::size_t held = 0;
    for (std::size_t i = 0; i < 20; ++i)
    {
        held += admitted(1000, of_tenant(1, "hangs" + std::to_string(i), i));
    }
    EXPECT_EQ(held, 36U) << "three quarters of what is for namespaces";
    EXPECT_EQ(admitted(1000, of_tenant(2, "octavia", 1000)), 9U);
    EXPECT_EQ(admitted(1, of_tenant(3, "hangs0", 1001)), 1U);
}

TEST_F(request_places, all_namespaces_together_leave_a_quarter_to_the_controller)
{
    std::size_t held = 0;
    for (std::size_t tenant = 1; tenant < 1000; ++tenant)
    {
        held += admitted(10, of_tenant(tenant, "hangs" + std::to_string(tenant), tenant));
    }
    EXPECT_EQ(held, 48U);
    EXPECT_EQ(admitted(1000, of_tenant(0, "octavia", 0)), 12U) << "as if they were not there";
}

TEST_F(request_places, the_many_credentials_of_a_tenant_hold_three_quarters_of_a_server)
{
    std::size_t held = 0;
    for (std::size_t client = 0; client < 100; ++client)
    {
        held += admitted(10, of_tenant(1, "octavia", client));
    }
    EXPECT_EQ(held, 12U);
    EXPECT_EQ(admitted(10, of_tenant(2, "octavia", 1000)), 3U);
}

TEST_F(request_places, the_tenants_of_a_server_take_turns_whatever_number_of_credentials_they_have)
{
    std::vector<ticket> held;
    for (std::size_t other = 0; other < 16; ++other)
    {
        held.push_back(places.ask(to("octavia", 100 + other)));
    }
    ASSERT_THAT(places.take_admitted(), SizeIs(16));
    for (std::size_t client = 0; client < 50; ++client)
    {
        places.ask(of_tenant(1, "octavia", client));
    }
    const auto other = places.ask(of_tenant(2, "octavia", 1000));
    places.give_back(held[0]);
    places.give_back(held[1]);
    EXPECT_THAT(places.take_admitted(), testing::Contains(other)) << "one request of the first comes before";
}

TEST_F(request_places, the_servers_take_turns_for_the_places_of_all_clouds)
{
    std::size_t tenant = 0;
    std::vector<ticket> held;
    for (int i = 0; i < 48; ++i)
    {
        held.push_back(places.ask(to("server-" + std::to_string(i), ++tenant)));
    }
    ASSERT_THAT(places.take_admitted(), SizeIs(48));
    for (int i = 0; i < 50; ++i)
    {
        places.ask(to("a-many", ++tenant));
    }
    const auto one = places.ask(to("z-one", ++tenant));
    places.give_back(held[0]);
    places.give_back(held[1]);
    EXPECT_THAT(places.take_admitted(), testing::Contains(one)) << "one request of the first comes before";
}

TEST_F(request_places, a_request_that_waited_for_too_long_is_told_which_limit_held_it_back)
{
    using net::request_budget;
    admitted(100, to("octavia", 1));
    const auto of_a_server = places.ask(to("octavia", 1));
    EXPECT_EQ(places.came_too_late(of_a_server), request_budget::of_a_server);
    admitted(100, to_kubernetes());
    EXPECT_EQ(places.came_too_late(places.ask(to_kubernetes())), request_budget::of_kubernetes);
    for (std::size_t i = 0; i < 20; ++i)
    {
        admitted(100, of_tenant(2, "hangs" + std::to_string(i), i));
    }
    const auto of_the_cloud = places.ask(of_tenant(2, "free", 50));
    EXPECT_EQ(places.came_too_late(of_the_cloud), request_budget::of_the_cloud);
    EXPECT_EQ(places.by_service().at("load-balancer").too_late, 2U);
    EXPECT_EQ(places.by_service().at("kubernetes").too_late, 1U);
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
