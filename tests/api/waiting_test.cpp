#include "api/waiting.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

class waiting : public test::loop
{
protected:
    waiting() : places(executor(), clock(), 2)
    {
        object.uid = support::uuid::parse("00000000-0000-4000-8000-000000000001").value();
        other.uid = support::uuid::parse("00000000-0000-4000-8000-000000000002").value();
    }

    void change(const binding::certificate_binding& which) { places.changed({nullptr, &which, {}, {}}); }
    void remove(const binding::certificate_binding& which) { places.changed({&which, nullptr, {}, {}}); }

    // How long the place waits, a minute at most.
    support::duration waits(api::waiting::place& place)
    {
        const auto began = clock().now();
        run(place.wait(began + 1min));
        return clock().now() - began;
    }

    api::waiting places;
    binding::certificate_binding object;
    binding::certificate_binding other;
};

TEST_F(waiting, ends_with_a_change_of_the_binding_alone)
{
    const auto place = places.take();
    place->follow(object.uid);
    change(other);
    EXPECT_EQ(waits(*place), 1min);
    change(object);
    EXPECT_EQ(waits(*place), 0s) << "a change before the wait counts";
    EXPECT_FALSE(place->gone());
    remove(object);
    EXPECT_EQ(waits(*place), 0s);
    EXPECT_TRUE(place->gone());
}

TEST_F(waiting, wakes_all_who_wait_for_one_binding)
{
    const auto first = places.take();
    const auto second = places.take();
    first->follow(object.uid);
    second->follow(object.uid);
    change(object);
    EXPECT_EQ(waits(*first), 0s);
    EXPECT_EQ(waits(*second), 0s);
}

TEST_F(waiting, has_so_many_places_and_forgets_who_left)
{
    auto first = places.take();
    first->follow(object.uid);
    const auto second = places.take();
    EXPECT_EQ(places.take(), nullptr);
    first.reset();
    EXPECT_EQ(places.taken(), 1U);
    change(object);
    EXPECT_NE(places.take(), nullptr);
}

}  // namespace
