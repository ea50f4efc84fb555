// What a pass sees of a world, and how the world answers it.
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;
using binding::certificate_binding;
using access = binding::target_state_access;

const auto balancer_id = *support::uuid::parse("99999999-0000-4000-8000-000000000001");

// Another listener of the load balancer.
const binding::target elsewhere{
    support::interned("sao1"),
    *support::uuid::parse("22222222-0000-4000-8000-000000000002"),
    support::interned("http://keystone/v3"),
    support::interned("ours"),
};

}  // namespace

// ---- what a pass sees ----

// The bindings of the world, and those of the peers.
class world_builder::bindings_seen final : public binding::binding_store
{
public:
    bindings_seen()
    {
        unread_.uid = *support::uuid::parse("eeeeeeee-0000-4000-8000-000000000001");
        unread_.name = "unread";
        unread_.spec.certificate_id = certificate_id("d");
        unread_.spec.sni = true;
    }

    std::vector<const certificate_binding*> bindings_of(const binding::target& which) const override
    {
        if (which == world->target)
        {
            return world->sorted();
        }
        std::vector<const certificate_binding*> of_peer;
        for (const binding::peer& each : world->peers)
        {
            if (each.target == which)
            {
                of_peer.push_back(each.object);
            }
        }
        return of_peer.empty() ? std::vector{&unread_} : of_peer;
    }
    std::vector<binding::target> targets() const override { return targets_on(world->target); }
    std::vector<binding::target> targets_on(const binding::target&) const override
    {
        std::vector<binding::target> all;
        for (const binding::peer& each : world->peers)
        {
            all.push_back(each.target);
        }
        if (all.empty() && world->peers_unread)
        {
            all.push_back(peer_target());
        }
        all.push_back(world->target);
        return all;
    }
    const certificate_binding* find(const support::uuid& uid) const override
    {
        for (const auto& [name, object] : world->objects_)
        {
            if (object.uid == uid)
            {
                return &object;
            }
        }
        const auto peer =
            std::ranges::find(world->peers, uid, [](const auto& each) { return each.object->uid; });
        return peer == world->peers.end() ? nullptr : peer->object;
    }
    void applied(kube::object_json) override {}

    const world_builder* world = nullptr;

private:
    certificate_binding unread_;
};

class world_builder::credentials_seen final : public binding::credential_source
{
public:
    void update(const certificate_binding*, const certificate_binding*) override {}
    binding::target target_of(const certificate_binding& object) const override
    {
        const auto peer =
            std::ranges::find(world->peers, object.uid, [](const auto& each) { return each.object->uid; });
        return peer == world->peers.end() ? world->target : peer->target;
    }
    std::shared_ptr<cloud::credential> of(const binding::target&) const override
    {
        return std::make_shared<cloud::credential>();
    }
    bool is_controllers(const binding::target&) const override { return false; }
    binding::missing_credential why_none(const certificate_binding&) const override { return {}; }
    bool borrowed(const certificate_binding&) const override { return false; }

    const world_builder* world = nullptr;
};

binding::pass_context world_builder::context()
{
    if (!store_)
    {
        store_ = std::make_shared<bindings_seen>();
        credentials_ = std::make_shared<credentials_seen>();
    }
    store_->world = this;
    credentials_->world = this;
    return {{state_, *store_, *credentials_, settings, now, wall()}, state_};
}

binding::reconcile_pass& world_builder::pass()
{
    if (!pass_)
    {
        pass_.emplace(target, context(), divided);
    }
    return *pass_;
}

