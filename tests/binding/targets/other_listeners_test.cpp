// Which other listeners are read before a PUT, and what a status that somebody else wrote can do about it.
#include "binding/targets/other_listeners.hpp"

#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"
#include "fakes/cloud/one_cloud.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using binding::target;
using testing::ElementsAre;
using testing::IsEmpty;
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
    std::vector<target> peers_of(const target&) const override { return {}; }
    const binding::certificate_binding* find(const support::uuid&) const override { return nullptr; }
    void applied(kube::object_json) override {}

    std::map<target, binding::certificate_binding> objects;
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
        // The other listener was not read yet, because it does not answer.
        access::facts(state.of(other)).answers.timed_out_at = t0;
        access::facts(state.of(other)).bindings[uid].held = binding::ledger{};
    }

    static binding::ledger holding(const std::string& certificate)
    {
        return {{{test::ref(certificate), test::sni_slot, true}}, {}, {}};
    }
    binding::target_context context() { return {state, store, credentials, settings, t0 + 1s, {}}; }
    std::vector<target> to_read() { return listeners_to_read(context(), here, balancer); }

    const support::time_point t0{1h};
    const target here = listener_numbered("11111111-0000-4000-8000-000000000001");
    const target other = listener_numbered("22222222-0000-4000-8000-000000000002");
    const support::uuid uid = *support::uuid::parse("ffffffff-0000-4000-8000-000000000001");
    const support::uuid balancer = *support::uuid::parse("99999999-0000-4000-8000-000000000001");
    binding::reconcile_state state{t0};
    one_binding_each store;
    test::one_cloud credentials;
    binding::settings settings;
};

TEST_F(other_listeners, one_that_does_not_answer_is_read_only_where_it_holds_something_of_ours)
{
    EXPECT_THAT(to_read(), IsEmpty());
    access::facts(state.of(other)).bindings[uid].held = holding("a");
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), ElementsAre(other));
}

// Its dead certificate would take the other listener down at our next PUT.
TEST_F(other_listeners, a_status_that_somebody_emptied_hides_nothing_that_is_ours)
{
    access::facts(state.of(other)).bindings[uid].held = holding("a");
    store.objects[other].status.ledger = {};
    EXPECT_THAT(to_read(), ElementsAre(other));
}

TEST_F(other_listeners, a_status_that_somebody_filled_makes_nobody_wait)
{
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), IsEmpty());
}

TEST_F(other_listeners, what_a_start_sees_first_is_believed)
{
    state.of(other).record_bindings({}, settings, t0, {}, {});
    store.objects[other].status.ledger = holding("a");
    EXPECT_THAT(to_read(), ElementsAre(other));
}

TEST_F(other_listeners, a_dead_ref_is_ours_by_the_ledger_that_we_wrote_alone)
{
    const auto judged = [&] {
        binding::judged_listener listener;
        listener.result.target = other;
        listener.refs = {test::ref("a"), test::ref("f")};
        judge_refs(context(), here, listener);
        return listener.result;
    };
    state.of(here).record_ref_on_other(other, test::ref("a"), {t0 - 10s, cloud::ref_state::dead});
    state.of(here).record_ref_on_other(other, test::ref("a"), {t0, cloud::ref_state::dead});
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
