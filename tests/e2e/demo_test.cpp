// The demo, run to its end, and what it left running.
#include "testbed/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(demo, shows_its_story_and_stops)
{
    const auto shown = testbed::run({.program = SOURCE_FOLDER "/tests/demo/demo"});
    ASSERT_EQ(shown.code, 0) << shown;
    EXPECT_THAT(
        shown.out, HasSubstr("certificatebinding.certificates.bycloud.io/shop-default condition met")
    );
    EXPECT_THAT(shown.out, HasSubstr("payload"));
    EXPECT_THAT(shown.out, HasSubstr("certificatebinding.certificates.bycloud.io/shop-sni condition met"));
    EXPECT_THAT(shown.out, HasSubstr("\"shop-default\" deleted"));
    EXPECT_THAT(shown.out, HasSubstr("export KUBECONFIG="));

    const auto after = testbed::run(
        {.program = SOURCE_FOLDER "/build/bin/kubectl",
         .arguments =
             {"--kubeconfig",
              SOURCE_FOLDER "/build/demo/servers/admin.kubeconfig",
              "get",
              "certbind",
              "shop-sni"}}
    );
    EXPECT_EQ(after.code, 0) << after;
    EXPECT_THAT(after.out, HasSubstr("Attached"));

    const auto many = testbed::run({.program = SOURCE_FOLDER "/tests/demo/demo-many", .arguments = {"20"}});
    EXPECT_EQ(many.code, 0) << many;
    EXPECT_THAT(many.out, ContainsRegex("20 bindings on one listener: [1-3] PUTs;.* is served: sni"));

    const auto down = testbed::run({.program = SOURCE_FOLDER "/tests/demo/demo-down"});
    EXPECT_EQ(down.code, 0) << down;
    const auto again = testbed::run({.program = SOURCE_FOLDER "/tests/demo/demo-down"});
    EXPECT_THAT(again.out, HasSubstr("not running"));
}

}  // namespace
