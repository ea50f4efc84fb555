#pragma once

#include "binding/single/decide.hpp"

#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

// What is known of one binding of a cloud that attaches single bindings, in a few words, and what is decided
// from it, as a text.
//
// Certificates go by a letter from a to f, and bindings in the cloud by a digit. An entry of the ledger is
// "default a/1", or "sni a?" if it is not confirmed and the id of its binding is not known.
namespace test {

support::uuid certificate_id(char letter);
support::uuid binding_id(char digit);
// "default a/1?"
binding::attachment entry_of(const std::string& text);
std::string text_of(const binding::attachment& entry);
// "default 1 active", a binding to the listener of the case
cloud::service_binding shown_binding(const std::string& text);

struct single_case
{
    single_case();

    // ---- the object ----

    single_case& wants(const std::string& slot_and_certificate);  // "sni b"
    // Ledger and finalizer, as status has them.
    single_case& holds(const std::vector<std::string>& entries);
    single_case& deleting();
    // As status says it now, for this generation.
    single_case& says(binding::reason ready, const std::string& message = "");
    single_case& is_old();  // the generation is older than the grace period

    // ---- the last answer about a certificate; it was asked `age` ago ----

    single_case& shows(
        char certificate,
        const std::vector<std::string>& bindings,
        cloud::certificate_state state = cloud::certificate_state::active,
        support::duration age = {}
    );
    single_case& fails(char certificate, cloud::failure kind, support::duration age = {});

    // ---- what became of writes ----

    single_case& refused(cloud::failure kind, support::duration age = {});
    // The reads did not show the binding of the entry, the first of them `age` ago.
    single_case& unseen(const std::string& entry, support::duration age);
    // `refused` is empty: the cloud took it.
    single_case& removing(
        char id, std::optional<cloud::failure> refused, support::duration age = {}, int attempts = 1
    );

    // What is decided, and again after each write to Kubernetes, up to the first action that is none:
    // "finalizer, pending Progressing [default a?], POST default a?". Of a deletion that needs a person the
    // cause stands beside the reason: "deleting Detaching by CloudChanged [default a/1]".
    std::string decided();

    binding::certificate_binding object;
    binding::single::binding_facts facts;
    std::map<support::uuid, binding::single::certificate_facts> certificates;
    const binding::certificate_binding* winner = nullptr;
    // Which other live object has a binding of the cloud in its ledger.
    std::map<support::uuid, const binding::certificate_binding*> owners;
    binding::ledger_scope here;
    binding::settings settings;
    support::time_point now;
    support::wall_time wall;

private:
    binding::single::action decide_now() const;
    std::string apply(const binding::write& wanted);
    std::string text_of_rest(support::time_point until) const;
};

// A row of a table: what is known, and what is decided from it.
struct decided_row
{
    const char* name;
    std::function<void(single_case&)> known;
    const char* decided;

    friend std::ostream& operator<<(std::ostream& out, const decided_row& row) { return out << row.name; }
};

}  // namespace test
