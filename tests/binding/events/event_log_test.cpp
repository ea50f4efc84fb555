#include "binding/events/event_log.hpp"

#include "binding/events/recorded_events.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

namespace {

using namespace binding;
using testing::ElementsAre;

certificate_binding web()
{
    certificate_binding binding;
    binding.name_space = support::interned("shop");
    binding.name = "web";
    return binding;
}

class event_log_of_the_process : public testing::Test
{
protected:
    int lines_with(const std::string& part) const
    {
        int lines = 0;
        std::istringstream text(log.text());
        for (std::string line; std::getline(text, line);)
        {
            lines += line.contains(part) ? 1 : 0;
        }
        return lines;
    }

    support::log_capture log;
    test::recorded_events events;
};

TEST_F(event_log_of_the_process, writes_one_line_for_each_event_and_passes_it_on)
{
    events.record(event_about(web(), true, "Conflict", "an older binding has the slot"));
    events.record(event_about(web(), false, "Attached", "the binding is active"));
    EXPECT_TRUE(log.text().contains("warning an older binding has the slot binding=shop/web reason=Conflict\n"
    )) << log.text();
    EXPECT_TRUE(log.text().contains("info the binding is active binding=shop/web reason=Attached\n"))
        << log.text();
    EXPECT_THAT(events.events, ElementsAre("shop/web Conflict", "shop/web Attached"));
}

TEST_F(event_log_of_the_process, begins_the_line_with_the_state_that_a_binding_has_come_into)
{
    event conflict = event_about(web(), true, "Conflict", "an older binding has the slot");
    conflict.state = state::error;
    events.record(conflict);
    EXPECT_TRUE(
        log.text().contains("warning the binding is error binding=shop/web reason=Conflict message=\"an "
                            "older binding has the slot\"\n")
    ) << log.text();
}

TEST_F(event_log_of_the_process, writes_one_line_per_reason_and_minute_of_bindings_that_fail)
{
    event conflict = event_about(web(), true, "Conflict", "an older binding has the slot");
    conflict.state = state::error;
    event other = conflict;
    other.reason = "CloudUnavailable";
    for (int i = 0; i < 5; ++i)
    {
        events.record(conflict);
        events.record(other);
    }
    EXPECT_EQ(lines_with("reason=Conflict"), 1);
    EXPECT_EQ(lines_with("reason=CloudUnavailable"), 1);
    EXPECT_EQ(events.events.size(), 10U) << "each is passed on";
    events.clock.time += std::chrono::minutes(1);
    events.record(conflict);
    EXPECT_TRUE(log.text().contains("message=\"an older binding has the slot\" left_out=4\n")) << log.text();
    EXPECT_TRUE(log.text().contains(
        "warning lines about further bindings were left out reason=CloudUnavailable left_out=4\n"
    )) << log.text();
}

TEST_F(event_log_of_the_process, leaves_no_line_out_that_is_not_about_a_state)
{
    events.record(event_about(web(), true, "ForeignUpdateLost", "the default of another client was lost"));
    events.record(
        event_about(web(), true, "ForeignUpdateLost", "an SNI certificate of another client was lost")
    );
    EXPECT_EQ(lines_with("reason=ForeignUpdateLost"), 2);
}

TEST_F(event_log_of_the_process, names_the_namespace_of_an_event_that_is_about_no_binding)
{
    events.record(event_about_namespace(
        support::interned("shop"), true, "RefsOrphaned", "Forget", "a certificate stays"
    ));
    EXPECT_TRUE(log.text().contains("warning a certificate stays namespace=shop reason=RefsOrphaned\n"))
        << log.text();
    EXPECT_THAT(events.events, ElementsAre("shop RefsOrphaned"));
}

TEST(event_about_a_binding, has_the_action_that_brings_the_binding_to_its_end)
{
    auto binding = web();
    EXPECT_EQ(event_about(binding, false, "Attached", "").action, "Attach");
    binding.deleting = true;
    EXPECT_EQ(event_about(binding, false, "Detaching", "").action, "Detach");
}

}  // namespace
