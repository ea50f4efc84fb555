// Bindings that name far more Secrets than a controller can watch.
#include "component/controller_world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;

using many_secrets = test::controller_world;

TEST_F(many_secrets, do_not_delay_a_binding_beside_them_and_cost_64_watches)
{
    const auto a = certificate("a.example.com");
    for (int i = 0; i < 1100; ++i)
    {
        const std::string number = std::to_string(i);
        kube.create(
            {.name = "of-secret-" + number,
             .certificate = a.id,
             .listener = listener,
             .secret = "s-" + number,
             .name_space = "team-" + std::to_string(i / 90)}
        );
    }
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_LT(clock().now() - began, 1min);
    EXPECT_LE(kube.secret_watches(), 64U);
    const auto before = kube.secret_requests.size();
    advance(20min);
    EXPECT_LE(kube.secret_watches(), 64U);
    EXPECT_LE(kube.secret_requests.size() - before, 15'000U) << "ten reads a second, and some watches";
}

}  // namespace
