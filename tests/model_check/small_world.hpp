#pragma once

#include "model_check/digest.hpp"
#include "model_check/model.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prove {

// How much of each kind may still happen in one story. The allowance is part of the state.
struct allowance
{
    int faults = 0;                // crashes, lost and late answers, refused writes, failed reads
    int foreign = 0;               // writes of another client to the listener
    std::array<int, 2> changes{};  // of each binding's spec or annotation, besides its creation and deletion
    int stale = 0;                 // reads of the listener from a replica that lags behind
    int certificates = 0;          // certificates that become unusable or die
    int take_overs = 0;            // another process leads although the last one did not die

    bool operator==(const allowance&) const = default;
};

// Small worlds of one kind: one listener, two bindings that may come, two certificates.
struct family
{
    std::string name{};
    std::size_t bindings = 2;
    bool default_there = true;       // a foreign default at the start
    bool sni_there = false;          // a foreign SNI ref at the start
    std::array<bool, 2> sni{};       // whether a binding wants a SNI slot at first
    bool one_certificate = false;    // both bindings want the same certificate at first
    bool of_two_ages = false;        // the first binding is older; else both are of the same second
    bool second_usable = true;       // the second certificate, at the start
    bool with_retain = false;        // a change may set Retain
    bool default_is_written = true;  // by another client
    bool sni_is_written = false;
    // What a leader must not do; a prover has to find what breaks then.
    bool starts_behind = false;      // it begins before its watch shows all that the last leader wrote
    bool sends_too_late = false;     // its PUT takes effect after the deadline by which others reckon
    bool promises_too_much = false;  // it ends and says that every PUT is resolved, although one is in doubt
    allowance may{};
};

// The choices that a step of the controller leaves open, in the order in which the step asks for them.
struct script
{
    std::vector<std::uint8_t> chosen;   // the choices made; after them each question takes its first option
    std::vector<std::uint8_t> options;  // how many options a question has
};

// A world that can be copied, and all that can happen in it next.
class small_world final : private fate
{
public:
    explicit small_world(const family& of);

    // What people, other clients and the cloud can do now.
    enum class kind : std::uint8_t
    {
        create,
        remove,
        change_certificate,
        change_slot,
        retain,
        abandon,
        default_by_another,  // another client sets the default; `who` is the number of the certificate
        sni_by_another,      // another client adds that certificate to the SNI list, or takes it off
        late_effect,         // `who` is the number of the late PUT
        unusable,
        dies,
        crash,
        stop,              // the process is asked to end, and another one leads then
        late_patch,        // `who` is the number of the late write to a binding
        watch_catches_up,  // of a process that has just started
        put_in_order,      // all certificates are usable again, and people ask for a retry
    };
    struct happening
    {
        small_world::kind kind = kind::create;
        std::size_t who = 0;
    };
    std::vector<happening> happenings() const;
    void happen(const happening& wanted);

    // Takes a step of the controller, or lets time pass until the controller has something to do. False where
    // only a status shows the step. The next happening is then as if it came before the step, or is a choice
    // in a later step.
    bool step(script& answers);

    // A long wait has just ended, and nothing happened in that wait.
    bool at_rest() const { return rested_; }
    bool in_order() const;

    const model& world() const { return world_; }
    const allowance& may() const { return may_; }
    digest128 digest() const;

private:
    patch_fate of_patch() override;
    put_fate of_put() override;
    bool read_fails() override;
    bool read_is_stale() override;
    support::duration beyond_deadline() override;
    void meanwhile(request kind) override;
    support::duration pause_of(binding::requeue how, int slow, support::duration wait) override;

    std::size_t choose(std::size_t options);
    void bindings_may(std::vector<happening>& all) const;
    void others_may(std::vector<happening>& all, bool at_once) const;
    bool others_write(const happening& wanted, cloud::listener_change& change) const;
    void settle_down();
    std::vector<std::pair<bool, binding::ledger>> ledgers() const;
    void choose_among(const std::vector<happening>& all);
    void create(std::size_t which);
    const binding::certificate_binding* find(std::size_t which) const;

    const family* family_;
    model world_;
    allowance may_;
    std::array<bool, 2> created_{};
    script* answers_ = nullptr;
    bool rested_ = false;
    int puts_ = 0;
    bool put_decided_ = false;  // meanwhile() of a PUT after its effect
};

}  // namespace prove
