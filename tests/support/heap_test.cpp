#include "support/heap.hpp"

#include "support/loop.hpp"

namespace {

constexpr std::size_t mega = 1 << 20;

TEST(heap, keeps_as_much_as_it_needs_to_go_on)
{
    EXPECT_FALSE(support::keeps_too_much({mega, mega}));
    EXPECT_TRUE(support::keeps_too_much({mega, 2 * mega})) << "after a burst";
    EXPECT_FALSE(support::keeps_too_much({100 * mega, 13 * mega})) << "a large program keeps more";
    EXPECT_TRUE(support::keeps_too_much({100 * mega, 14 * mega}));
}

class watched_heap : public test::loop
{
protected:
    support::heap_use now{mega, 0};
    int given_back = 0;
};

TEST_F(watched_heap, gives_back_what_a_burst_has_freed_and_then_rests)
{
    const auto stop = spawn(support::watch_heap(
        clock(), {[this] { return now; }, [this] { ++given_back; }}
        // glibc keeps the addresses, so they still count as free
    ));
    advance(support::between_looks_at_heap);
    EXPECT_EQ(given_back, 0);
    now.free = 8 * mega;
    advance(support::between_looks_at_heap);
    EXPECT_EQ(given_back, 1);
    advance(10 * support::between_looks_at_heap);
    EXPECT_EQ(given_back, 1);
    now.free = 9 * mega;
    advance(support::between_looks_at_heap);
    EXPECT_EQ(given_back, 2);
    stop();
    step();
}

}  // namespace
