#include "binding/events/limited_events.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class limited_events : public test::loop
{
protected:
    void record(const std::string& note)
    {
        events.record(binding::event_about_namespace(support::interned("shop"), true, "Reason", "Act", note));
    }

    std::vector<std::string> passed;
    binding::limited_events events{executor(), clock(), [this](const binding::event& event) {
                                       passed.push_back(event.note);
                                   }};
};

TEST_F(limited_events, what_has_to_wait_is_passed_on_when_its_time_comes)
{
    const auto cancel = spawn(events.run());
    for (int i = 0; i < 12; ++i)
    {
        record(std::to_string(i));
    }
    step();
    EXPECT_EQ(passed.size(), 10U);
    advance(59s);
    EXPECT_EQ(passed.size(), 10U);
    advance(1s);
    EXPECT_EQ(passed.size(), 11U);
    EXPECT_EQ(passed.back(), "11");
    EXPECT_EQ(events.merged(), 1U);
    cancel();
}

TEST_F(limited_events, all_that_waits_is_passed_on_at_the_end)
{
    for (int i = 0; i < 12; ++i)
    {
        record(std::to_string(i));
    }
    events.flush();
    EXPECT_EQ(passed.back(), "11");
}

}  // namespace
