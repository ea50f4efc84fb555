#pragma once

#include "binding/observed/target_state.hpp"

#include <chrono>
#include <string>

// A target at rest with one binding that is Ready.
namespace test::resting {

inline constexpr support::time_point read_at{std::chrono::seconds(1)};

inline const cloud::project_scope here{"http://keystone/v3", "project", "sao1", "http://octavia/v2"};
inline const binding::ledger_scope scope{
    support::interned(here.identity),
    support::interned(here.project_id),
    support::interned(here.region),
    support::interned(here.load_balancer_endpoint),
    true
};
inline const support::uuid balancer = *support::uuid::parse("99999999-0000-4000-8000-000000000001");
inline const support::uuid certificate = *support::uuid::parse("aaaaaaaa-0000-4000-8000-000000000001");
inline const cloud::container_ref ours{"http://kms/v1/containers/" + certificate.str()};
inline const cloud::container_ref foreign{"http://kms/v1/containers/ffffffff-0000-4000-8000-00000000000f"};

// Terminates TLS, without a certificate.
inline cloud::listener listener(char last = '1')
{
    cloud::listener read;
    read.id = *support::uuid::parse(std::string("11111111-0000-4000-8000-00000000000") + last);
    read.load_balancer_id = balancer;
    read.project_id = here.project_id;
    read.protocol = "TERMINATED_HTTPS";
    return read;
}

// Everything was read at `read_at`. The binding put `ours` into `slot`.
inline binding::target_facts facts_of(
    const cloud::listener& listener, const support::uuid& binding, binding::slot slot
)
{
    binding::target_facts facts;
    auto& answers = facts.answers;
    answers.scope = {read_at, here};
    answers.load_balancer_id = listener.load_balancer_id;
    answers.load_balancer = {read_at, cloud::load_balancer{.id = listener.load_balancer_id}};
    answers.agreed.slots = binding::slots_of(listener);
    answers.listener = {read_at, listener};
    answers.listener_requested = true;
    auto& known = facts.bindings[binding];
    known.held = binding::ledger{{{ours, slot, true}}, {}, scope};
    known.certificate_id = certificate;
    cloud::certificate read;
    read.container_ref = ours;
    read.status = "ACTIVE";
    read.usable = true;
    known.certificate = {read_at, read};
    known.verified_at = read_at;
    return facts;
}

}  // namespace test::resting
