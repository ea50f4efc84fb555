#include "binding/reconcile/resting_world.hpp"

namespace {

using test::resting_world;

// AddressSanitizer has an allocator of its own, which does not tell what it holds.
#if defined(__has_feature) && (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
constexpr bool counts_bytes = false;
#else
constexpr bool counts_bytes = true;
#endif

class memory : public test::loop
{
protected:
    void SetUp() override
    {
        if (!counts_bytes)
        {
            GTEST_SKIP() << "the sanitizer's allocator does not count";
        }
    }
};

constexpr std::size_t bindings = 2000;

TEST_F(memory, a_binding_at_rest_on_a_listener_of_its_own_keeps_less_than_1550_bytes)
{
    const auto kept = resting_world(*this, 1).keep(bindings);
    EXPECT_LT(kept.rested / bindings, 1550U);
    EXPECT_LT((kept.rested - kept.listed) / bindings, 650U) << "what is known of the target";
}

TEST_F(memory, of_ten_bindings_at_rest_on_one_listener_each_keeps_less_than_750_bytes)
{
    const auto kept = resting_world(*this, 10).keep(bindings);
    EXPECT_LT(kept.rested / bindings, 750U);
    EXPECT_LT((kept.rested - kept.listed) / bindings, 180U) << "what is known of the target";
}

TEST_F(memory, a_second_list_needs_a_fifth_more_at_most)
{
    const auto kept = resting_world(*this, 10).keep(bindings);
    EXPECT_LE(kept.at_peak, kept.rested * 6 / 5);
}

}  // namespace
