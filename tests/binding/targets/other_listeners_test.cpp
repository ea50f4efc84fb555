// Which other listeners are read before a PUT, and what follows from the answers. What a status that somebody
// else wrote can do about it.
#include "binding/targets/other_listeners.hpp"

#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"
#include "fakes/cloud/one_cloud.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using binding::target;
using cloud::failure;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using access = binding::target_state_access;

target listener_numbered(const char* id)
{
    return {support::interned("sao1"), *support::uuid::parse(id)};
}

class one_binding_each final : public binding::binding_store
{
public:
    std::vector<const binding::certificate_binding*> bindings_of(const target& which) const override
    {
        const auto known = objects.find(which);
        return known == objects.end() ? std::vector<const binding::certificate_binding*>()
                                      : std::vector{&known->second};
    }
    std::vector<target> targets() const override
    {
        std::vector<target> all;
        for (const auto& [which, object] : objects)
        {
            all.push_back(which);
        }
        return all;
    }
    std::vector<target> targets_on(const target& listener) const override
    {
        auto all = targets();
        std::erase_if(all, [&](const target& one) { return !same_listener(one, listener); });
        return all;
    }
    const binding::certificate_binding* find(const support::uuid&) const override { return nullptr; }
    void applied(kube::object_json) override {}

    std::map<target, binding::certificate_binding> objects;
};

// The targets that have lost their credential have none.
class some_credentials final : public binding::credential_source
{
public:
    void update(const binding::certificate_binding*, const binding::certificate_binding*) override {}
    target target_of(const binding::certificate_binding& object) const override
    {
        return listener_of(object);
    }
    std::shared_ptr<cloud::credential> of(const target& which) const override
    {
        return std::ranges::find(lost, which) == lost.end() ? std::make_shared<cloud::credential>() : nullptr;
    }
    binding::missing_credential why_none(const binding::certificate_binding&) const override { return {}; }
    bool is_controllers(const target&) const override { return true; }
    bool borrowed(const binding::certificate_binding&) const override { return false; }

    std::vector<target> lost;
};

class other_listeners : public testing::Test
{
protected:
    other_listeners()
    {
        state.of(here).record_scope({t0, cloud::project_scope()});
        store.objects[here];
        auto& theirs = store.objects[other];
        theirs.uid = uid;
        access::facts(state.of(other)).bindings[uid].held = binding::ledger{};
        show({here.listener, other.listener});
    }

    // What the load balancer lists.
    void show(std::vector<support::uuid> listed)
    {
        std::ranges::sort(listed);
        state.of(here).record_load_balancer({t0, cloud::load_balancer{balancer, {}, std::move(listed)}});
    }

    cloud::listener listener_on(const support::uuid& load_balancer) const
    {
        cloud::listener shown;
        shown.id = other.listener;
        shown.load_balancer_id = load_balancer;
        return shown;
    }
    static std::unexpected<cloud::error> failing(failure kind)
    {
        return std::unexpected(cloud::error{kind, "no answer", {}, {}});
    }
    // The target of the other listener reads it itself.
    void reads_itself(cloud::answer<cloud::listener> answer, support::duration after_start = {})
    {
        state.of(other).record_scope({t0, scope_of_other});
        state.record_listener(other, settings, {t0 + after_start, std::move(answer)});
    }

    // Both targets have read their listener on the load balancer. A change has arrived for the first.
    void reads_themselves()
    {
        access::facts(state.of(here)).arrivals.record(t0);
        auto own = listener_on(balancer);
        own.id = here.listener;
        state.record_listener(here, settings, {t0, std::move(own)});
        reads_itself(listener_on(balancer));
    }

