#include "net/http.hpp"

#include <gtest/gtest.h>

namespace {

TEST(origin, is_written_with_the_port_only_where_it_is_not_the_schemes_own)
{
    EXPECT_EQ((net::origin{true, "host", 443}).str(), "https://host");
    EXPECT_EQ((net::origin{true, "host", 6443}).str(), "https://host:6443");
    EXPECT_EQ((net::origin{false, "host", 80}).str(), "http://host");
    EXPECT_EQ((net::origin{false, "host", 443}).str(), "http://host:443");
    EXPECT_EQ((net::origin{true, "fd00::1", 6443}).str(), "https://[fd00::1]:6443");
}

TEST(find_header, compares_names_without_case_and_gives_the_first)
{
    const std::vector<net::header> headers{{"X-Subject-Token", "a"}, {"x-subject-token", "b"}};
    EXPECT_EQ(net::find_header(headers, "X-SUBJECT-TOKEN"), "a");
    EXPECT_EQ(net::find_header(headers, "X-Subject"), "");
}

}  // namespace
