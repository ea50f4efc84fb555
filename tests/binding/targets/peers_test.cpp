#include "binding/targets/peers.hpp"

#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"
#include "fakes/cloud/one_cloud.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using binding::target;
using access = binding::target_state_access;

const support::uuid listener = *support::uuid::parse("11111111-0000-4000-8000-000000000001");

target through(const std::string& credential, const std::string& identity = "http://keystone/v3")
{
    return {support::interned("sao1"), listener, support::interned(identity), support::interned(credential)};
}

// A binding of each target.
class some_bindings final : public binding::binding_store
{
public:
    std::vector<const binding::certificate_binding*> bindings_of(const target& target) const override
    {
        const auto entry = objects.find(target);
        return entry == objects.end() ? std::vector<const binding::certificate_binding*>()
                                      : std::vector{&entry->second};
    }
    std::vector<target> targets() const override { return {}; }
    std::vector<target> targets_on(const target& which) const override
    {
        std::vector<target> all;
        for (const auto& [one, object] : objects)
        {
            if (same_listener(one, which))
            {
                all.push_back(one);
            }
        }
        return all;
    }
    const binding::certificate_binding* find(const support::uuid&) const override { return nullptr; }
    void applied(kube::object_json) override {}

    std::map<target, binding::certificate_binding> objects;
};

class peers : public testing::Test
{
protected:
    binding::observed_peers observe(support::duration after_start)
    {
        return observe_peers({state, store, credentials, settings, t0 + after_start, {}}, here);
    }

    void put(const target& target)
    {
        binding::put_state sent;
        sent.deadline = t0 + 40s;
        access::facts(state.of(target)).puts.under_way = sent;
    }

    void reads_listener(const std::vector<std::string>& names)
    {
        cloud::listener shown;
        for (const std::string& name : names)
        {
            shown.sni_refs.push_back(test::ref(name));
        }
        state.of(here).record_listener(settings, {t0, std::move(shown)});
    }

    const support::time_point t0{1h};
    const target here = through("ours");
    some_bindings store;
    test::one_cloud credentials;
    binding::reconcile_state state{t0};
    binding::settings settings;
};

TEST_F(peers, a_put_counts_until_its_deadline_with_bindings_or_without)
{
    put(through("theirs"));
    EXPECT_EQ(observe(1s).put_deadline, t0 + 40s);
    EXPECT_EQ(observe(40s).put_deadline, std::nullopt);
}

TEST_F(peers, a_put_of_our_own_or_of_another_cloud_is_none_of_theirs)
{
    put(here);
    put(through("theirs", "http://another/v3"));
    EXPECT_EQ(observe(1s).put_deadline, std::nullopt);
}

TEST_F(peers, a_put_of_an_earlier_process_counts_before_its_target_was_reconciled)
{
    auto& object = store.objects[through("theirs")];
    object.status.ledger.attachments.push_back({test::ref("a"), test::sni_slot, false});
    EXPECT_EQ(
        observe(1s).put_deadline, t0 + settings.write_deadline + settings.replica_lag + settings.per_ref
    );
    EXPECT_EQ(observe(33s).put_deadline, std::nullopt);
    object.status.ledger.attachments.front().confirmed = true;
    EXPECT_EQ(observe(1s).put_deadline, std::nullopt);
}

TEST_F(peers, a_put_of_an_earlier_process_is_waited_for_with_the_refs_that_the_listener_holds)
{
    put(through("theirs"));
    auto& theirs = *access::facts(state.of(through("theirs"))).puts.under_way;
    theirs.phase = binding::put_phase::before_start;
    reads_listener({"a", "b", "f"});
    EXPECT_EQ(observe(1s).put_deadline, t0 + 40s + 3 * settings.per_ref);
    EXPECT_EQ(observe(41s).put_deadline, t0 + 40s + 3 * settings.per_ref);
    theirs.refs_counted = true;
    EXPECT_EQ(observe(1s).put_deadline, t0 + 40s);
    theirs.deadline = t0;
    auto& object = store.objects[through("another")];
    object.status.ledger.attachments.push_back({test::ref("a"), test::sni_slot, false});
    EXPECT_EQ(
        observe(1s).put_deadline, t0 + settings.write_deadline + settings.replica_lag + 4 * settings.per_ref
    );
}

TEST_F(peers, who_cannot_log_in_any_more_reads_no_listener)
{
    store.objects[through("theirs")];
    auto& peer_state = state.of(through("theirs"));
    peer_state.record_listener(settings, {t0, cloud::listener()});
    peer_state.record_scope({t0, cloud::project_scope()});
    EXPECT_TRUE(observe(1s).bindings.at(0).reads_listener);
    peer_state.record_scope({t0 + 1s, test::failing(cloud::failure::transient)});
    EXPECT_TRUE(observe(1s).bindings.at(0).reads_listener) << "it may be a moment";
    peer_state.record_scope({t0 + 2s, test::failing(cloud::failure::credentials_invalid)});
    EXPECT_FALSE(observe(1s).bindings.at(0).reads_listener);
}

TEST_F(peers, whether_one_may_write_is_believed_of_its_status_until_this_process_knows)
{
    auto& object = store.objects[through("theirs")];
    auto& may_write = access::facts(state.of(through("theirs"))).puts.may_write;
    object.generation = 3;
    auto& ready = object.status[binding::condition_type::ready];
    ready.reason = binding::reason::listener_access_denied;
    ready.observed_generation = 3;
    EXPECT_TRUE(observe(1s).bindings.at(0).may_not_write);
    may_write = true;
    EXPECT_FALSE(observe(1s).bindings.at(0).may_not_write);
    may_write = false;
    ready.observed_generation = 2;
    EXPECT_TRUE(observe(1s).bindings.at(0).may_not_write);
    may_write.reset();
    EXPECT_FALSE(observe(1s).bindings.at(0).may_not_write) << "it spoke of something else";
}

}  // namespace
