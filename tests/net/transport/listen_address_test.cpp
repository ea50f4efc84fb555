#include "net/transport/listen_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::StartsWith;

TEST(listen_address, is_read_as_it_is_written)
{
    for (const auto* text : {":8080", ":0", "127.0.0.1:8080", "[::1]:0", "[::]:65535"})
    {
        const auto read = net::parse_listen_address(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->str(), text);
    }
    EXPECT_EQ(net::parse_listen_address("[::1]:9").value(), (net::listen_address{"::1", 9}));
}

TEST(listen_address, is_refused_with_how_to_write_it)
{
    for (const auto* text :
         {"",
          "8080",
          "127.0.0.1",
          ":",
          ":65536",
          ":-1",
          ":+1",
          ": 1",
          ":80 ",
          "::1:80",
          "[::1]",
          "[::1]80",
          "[127.0.0.1]:80",
          "[]:80",
          "localhost:80",
          "1.2.3:80",
          "127.0.0.1:http"})
    {
        const auto read = net::parse_listen_address(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, support::errc::invalid);
        EXPECT_THAT(
            read.error().message, StartsWith("\"" + std::string(text) + "\" is no address to listen on; ")
        );
    }
}

}  // namespace
