#include "binding/targets/reconcile_state.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::uuid;

class change_times_of_targets : public testing::Test
{
protected:
    // A target whose listener is on that load balancer.
    binding::target on(char balancer, const char* region = "sao1")
    {
        cloud::listener listener;
        listener.id = *uuid::parse(std::string("11111111-0000-4000-8000-00000000000") + balancer);
        listener.load_balancer_id =
            *uuid::parse(std::string("99999999-0000-4000-8000-00000000000") + balancer);
        const binding::target which{support::interned(region), listener.id};
        state.record_listener(which, {}, {support::time_point(), listener});
        return which;
    }

    support::duration first_look(const binding::target& which) const
    {
        return state.change_times_of(which).next_look({});
    }

    binding::reconcile_state state{std::nullopt};
};

TEST_F(change_times_of_targets, a_load_balancer_that_was_not_changed_yet_counts_as_the_others_of_its_region)
{
    const auto unknown = first_look(on('1'));
    state.record_change(on('2'), 75ms, 85ms);
    EXPECT_EQ(first_look(on('1')), 85ms);
    EXPECT_EQ(first_look(on('3', "mad1")), unknown);
    state.record_change(on('1'), 30ms, 40ms);
    EXPECT_EQ(first_look(on('1')), 40ms) << "its own changes count alone";
    EXPECT_EQ(first_look(on('2')), 85ms);
}

}  // namespace