    static binding::ledger holding(const std::string& certificate)
    {
        return {{{test::ref(certificate), test::sni_slot, true}}, {}, {}};
    }
    binding::target_context context() { return {state, store, credentials, settings, t0 + 1s, {}}; }
    std::vector<support::uuid> to_read()
    {
        std::vector<support::uuid> ids;
        for (const binding::judged_listener& each : listeners_to_read(context(), here))
        {
            ids.push_back(each.result.listener);
        }
        return ids;
    }
    // What follows from the answer about the one listener that is to be read.
    std::string doubt_after(cloud::answer<cloud::listener> answer, support::duration after_start = {})
    {
        auto listeners = listeners_to_read(context(), here);
        const binding::observed<cloud::answer<cloud::listener>> observed{t0 + after_start, std::move(answer)};
        state.of(here).record_other_listener(other.listener, observed);
        judge_listener(context(), here, observed, listeners.at(0));
        return listeners.at(0).result.doubt;
    }

    const support::time_point t0{1h};
    const target here = listener_numbered("11111111-0000-4000-8000-000000000001");
    const target other = listener_numbered("22222222-0000-4000-8000-000000000002");
    const support::uuid uid = *support::uuid::parse("ffffffff-0000-4000-8000-000000000001");
    const support::uuid balancer = *support::uuid::parse("99999999-0000-4000-8000-000000000001");
    const support::uuid elsewhere = *support::uuid::parse("99999999-0000-4000-8000-000000000002");
    cloud::project_scope scope_of_other;
    binding::reconcile_state state{t0};
    one_binding_each store;
    some_credentials credentials;
    binding::settings settings;
};

TEST_F(other_listeners, those_that_the_load_balancer_lists_are_read_if_they_have_a_binding)
{
    show({here.listener, other.listener, *support::uuid::parse("33333333-0000-4000-8000-000000000003")});
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
    show({here.listener});
    EXPECT_THAT(to_read(), IsEmpty());
}

TEST_F(other_listeners, one_with_several_credentials_is_read_once)
{
    auto second = other;
    second.credential = support::interned("another");
    store.objects[second];
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
}

TEST_F(other_listeners, of_another_cloud_or_region_is_none_though_its_id_is_listed)
{
    store.objects.erase(other);
    auto foreign = other;
    foreign.region = support::interned("rio1");
    store.objects[foreign];
    EXPECT_THAT(to_read(), IsEmpty());
}

// ---- what another pass has found readable ----

TEST_F(other_listeners, a_ref_that_another_pass_found_readable_need_not_be_looked_up_for_a_short_time)
{
    reads_themselves();
    const auto certificate = test::ref("a");
    const auto looked_up = test::ref("b");
    access::facts(state.of(other)).bindings[uid].certificate = {t0, test::active("a")};
    state.of(other).record_ref(looked_up, {t0, cloud::ref_state::readable});
    EXPECT_THAT(
        found_readable(context(), here), UnorderedElementsAre(Pair(certificate, t0), Pair(looked_up, t0))
    );
    auto later = context();
    later.now = t0 + settings.fresh_certificate + 1ms;
    EXPECT_THAT(found_readable(later, here), IsEmpty());
}

TEST_F(other_listeners, a_ref_that_was_found_readable_before_the_change_arrived_is_looked_up)
{
    reads_themselves();
    state.of(other).record_ref(test::ref("a"), {t0 - 1ms, cloud::ref_state::readable});
    EXPECT_THAT(found_readable(context(), here), IsEmpty());
    state.of(other).record_ref(test::ref("a"), {t0, cloud::ref_state::readable});
    EXPECT_THAT(found_readable(context(), here), SizeIs(1));
    access::facts(state.of(here)).arrivals.first.reset();
    EXPECT_THAT(found_readable(context(), here), IsEmpty()) << "no change has arrived";
}

TEST_F(other_listeners, a_ref_that_another_credential_or_cloud_found_readable_is_looked_up)
{
    reads_themselves();
    auto stranger = other;
    stranger.credential = support::interned("another");
    state.record_listener(stranger, settings, {t0, listener_on(balancer)});
    state.of(stranger).record_scope({t0, scope_of_other});
    state.of(stranger).record_ref(test::ref("a"), {t0, cloud::ref_state::readable});
    EXPECT_THAT(found_readable(context(), here), IsEmpty());
    state.of(other).record_ref(test::ref("a"), {t0, cloud::ref_state::readable});
    EXPECT_THAT(found_readable(context(), here), SizeIs(1));
    state.of(other).record_scope({t0, cloud::project_scope{"", "another", "", ""}});
    EXPECT_THAT(found_readable(context(), here), IsEmpty());
}

