#pragma once

#include "binding/observed/target_state.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

using namespace std::chrono_literals;

inline constexpr auto t0 = support::time_point(1h);

// One binding, and the state of its target.
class state_of_target : public testing::Test
{
protected:
    state_of_target()
    {
        object.uid = *support::uuid::parse("00000000-0000-4000-8000-000000000001");
        object.generation = 1;
        object.spec.certificate_id = certificate_id("a");
    }

    void begin_pass(support::time_point now, std::optional<support::time_point> started = std::nullopt)
    {
        kept.record_bindings({&object}, settings, now, wall, started);
    }

    const binding::target_facts& facts() const { return kept.facts(); }
    const binding::binding_state& of_it() const { return facts().bindings.at(object.uid); }

    void hold(const std::string& certificate, bool confirmed)
    {
        object.status.ledger.attachments.push_back({ref(certificate), sni_slot, confirmed});
    }

    void see_certificate(cloud::answer<cloud::certificate> answer)
    {
        kept.record_certificate(object.uid, object.spec.certificate_id, {t0, std::move(answer)});
    }

    void see_listener(support::time_point asked_at, cloud::answer<cloud::listener> answer)
    {
        kept.record_listener(settings, {asked_at, std::move(answer)});
    }

    static cloud::listener listener(
        int refs, cloud::provisioning_status status = cloud::provisioning_status::active
    )
    {
        cloud::listener listener;
        listener.default_ref = ref("f");
        listener.sni_refs.assign(static_cast<std::size_t>(refs - 1), ref("e"));
        listener.status = status;
        return listener;
    }

    void send(support::time_point now, int sni_refs = 1)
    {
        cloud::listener_change change;
        change.sni_refs = std::vector<cloud::container_ref>(static_cast<std::size_t>(sni_refs), ref("a"));
        kept.record_put_sent(settings, change, {}, {std::nullopt, *change.sni_refs}, now);
    }

    void answer(cloud::answer<cloud::listener> answer, support::time_point now, bool adds = true)
    {
        std::vector<binding::addition> added;
        if (adds)
        {
            added.push_back({object.uid, object.spec.certificate_id, object.wanted_slot(), ref("a")});
        }
        kept.record_put_answer(settings, added, answer, now);
    }

    support::wall_time wall = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
    binding::certificate_binding object;
    binding::target_state kept;
    binding::settings settings;
};

}  // namespace test
