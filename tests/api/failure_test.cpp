#include "api/failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using support::errc;
using testing::HasSubstr;
using testing::Not;

api::failure of(int status)
{
    return api::kubernetes_failure({errc::status, "inner words", status, std::chrono::seconds(3)});
}

TEST(failure, the_refusals_of_kubernetes_pass_through)
{
    for (const int status : {400, 403, 404, 409})
    {
        EXPECT_EQ(of(status).status, status);
        EXPECT_THAT(of(status).message, HasSubstr("inner words"));
        EXPECT_NE(of(status).details, "");
    }
    EXPECT_EQ(of(422).status, 400);
    EXPECT_EQ(of(401).status, 401);
    EXPECT_EQ(of(429).status, 429);
    EXPECT_EQ(net::find_header(of(429).headers, "retry-after"), "3");
}

TEST(failure, the_troubles_of_kubernetes_are_told_without_their_words)
{
    for (const int status : {500, 502, 503, 504, 410, 300})
    {
        EXPECT_EQ(of(status).status, 503) << status;
        EXPECT_THAT(of(status).message, Not(HasSubstr("inner")));
    }
    const auto failed = [](errc code) { return api::kubernetes_failure({code, "inner words", 0, {}}); };
    for (const errc code : {errc::unreachable, errc::too_late, errc::interrupted})
    {
        EXPECT_EQ(failed(code).status, 503);
        EXPECT_THAT(failed(code).message, Not(HasSubstr("inner")));
    }
    for (const errc code : {errc::bad_answer, errc::too_large, errc::invalid})
    {
        EXPECT_EQ(failed(code).status, 500);
        EXPECT_THAT(failed(code).message, Not(HasSubstr("inner")));
    }
}

}  // namespace