void world_builder::arrange_others()
{
    const auto listener_seen = [&] {
        cloud::listener seen;
        seen.id = target.listener;
        seen.load_balancer_id = balancer_id;
        return binding::observed<cloud::answer<cloud::listener>>{now, std::move(seen)};
    };
    auto& put = access::facts(state_.of(peer_target())).puts.under_way;
    put.reset();
    if (peer_put_deadline)
    {
        put.emplace();
        put->deadline = *peer_put_deadline;
    }
    for (const binding::peer& each : peers)
    {
        binding::target_facts& facts = access::facts(state_.of(each.target));
        facts.answers.listener_requested = !peers_unread;
        facts.puts.may_write = !each.may_not_write;
        facts.answers.listener = each.reads_listener ? std::optional(listener_seen()) : std::nullopt;
        auto& known = facts.bindings[each.object->uid];
        known = *each.state;
        if (!known.certificate)
        {
            known.certificate = {now, failing(cloud::failure::transient)};
        }
    }
    std::optional<binding::target> holder;
    if (turn == binding::turn_state::taken)
    {
        holder = peer_has_turn ? peer_target() : elsewhere;
    }
    if (holder != turn_of_another_ && turn_of_another_)
    {
        state_.leave_turn_unless_written(*turn_of_another_, now);
    }
    if (holder != turn_of_another_ && holder)
    {
        access::facts(state_.of(*holder)).answers.listener = listener_seen();
        state_.take_turn(*holder);
    }
    turn_of_another_ = holder;
}

binding::pass_action world_builder::next_action()
{
    arrange_others();
    auto action = pass().next(context());
    std::ranges::copy(action.wake, std::back_inserter(woken));
    if (turn != binding::turn_state::taken)
    {
        turn = state_.turn(target);
    }
    return action;
}

// ---- answers ----

void world_builder::do_read(const binding::read& asked)
{
    const auto asked_at = now;
    now += read_takes;
    if (asked.scope)
    {
        pass().on_read(context(), binding::observed<cloud::answer<cloud::project_scope>>{asked_at, scope});
    }
    if (asked.listener)
    {
        pass().on_read(context(), binding::observed<cloud::answer<cloud::listener>>{asked_at, listener});
    }
    if (asked.load_balancer)
    {
        pass().on_read(context(), binding::observed<cloud::answer<cloud::load_balancer>>{asked_at, balancer});
    }
    for (const support::uuid& uid : asked.certificates)
    {
        const auto id = objects_.at(name_of(uid)).spec.certificate_id;
        const std::string letter(1, id.str().front());
        const auto by_id = certificates_by_id.find(id.str());
        const auto known = certificates.find(letter);
        const auto& certificate = by_id != certificates_by_id.end() ? by_id->second
                                  : known == certificates.end()     ? active(letter)
                                                                    : known->second;
        pass().on_read(context(), binding::certificate_answer{uid, id, {asked_at, certificate}});
    }
    for (const cloud::container_ref& each : asked.refs)
    {
        const auto known = refs.find(std::string(1, name_of_ref(each).back()));
        const auto state = known == refs.end() ? cloud::ref_state::readable : known->second;
        pass().on_read(context(), binding::ref_answer{each, {asked_at, state}});
    }
    if (asked.other_listeners)
    {
        pass().on_read(
            context(), binding::observed<std::vector<binding::other_listener>>{asked_at, other_listeners}
        );
    }
    if (asked.endpoint_check)
    {
        pass().on_read(context(), endpoint_check);
    }
}

void world_builder::do_commit(const binding::commit& commit)
{
    for (const binding::write& each : commit.writes)
    {
        const std::string name = name_of(each.uid);
        if (!objects_.contains(name))
        {
            EXPECT_TRUE(write_peer) << "nobody keeps what is written to a binding of another credential";
            pass().on_committed(context(), each, binding::write_answer::taken);
            write_peer(each);
            pass().on_applied(context(), each);
            continue;
        }
        if (write_fails && write_fails(name))
        {
            pass().on_committed(context(), each, binding::write_answer::refused);
            continue;
        }
        const bool is_lost = answer_is_lost && answer_is_lost(name);
        pass().on_committed(
            context(), each, is_lost ? binding::write_answer::lost : binding::write_answer::taken
        );
        certificate_binding& object = objects_.at(name);
        ++object.resource_version;
        switch (each.kind)
        {
            case binding::write_kind::add_finalizer:
                object.finalizers.add(binding::finalizer);
                break;
            case binding::write_kind::remove_finalizer:
                objects_.erase(name);
                break;
            case binding::write_kind::status:
                object.status = each.wanted;
                break;
        }
        if (!is_lost)
        {
            pass().on_applied(context(), each);
        }
    }
    now += 1us;
}

}  // namespace test
