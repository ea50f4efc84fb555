// The answers of the cloud: proofs (proven-gone, readable-before-write), and how busy a load balancer is.
#include "binding/observed/target_state_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using cloud::provisioning_status;
using cloud::ref_state;

TEST_F(state_of_target, a_row_of_not_found_begins_with_its_first_and_ends_with_any_other_answer)
{
    see_listener(t0, failing(failure::not_found));
    see_listener(t0 + 3s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0);
    see_listener(t0 + 4s, failing(failure::transient));
    EXPECT_FALSE(facts().answers.gone_since);
    see_listener(t0 + 5s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0 + 5s);
    see_listener(t0 + 6s, listener(1));
    EXPECT_FALSE(facts().answers.gone_since);
}

TEST_F(state_of_target, a_row_of_not_found_begins_again_in_another_scope)
{
    cloud::project_scope here{"http://keystone/v3", "project", "sao1", "http://octavia/v2"};
    kept.record_scope({t0, here});
    see_listener(t0, failing(failure::not_found));
    here.project_id = "another";
    kept.record_scope({t0 + 6s, here});
    see_listener(t0 + 6s, failing(failure::not_found));
    EXPECT_EQ(facts().answers.gone_since, t0 + 6s);
}

TEST_F(state_of_target, a_ref_is_dead_since_the_first_of_an_unbroken_row)
{
    const cloud::container_ref key = ref("a");
    kept.record_ref(ref("a"), {t0, ref_state::dead});
    kept.record_ref(ref("other:a"), {t0 + 5s, ref_state::dead});
    EXPECT_EQ(facts().answers.refs.at(key).dead_since, t0) << "however it is spelled";
    EXPECT_EQ(facts().answers.refs.at(key).asked_at, t0 + 5s);
    kept.record_ref(ref("a"), {t0 + 6s, ref_state::unknown});
    EXPECT_FALSE(facts().answers.refs.at(key).dead_since);
    kept.record_ref(ref("a"), {t0 + 7s, ref_state::dead});
    EXPECT_EQ(facts().answers.refs.at(key).dead_since, t0 + 7s);
}

TEST_F(state_of_target, a_ref_that_is_neither_on_the_listener_nor_in_a_ledger_is_forgotten)
{
    hold("a", true);
    object.status.ledger.replaced_default_ref = ref("c");
    for (const std::string name : {"a", "b", "c", "e", "f"})
    {
        kept.record_ref(ref(name), {t0, ref_state::readable});
    }
    kept.forget_refs({&object});
    EXPECT_EQ(facts().answers.refs.size(), 5U) << "the listener could not be read";
    see_listener(t0, listener(2));
    kept.forget_refs({&object});
    EXPECT_EQ(facts().answers.refs.size(), 4U);
    EXPECT_FALSE(facts().answers.refs.contains(ref("b")));
}

TEST_F(state_of_target, polls_of_a_busy_load_balancer_count_until_it_is_not)
{
    const auto see = [&](provisioning_status status) {
        kept.record_load_balancer({t0, cloud::load_balancer{{}, status}});
    };
    see(provisioning_status::pending);
    see(provisioning_status::pending);
    EXPECT_EQ(facts().answers.busy_polls, 2);
    see(provisioning_status::active);
    EXPECT_EQ(facts().answers.busy_polls, 0);
    send(t0);
    see(provisioning_status::pending);
    EXPECT_EQ(facts().answers.busy_polls, 0) << "busy with what we sent";
    EXPECT_EQ(facts().puts.under_way->polls, 1);
}

}  // namespace
