#include "net/transport/open_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sys/resource.h>

namespace {

// Puts the limit of this process back at the end.
class open_files : public testing::Test
{
protected:
    open_files() { ::getrlimit(RLIMIT_NOFILE, &before_); }
    ~open_files() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

    void begin_with(rlim_t files)
    {
        const rlimit low{files, before_.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    }

    static rlim_t limit()
    {
        rlimit now{};
        ::getrlimit(RLIMIT_NOFILE, &now);
        return now.rlim_cur;
    }

    rlimit before_{};
};

TEST_F(open_files, become_as_many_as_are_wanted_and_never_fewer)
{
    begin_with(100);
    EXPECT_EQ(net::allow_open_files(150), 150U);
    EXPECT_EQ(limit(), 150U);
    EXPECT_EQ(net::allow_open_files(120), 150U);
    EXPECT_EQ(limit(), 150U);
}

TEST_F(open_files, become_as_many_as_the_machine_lets_a_process_have)
{
    begin_with(100);
    // A machine without a limit gives what was asked for.
    const rlim_t most = before_.rlim_max;
    const rlim_t asked = most == RLIM_INFINITY ? rlim_t{150} : most + 1;
    const rlim_t given = std::min(asked, most);
    EXPECT_EQ(net::allow_open_files(asked), given);
    EXPECT_EQ(limit(), given);
}

TEST_F(open_files, become_enough_for_a_server_and_about_a_thousand_others)
{
    begin_with(100);
    const std::size_t taken = net::allow_connections(50);
    EXPECT_GE(limit(), std::min<rlim_t>(1050, before_.rlim_max));
    EXPECT_EQ(taken, net::share_of_server(limit(), 50));
}

}  // namespace
