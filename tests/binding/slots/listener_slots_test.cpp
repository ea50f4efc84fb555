#include "binding/slots/listener_slots.hpp"

#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;

TEST(listener_slots, sets_are_compared_without_order_and_spelling)
{
    EXPECT_TRUE(
        binding::same_slots({ref("a"), refs({"b", "e"})}, {ref("other:a"), refs({"e", "other:b", "b"})})
    );
    EXPECT_FALSE(binding::same_slots({ref("a"), refs({"b"})}, {ref("a"), {}}));
    EXPECT_FALSE(binding::same_slots({ref("a"), {}}, {std::nullopt, {}}));
    EXPECT_FALSE(binding::same_slots({ref("a"), {}}, {ref("b"), {}}));
}

}  // namespace