TEST_F(other_listeners, a_ref_that_was_not_readable_since_is_looked_up)
{
    reads_themselves();
    for (const auto state_since :
         {cloud::ref_state::dead, cloud::ref_state::unanswered, cloud::ref_state::unknown})
    {
        state.of(other).record_ref(test::ref("a"), {t0, cloud::ref_state::readable});
        state.of(here).record_ref_on_other(test::ref("a"), {t0 + 1ms, state_since});
        EXPECT_THAT(found_readable(context(), here), IsEmpty());
        state.of(other).record_ref(test::ref("a"), {t0 + 2ms, cloud::ref_state::readable});
        EXPECT_THAT(found_readable(context(), here), ElementsAre(Pair(test::ref("a"), t0 + 2ms)));
    }
}

// ---- a list that is outdated ----

TEST_F(other_listeners, one_that_was_read_there_is_read_though_the_list_lacks_it)
{
    show({here.listener});
    reads_itself(listener_on(elsewhere));
    EXPECT_THAT(to_read(), IsEmpty());
    reads_itself(listener_on(balancer));
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
    EXPECT_THAT(
        doubt_after(listener_on(balancer)), HasSubstr("missing in the answer about its load balancer")
    );
    EXPECT_EQ(doubt_after(listener_on(elsewhere)), "");
}

TEST_F(other_listeners, one_that_was_read_there_and_does_not_answer_now_is_in_doubt_though_the_list_lacks_it)
{
    show({here.listener});
    reads_itself(listener_on(balancer));
    EXPECT_THAT(doubt_after(failing(failure::transient)), HasSubstr("cannot be read: no answer"));
    EXPECT_EQ(doubt_after(failing(failure::not_found)), "") << "the list says that it is gone, too";
    EXPECT_EQ(doubt_after(failing(failure::access_denied)), "");
}

TEST_F(other_listeners, one_that_was_read_there_is_forgotten_when_it_is_proven_gone)
{
    show({here.listener});
    reads_itself(listener_on(balancer));
    reads_itself(failing(failure::not_found), 1s);
    EXPECT_THAT(to_read(), ElementsAre(other.listener)) << "one 404 proves nothing";
    reads_itself(failing(failure::not_found), 6s);
    EXPECT_THAT(to_read(), IsEmpty());
    EXPECT_THAT(state.read_on({here.region, balancer, here.identity}), IsEmpty());
}

// A tenant may bring a cloud of its own behind the same Keystone.
TEST_F(other_listeners, one_that_was_read_there_in_another_project_or_cloud_costs_no_read)
{
    show({here.listener});
    for (const auto& scope :
         {cloud::project_scope{"", "another", "", ""}, cloud::project_scope{"", "", "", "http://another"}})
    {
        scope_of_other = scope;
        reads_itself(listener_on(balancer));
        EXPECT_THAT(to_read(), IsEmpty());
    }
}

TEST_F(other_listeners, one_whose_bindings_have_gone_is_forgotten)
{
    reads_itself(listener_on(balancer));
    EXPECT_THAT(state.read_on({here.region, balancer, here.identity}), ElementsAre(other));
    state.forget(other);
    EXPECT_THAT(state.read_on({here.region, balancer, here.identity}), IsEmpty());
}

TEST_F(other_listeners, none_is_read_by_a_list_that_lacks_the_targets_own)
{
    show({other.listener});
    const auto listeners = listeners_to_read(context(), here);
    ASSERT_EQ(listeners.size(), 1U);
    EXPECT_EQ(listeners.front().result.listener, here.listener);
    EXPECT_THAT(listeners.front().result.doubt, HasSubstr("missing in the answer about its load balancer"));
}

// ---- one that is listed and cannot be read ----

TEST_F(other_listeners, a_listed_one_that_does_not_answer_is_in_doubt)
{
    for (const auto kind : {failure::transient, failure::rate_limited, failure::credentials_invalid})
    {
        EXPECT_THAT(doubt_after(failing(kind)), HasSubstr("cannot be read: no answer"));
    }
    EXPECT_EQ(doubt_after(listener_on(balancer)), "");
}

