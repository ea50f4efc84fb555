#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/resource/service_ref.hpp"
#include "binding/settings.hpp"
#include "cloud/binding_service.hpp"
#include "support/clock.hpp"

#include <optional>
#include <string>
#include <vector>

// What is known of bindings whose cloud attaches single bindings, and how each answer changes it.
namespace binding::single {

// One certificate, read with one credential. All its bindings share it.
struct certificate_facts
{
    std::optional<cloud::certificate_reading> last;  // the last answer
    // The last answer that showed the certificate.
    std::optional<cloud::certificate_reading> shown;
    // proven-gone: when the first of an unbroken row of reads was sent that found no certificate.
    std::optional<support::time_point> missing_since;
    int failures = 0;  // reads in a row without a usable answer
    int polls = 0;     // reads in a row that found the certificate not active
};

void record_reading(certificate_facts& into, cloud::certificate_reading reading);

// A write that the cloud refused.
struct refusal
{
    cloud::failure kind = cloud::failure::refused;
    std::string message;
    support::time_point at{};
};

// The removal of one binding.
struct removal
{
    support::uuid binding;
    support::time_point at{};             // when its answer came
    std::optional<refusal> refused = {};  // empty: the cloud took it, or its answer was lost
    bool taken = false;
    int attempts = 0;
    // Answers 404 in a row, the cloud's own or no_route, after each of which the certificate could be read.
    // So the cloud was there.
    int answers_404 = 0;
};

// An entry of the ledger, and when the first read was sent of the unbroken row since the last write that did
// not show its binding.
struct unseen_entry
{
    attachment entry;
    support::time_point since{};
};

// One binding.
struct binding_facts
{
    // The ledger as the controller last wrote it, or as status had it when the process first saw the binding.
    std::optional<ledger> held;
    // The ledger of a later write whose answer was lost. Once status shows it, it is the held one.
    std::optional<ledger> maybe_written;
    std::int64_t generation = 0;
    support::time_point generation_since{};
    support::interned requested_at;

    // Only reads that were sent then or later count: what came before the last write is old.
    support::time_point read_after{};
    // unanswered-writes: until then a POST may take effect, or have taken effect without a read showing it.
    std::optional<support::time_point> in_doubt_until;
    // The POST for what the binding wants was refused.
    std::optional<refusal> refused;
    int refusals = 0;  // in a row
    // The entry of the last POST, if the cloud itself refused it with another answer than 409: then nothing
    // of the entry is attached. Empty: the last POST was taken, was not answered, or is under way.
    std::optional<attachment> disproved;
    // The entry of the last POST, if the answer was 409. An earlier POST that had effect may be the cause,
    // and the reads may be old. So this disproves the entry only after `absent_since` is proven, and only if
    // the entry is not one of `posted`.
    std::optional<attachment> refused_as_busy;
    // The entries for which the cloud took a POST or gave no answer, of those whose binding no read has
    // shown.
    std::vector<attachment> posted;
    std::optional<removal> removing;
    int polls = 0;  // reads in a row that did not find the binding at rest
    // When the first of an unbroken row of reads was sent that did not show an attached binding.
    std::optional<support::time_point> absent_since;
    // The entries whose binding the reads of their certificate do not show.
    std::vector<unseen_entry> unseen;
    // contested: how often what somebody removed was bound again.
    int repairs = 0;
    support::time_point repaired_at{};
    bool waits_for_turn = false;  // the last request was turned away by the budget
};

// The ledger that is believed.
const ledger& believed(const binding_facts& facts, const certificate_binding& object);

// The binding as the store has it. `others_sent_until`: until when another process may have sent requests to
// bind or unbind; empty: each of them is resolved.
void record_object(
    binding_facts& facts,
    const certificate_binding& object,
    const settings& settings,
    support::time_point now,
    std::optional<support::time_point> others_sent_until
);
// A read of the certificate `id` for this binding was answered.
void record_read(
    binding_facts& facts,
    const certificate_binding& object,
    const support::uuid& id,
    const certificate_facts& certificate
);
// The POST is about to be sent: from here on it may take effect.
void record_create_sent(binding_facts& facts, const settings& settings, support::time_point now);
// Its answer, or that it has none; empty: the cloud took it.
void record_create_answer(
    binding_facts& facts,
    const attachment& entry,
    const std::optional<cloud::error>& failed,
    support::time_point now
);
void record_removal(
    binding_facts& facts,
    const support::uuid& binding,
    const std::optional<cloud::error>& failed,
    support::time_point now
);
// The API server took a write of this ledger, or its answer was lost.
void record_ledger_write(binding_facts& facts, const ledger& written, bool taken, support::time_point now);

// ---- what a certificate shows of one listener ----

// The binding to this listener: the one with this id, else one of this slot, else any; null: none.
const cloud::service_binding* find_binding(
    const cloud::service_certificate& certificate,
    const support::uuid& listener,
    slot wanted,
    const std::optional<support::uuid>& id
);
// The binding of the entry: the one that it names; if it names none, one of its slot. Null: none.
const cloud::service_binding* find_binding(
    const cloud::service_certificate& certificate, const support::uuid& listener, const attachment& entry
);
// Since when no read shows the binding of the entry. Empty: no read since the last write tells.
std::optional<support::time_point> unseen_since(const binding_facts& facts, const attachment& entry);
// Whether it is of this slot, as far as the cloud shows it.
bool has_slot(const cloud::service_binding& shown, slot wanted);

bool is_among(const attachment& entry, const std::vector<attachment>& entries);
// Whether the cloud has shown the binding of the entry: it was active, or its id is known.
bool was_shown(const attachment& entry);

// The entry of the ledger for this certificate and slot; null: none.
const attachment* find_entry(const ledger& held, const support::uuid& certificate, slot wanted);

}  // namespace binding::single
