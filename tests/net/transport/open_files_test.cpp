#include "net/transport/open_files.hpp"

#include <gtest/gtest.h>

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
    if (before_.rlim_max == RLIM_INFINITY)
    {
        GTEST_SKIP() << "this machine has no limit";
    }
    EXPECT_EQ(net::allow_open_files(before_.rlim_max + 1), before_.rlim_max);
    EXPECT_EQ(limit(), before_.rlim_max);
}

}  // namespace