// As a ref that the credential may not see.
TEST_F(
    other_listeners, a_listed_one_that_may_not_be_read_is_in_doubt_only_while_a_change_of_it_may_take_effect
)
{
    EXPECT_EQ(doubt_after(failing(failure::access_denied)), "");
    auto& put = access::facts(state.of(other)).puts.under_way;
    put.emplace();
    put->deadline = t0 + 2s;
    EXPECT_EQ(doubt_after(failing(failure::access_denied)), "is being changed");
    put->deadline = t0 + 1s;
    EXPECT_EQ(doubt_after(failing(failure::access_denied)), "");
}

TEST_F(other_listeners, a_listed_one_is_gone_by_the_second_404)
{
    EXPECT_THAT(doubt_after(failing(failure::not_found)), HasSubstr("cannot be read"));
    EXPECT_THAT(doubt_after(failing(failure::not_found), 4s), HasSubstr("cannot be read"));
    EXPECT_EQ(doubt_after(failing(failure::not_found), 5s), "");
    EXPECT_EQ(doubt_after(listener_on(balancer), 6s), "");
    EXPECT_THAT(doubt_after(failing(failure::not_found), 7s), HasSubstr("cannot be read"));
}

TEST_F(other_listeners, what_another_project_answered_proves_nothing)
{
    EXPECT_THAT(doubt_after(failing(failure::not_found)), HasSubstr("cannot be read"));
    state.of(here).record_scope({t0, cloud::project_scope{"", "another", "", ""}});
    EXPECT_THAT(doubt_after(failing(failure::not_found), 5s), HasSubstr("cannot be read"));
}

// ---- what a status that somebody else wrote can do ----

TEST_F(other_listeners, without_a_credential_are_read_only_where_something_of_ours_is_held)
{
    credentials.lost = {other};
    EXPECT_THAT(to_read(), IsEmpty());
    access::facts(state.of(other)).bindings[uid].held = holding("a");
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
}

// Its dead certificate would take the other listener down at our next PUT.
TEST_F(other_listeners, a_status_that_somebody_emptied_hides_nothing_that_is_ours)
{
    credentials.lost = {other};
    access::facts(state.of(other)).bindings[uid].held = holding("a");
    store.objects[other].status.ledger = {};
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
}

TEST_F(other_listeners, a_status_that_somebody_filled_costs_no_read)
{
    credentials.lost = {other};
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), IsEmpty());
}

TEST_F(other_listeners, what_a_start_sees_first_is_believed)
{
    credentials.lost = {other};
    state.of(other).record_bindings({}, settings, t0, {}, {});
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), ElementsAre(other.listener));
}

TEST_F(other_listeners, a_dead_ref_is_ours_by_the_ledger_that_we_wrote_alone)
{
    const auto judged = [&] {
        binding::judged_listener listener;
        listener.result.listener = other.listener;
        listener.result.targets = {other};
        listener.refs = {test::ref("a"), test::ref("f")};
        judge_refs(context(), here, listener);
        return listener.result;
    };
    state.of(here).record_ref_on_other(test::ref("a"), {t0 - 10s, cloud::ref_state::dead});
    state.of(here).record_ref_on_other(test::ref("a"), {t0, cloud::ref_state::dead});
    store.objects[other].status.ledger = holding("a");
    EXPECT_EQ(judged().dead_ref, test::ref("a"));
    EXPECT_FALSE(judged().ours) << "somebody wrote that";
    access::facts(state.of(other)).bindings[uid].held = holding("a");
    store.objects[other].status.ledger = {};
    EXPECT_TRUE(judged().ours) << "somebody emptied the status";
}

TEST_F(other_listeners, refs_that_somebody_wrote_into_a_status_prove_no_endpoint_right)
{
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(refs_for_endpoint_check(context(), here), IsEmpty());
    access::facts(state.of(other)).bindings[uid].held = holding("b");
    EXPECT_THAT(refs_for_endpoint_check(context(), here), ElementsAre(test::ref("b")));
}

}  // namespace
