#include "app/parsed_options.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using test::options;
using test::refusal;
using test::variables;
using testing::HasSubstr;

TEST(options, leader_elect_stands_alone_or_has_a_value)
{
    EXPECT_FALSE(options({}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect"}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect", "--cloud=b"}).leader.elect);
    EXPECT_TRUE(options({"--leader-elect=true"}).leader.elect);
    EXPECT_FALSE(options({"--leader-elect=false"}).leader.elect);
    const variables set{{"CERTIFICATE_BINDING_LEADER_ELECT", "true"}};
    EXPECT_TRUE(options({}, set).leader.elect);
    EXPECT_FALSE(options({"--leader-elect=false"}, set).leader.elect);
    EXPECT_THAT(refusal({"--leader-elect=maybe"}), HasSubstr("--leader-elect: "));
    EXPECT_EQ(refusal({"--leader-elect="}), "--leader-elect needs a value; see --help");
    EXPECT_EQ(refusal({"--leader-elect", ""}), "--leader-elect needs a value; see --help");
    const auto defaults = options({}).leader;
    EXPECT_EQ(defaults.times.lease_duration, 15s);
    EXPECT_EQ(defaults.times.renew_deadline, 10s);
    EXPECT_EQ(defaults.times.retry_period, 2s);
    EXPECT_EQ(defaults.name, "certificate-binding-controller");
    EXPECT_EQ(defaults.name_space, "");
}

TEST(options, times_of_a_lease_leave_no_room_for_two_leaders)
{
    EXPECT_EQ(
        refusal({"--leader-elect-lease-duration=10s"}),
        "--leader-elect-lease-duration: 10s is not longer than --leader-elect-renew-deadline (10s), so two "
        "might lead at a time; the defaults are 15s and 10s"
    );
    EXPECT_EQ(
        refusal({"--leader-elect-renew-deadline=2400ms"}),
        "--leader-elect-renew-deadline: 2400ms is not longer than 1.2 times --leader-elect-retry-period "
        "(2s), "
        "so one slow answer would end a term; the defaults are 10s and 2s"
    );
    EXPECT_THAT(refusal({"--leader-elect-lease-duration=61m"}), HasSubstr("must be from 1s to 1h, not 61m"));
    for (const char* name : {"A", "-a", "a.", "a..b", "a/b"})
    {
        EXPECT_THAT(
            refusal({"--leader-elect-resource-name", name}), HasSubstr("cannot be the name of a Lease")
        ) << name;
    }
    EXPECT_THAT(
        refusal({"--leader-elect-resource-namespace=A"}),
        HasSubstr("--leader-elect-resource-namespace: \"A\" is not a namespace name")
    );
}

}  // namespace
