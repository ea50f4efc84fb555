#include "binding/targets/survey.hpp"

#include "binding/observed/resting_facts.hpp"
#include "binding/observed/target_state_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::interned;
using support::time_point;
using test::resting::balancer;
using test::resting::certificate;
using test::resting::foreign;
using test::resting::here;
using testing::ElementsAre;
using testing::IsEmpty;

const binding::surveyor_key tenant{interned("sao1"), interned("http://keystone/v3"), interned("tenant")};

time_point at(support::duration since)
{
    return time_point() + since;
}

cloud::listener listener(char last)
{
    cloud::listener read = test::resting::listener(last);
    read.default_ref = test::resting::ours;
    return read;
}

binding::target target_of(const cloud::listener& listener)
{
    return {tenant.region, listener.id, tenant.identity, tenant.credential};
}

class survey : public testing::Test
{
protected:
    // A target at rest, which was read at 1 s.
    binding::target rest(const cloud::listener& listener)
    {
        auto which = target_of(listener);
        binding::target_state_access::facts(state.of(which)) =
            test::resting::facts_of(listener, listener.id, binding::slot::default_);
        state.rest(which);
        EXPECT_NE(state.resting(which), nullptr);
        return which;
    }

    // All is listed as it was read.
    binding::survey complete(const std::vector<cloud::listener>& listeners, support::duration since = 2s)
    {
        binding::survey lists(tenant, at(since));
        EXPECT_THAT(lists.take_listeners(state, listeners), IsEmpty());
        lists.take_load_balancers({{balancer, cloud::provisioning_status::active}});
        lists.take_usable_certificates({certificate});
        return lists;
    }

    // At 3 s; a confirmation counts for a minute.
    bool begins_confirmed(const binding::target& which)
    {
        return state.begin_spared(which, at(3s), {}, 1min, time_point::min()) == 59s;
    }

    binding::reconcile_state state{std::nullopt};
};

TEST_F(survey, confirms_what_its_lists_show_as_it_was_read)
{
    const auto one = rest(listener('1'));
    const auto two = rest(listener('2'));
    auto lists = complete({listener('1'), listener('2'), listener('3')});
    EXPECT_TRUE(lists.confirm_next(state, here, 1));
    EXPECT_TRUE(begins_confirmed(one));
    EXPECT_FALSE(begins_confirmed(two));
    EXPECT_FALSE(lists.confirm_next(state, here, 10));
    EXPECT_TRUE(begins_confirmed(two));
    EXPECT_EQ(lists.confirmed(), 2U);
}

TEST_F(survey, names_what_it_shows_otherwise)
{
    const auto one = rest(listener('1'));
    rest(listener('2'));
    auto changed = listener('1');
    changed.default_ref = foreign;
    const auto three = rest(listener('3'));
    auto failed = listener('3');
    failed.status = cloud::provisioning_status::error;
    auto pending = listener('2');
    pending.default_ref = foreign;
    pending.status = cloud::provisioning_status::pending;
    binding::survey lists(tenant, at(2s));
    EXPECT_THAT(lists.take_listeners(state, {changed, pending, failed}), ElementsAre(one, three));
    EXPECT_FALSE(lists.may_confirm());
}

TEST_F(survey, does_not_judge_what_was_read_after_it_began)
{
    rest(listener('1'));
    auto changed = listener('1');
    changed.default_ref = foreign;
    binding::survey lists(tenant, at(1s));
    EXPECT_THAT(lists.take_listeners(state, {changed, listener('1')}), IsEmpty());
    EXPECT_FALSE(lists.may_confirm());
}

TEST_F(survey, confirms_nothing_of_another_project_or_without_a_part)
{
    const auto one = rest(listener('1'));
    auto elsewhere = here;
    elsewhere.project_id = "other";
    complete({listener('1')}).confirm_next(state, elsewhere, 10);
    EXPECT_FALSE(begins_confirmed(one));

    binding::survey without_certificate(tenant, at(2s));
    without_certificate.take_listeners(state, {listener('1')});
    without_certificate.take_load_balancers({{balancer, cloud::provisioning_status::active}});
    without_certificate.confirm_next(state, here, 10);
    EXPECT_FALSE(begins_confirmed(one));

    binding::survey in_error(tenant, at(2s));
    in_error.take_listeners(state, {listener('1')});
    in_error.take_load_balancers({{balancer, cloud::provisioning_status::error}});
    in_error.take_usable_certificates({certificate});
    in_error.confirm_next(state, here, 10);
    EXPECT_FALSE(begins_confirmed(one));
}

TEST_F(survey, a_target_that_was_woken_is_read_whenever_the_lists_came)
{
    const auto before = rest(listener('1'));
    const auto after = rest(listener('2'));
    state.record_wake(before);
    complete({listener('1'), listener('2')}).confirm_next(state, here, 10);
    state.record_wake(after);
    EXPECT_FALSE(begins_confirmed(before));
    EXPECT_FALSE(begins_confirmed(after));
    EXPECT_TRUE(begins_confirmed(before)) << "the next one is the routine check again";
}

TEST_F(survey, a_target_that_changed_since_is_not_confirmed)
{
    const auto one = rest(listener('1'));
    auto lists = complete({listener('1')});
    state.of(one).record_cleanup_request();
    lists.confirm_next(state, here, 10);
    EXPECT_FALSE(begins_confirmed(one));
    EXPECT_EQ(lists.confirmed(), 0U);
}

TEST_F(survey, counts_what_rests_in_slices)
{
    const auto one = rest(listener('1'));
    const auto two = rest(listener('2'));
    state.of(target_of(listener('3')));
    std::map<binding::surveyor_key, std::size_t> requests;
    auto last = count_requests_at_rest(state, std::nullopt, 1, requests);
    EXPECT_EQ(last, one);
    last = count_requests_at_rest(state, last, 10, requests);
    EXPECT_EQ(last, target_of(listener('3')));
    EXPECT_EQ(count_requests_at_rest(state, last, 10, requests), std::nullopt);
    EXPECT_EQ(requests.at(tenant), 10U);
}

}  // namespace
