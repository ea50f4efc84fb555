#include "net/transport/happy_eyeballs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using testing::ElementsAre;

boost::asio::ip::address address(const std::string& text)
{
    return boost::asio::ip::make_address(text);
}

std::vector<std::string> order(
    const std::vector<std::string>& found, const net::address_experience& known = {}
)
{
    net::addresses parsed;
    for (const auto& text : found)
    {
        parsed.push_back(address(text));
    }
    std::vector<std::string> texts;
    for (const auto& next : net::in_order_of_trial(parsed, known))
    {
        texts.push_back(next.to_string());
    }
    return texts;
}

TEST(order_of_trial, takes_the_families_in_turn_and_begins_with_that_of_the_first_address)
{
    EXPECT_THAT(
        order({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"}),
        ElementsAre("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2")
    );
    EXPECT_THAT(
        order({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"}),
        ElementsAre("192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3")
    );
    EXPECT_THAT(order({"192.0.2.2", "192.0.2.1"}), ElementsAre("192.0.2.2", "192.0.2.1"));
    EXPECT_THAT(order({}), ElementsAre());
}

TEST(order_of_trial, begins_with_the_address_that_answered_last)
{
    net::address_experience known;
    known.good = address("192.0.2.2");
    EXPECT_THAT(
        order({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"}, known),
        ElementsAre("192.0.2.2", "2001:db8::1", "192.0.2.1", "2001:db8::2")
    );
    EXPECT_THAT(
        order({"192.0.2.1", "192.0.2.2", "2001:db8::1"}, known),
        ElementsAre("192.0.2.2", "2001:db8::1", "192.0.2.1")
    );
    known.good = address("192.0.2.99");
    EXPECT_THAT(order({"192.0.2.1"}, known), ElementsAre("192.0.2.1")) << "it is no address of the host";
}

TEST(order_of_trial, ends_with_the_addresses_that_did_not_serve)
{
    net::address_experience known;
    known.bad = {address("192.0.2.1"), address("2001:db8::1")};
    EXPECT_THAT(
        order({"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"}, known),
        ElementsAre("192.0.2.2", "2001:db8::2", "192.0.2.1", "2001:db8::1")
    );
}

TEST(order_of_trial, takes_an_address_once)
{
    EXPECT_THAT(order({"192.0.2.1", "192.0.2.1"}), ElementsAre("192.0.2.1"));
}

}  // namespace
