#pragma once

#include "binding/single/decide.hpp"
#include "binding/status/ready_status.hpp"
#include "support/backoff.hpp"

// The inside of decide(): one decision over one binding. decide.cpp begins it and carries it out,
// presence.cpp has the binding that the cloud shows, absence.cpp the one that it does not show, and
// detach.cpp the removal of what is not wanted any more.
namespace binding::single {

// Of what somebody waits for; the first waits are short, because the cloud mostly needs seconds.
inline constexpr support::backoff polling{std::chrono::seconds(2), std::chrono::seconds(60), 0};
// Of what may take long.
inline constexpr support::backoff waiting{std::chrono::seconds(15), std::chrono::minutes(5), 0};

// What is to be in status, and what is to be done once it is.
struct conclusion
{
    std::optional<ready_status> ready = {};  // empty: only the ledger is written, if it changes
    ledger wanted = {};
    const cloud::service_binding* shown = nullptr;  // the wanted binding, as the cloud shows it
    action then = rest{};
    std::vector<event> events = {};
    bool needs_finalizer = false;
};

// Whether both entries are for the same certificate and slot; the id of the binding does not count.
bool is_same_entry(const attachment& a, const attachment& b);

class decision
{
public:
    explicit decision(const view& of)
        : of_(of), object_(of.object), facts_(of.facts), held_(believed(of.facts, of.object))
    {}

    action of_object();

private:
    // ---- a live binding, by what the last read shows (presence.cpp) ----

    conclusion of_live() const;
    conclusion of_answer(const certificate_facts& certificate) const;
    conclusion of_present(const certificate_facts& certificate, const cloud::service_binding& shown) const;
    conclusion of_attached(const certificate_facts& certificate, const cloud::service_binding& shown) const;
    conclusion of_failed(const certificate_facts& certificate) const;

    // ---- a live binding that is not there (absence.cpp) ----

    conclusion of_absent(const certificate_facts& certificate, const attachment* entry) const;
    conclusion of_lost(const certificate_facts& certificate) const;
    std::optional<conclusion> why_not_attach(const certificate_facts& certificate) const;
    std::optional<conclusion> why_refused() const;
    // The other binding has what this one wants.
    conclusion of_conflict(const certificate_binding& other) const;
    conclusion attach(const certificate_facts& certificate) const;

    // ---- removal (detach.cpp) ----

    action of_deletion() const;
    conclusion detach(const attachment& entry) const;
    conclusion detach_shown(
        const attachment& entry, const certificate_facts& certificate, const service_ref& named
    ) const;
    conclusion remove_again(
        const removal& removing, const certificate_facts& certificate, const cloud::service_binding& shown
    ) const;
    // When to read again, while a POST whose answer was lost may still take effect for this entry
    // (unanswered-writes). Empty: it can do nothing more.
    std::optional<support::time_point> read_in_doubt(
        const service_ref& named, const certificate_facts& certificate
    ) const;
    conclusion of_missing_certificate(const attachment& entry, const certificate_facts& certificate) const;

    // ---- helpers (decide.cpp) ----

    action carry_out(conclusion made) const;
    action read_at(support::time_point when, const support::uuid& certificate, cloud::purpose what_for) const;
    // The read was sent after the last write.
    bool counts(const certificate_facts* certificate) const;
    // The certificate is proven to be gone (proven-gone), and its bindings with it.
    bool is_gone(const certificate_facts& certificate) const;
    // The reads since the last write, the last of them replica_lag after the first, did not show the binding.
    bool is_absent() const;
    action read_for_proof() const;
    bool is_of_another_cloud() const;
    conclusion of_another_cloud() const;
    bool is_new() const { return of_.now < facts_.generation_since + of_.settings.grace; }
    support::duration resync() const;
    cloud::purpose why_read() const;
    conclusion nothing() const;
    conclusion say(ready_status ready, action then) const;
    // The entry of another certificate or slot; null: none.
    const attachment* other_entry() const;
    ledger with(const attachment& entry) const;
    ledger without(const attachment& entry) const;
    // What the cloud refused is taken back, so that the binding does not claim it (write-ahead).
    ledger without_disproved(ledger changed) const;

    const view& of_;
    const certificate_binding& object_;
    const binding_facts& facts_;
    const ledger& held_;
};

}  // namespace binding::single
