#include "app/file_shares.hpp"

#include <gtest/gtest.h>

namespace {

const net::request_limits wanted{.of_a_server = 64, .of_kubernetes = 32, .of_the_cloud = 512};

std::size_t all(const app::file_shares& shares)
{
    return shares.requests.of_the_cloud + shares.requests.of_kubernetes + shares.idle;
}

TEST(file_shares, are_what_is_wanted_where_there_are_enough_files)
{
    EXPECT_EQ(app::share_files(wanted, 1024, 1), (app::file_shares{wanted, 256}));
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
