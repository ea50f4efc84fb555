#include "app/file_shares.hpp"

#include "net/transport/open_files.hpp"

#include <gtest/gtest.h>

namespace {

const net::request_limits wanted{.of_a_server = 64, .of_kubernetes = 32, .of_the_cloud = 512};

std::size_t all(const app::file_shares& shares)
{
    return shares.requests.of_the_cloud + shares.requests.of_kubernetes + shares.idle;
}

TEST(file_shares, are_what_is_wanted_where_there_are_enough_files)
{
    EXPECT_EQ(app::share_files(wanted, 1100, 1), (app::file_shares{wanted, 256}));
    EXPECT_EQ(app::share_files(wanted, 1000, 1).requests, wanted) << "idle connections are the first to go";
    EXPECT_EQ(app::share_files(wanted, 65'536, 1000), (app::file_shares{wanted, 256}));
}

TEST(file_shares, leave_files_for_all_else)
{
    for (const std::size_t watched : {0U, 1U, 12U, 100U})
    {
        for (std::size_t files = 300; files < 3000; files += 7)
        {
            const auto shares = app::share_files(wanted, files, watched);
            EXPECT_LE(all(shares) + 128 + watched, files) << watched << " watched namespaces";
        }
    }
}

TEST(file_shares, are_not_less_for_who_wants_more)
{
    for (const std::size_t files : {256U, 512U, 1024U})
    {
        std::size_t before = 0;
        for (std::size_t cloud = 4; cloud < 1000; ++cloud)
        {
            auto more = wanted;
            more.of_the_cloud = cloud;
            const auto shares = app::share_files(more, files, 1);
            EXPECT_GE(shares.requests.of_the_cloud, before);
            before = shares.requests.of_the_cloud;
        }
    }
    const net::request_limits few{.of_a_server = 64, .of_kubernetes = 32, .of_the_cloud = 10};
    EXPECT_EQ(app::share_files(few, 256, 1).requests, few);
}

TEST(file_shares, leave_an_eighth_of_few_files_to_a_server)
{
    EXPECT_EQ(net::share_of_server(65'536, 12'000), 12'000U);
    EXPECT_EQ(net::share_of_server(1024, 12'000), 128U);
    EXPECT_EQ(net::share_of_server(12'300, 12'000), 1537U);
    EXPECT_EQ(net::share_of_server(256, 12), 12U);
}

TEST(file_shares, grow_with_the_files_and_never_beyond_what_is_wanted)
{
    app::file_shares before = app::share_files(wanted, 0, 12);
    EXPECT_GE(before.requests.of_kubernetes, 4U);
    EXPECT_GE(before.requests.of_the_cloud, 4U);
    for (std::size_t files = 1; files < 2000; ++files)
    {
        const auto shares = app::share_files(wanted, files, 12);
        EXPECT_GE(shares.requests.of_the_cloud, before.requests.of_the_cloud);
        EXPECT_GE(shares.requests.of_kubernetes, before.requests.of_kubernetes);
        EXPECT_LE(shares.requests.of_the_cloud, wanted.of_the_cloud);
        EXPECT_LE(shares.requests.of_kubernetes, wanted.of_kubernetes);
        before = shares;
    }
    EXPECT_EQ(app::share_files({.of_the_cloud = 10}, 100, 1).requests.of_the_cloud, 10U);
}

}  // namespace
