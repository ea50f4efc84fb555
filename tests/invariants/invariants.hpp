#pragma once

#include "fakes/cloud/fake_cloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/clock.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace test {

// What must hold at each write of the controller, whatever has happened before: a Kubernetes client that
// passes everything on and looks at the world first.
//
// At a PUT: it changes only what a committed ledger holds unconfirmed (S1, S12), it is no repetition (S8), a
// listener keeps a certificate (S2), what is added was usable 10 s ago (rule 4), no ref stays that is dead
// for long (rule 4), a foreign default that is replaced is remembered, and one that goes back was (rule 5).
// At a status that gives an entry up: the listener does not show it and no PUT under way adds it, or another
// binding holds it (S12). At the removal of a finalizer: what its ledger holds, and what was ever PUT for it
// and not given up since, is gone from a listener that is at rest, or somebody else's, or to be left (S4). At
// a status that becomes active: the certificate is there, and at rest (rule
// 11).
class invariants final : public kube_through
{
public:
    invariants(fake_kube& kube, fake_cloud& cloud, support::clock& clock);

    // When a certificate stopped being usable or readable, for the rules that allow for a while.
    void stopped(const std::string& certificate);

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override;

private:
    using json = nlohmann::json;

    struct entry
    {
        cloud::container_ref ref;
        bool is_default = false;
        bool confirmed = false;
        cloud::container_ref remembered;  // replacedDefaultRef beside it
        bool deleting = false;            // its binding is

        bool same(const entry& other) const { return ref == other.ref && is_default == other.is_default; }
    };

    static std::vector<entry> ledger_of(const json& object);
    static std::vector<entry> ledger_of(const json& object, const json& status);
    // Of all bindings on the listener that carry our finalizer, but `except`.
    std::vector<entry> ledgers(const std::string& listener, const std::string& except = "") const;

    void look_at_put(const fake_cloud::put_record& put);
    void look_at_default(
        const fake_cloud::put_record& put, const std::vector<entry>& held, const binding::listener_slots& now
    ) const;
    void look_at_release(const json& object);
    void look_at_status(const json& object, const json& wanted);
    void look_at_what_is_given_up(const json& object, const std::vector<entry>& wanted);
    bool holds_another(const std::string& listener, const std::string& except, const entry& which) const;
    bool stopped_long_ago(const cloud::container_ref& ref, support::duration allowed) const;
    bool at_rest(const fake_cloud::listener_row& row) const;
    static bool shows(const binding::listener_slots& slots, const entry& which);

    fake_kube& kube_;
    fake_cloud& cloud_;
    support::clock& clock_;
    std::map<cloud::container_ref, support::time_point> stopped_;
    std::map<std::string, std::vector<entry>>
        written_;                                    // by binding: the ledger that the controller wrote last
    std::map<std::string, std::vector<entry>> put_;  // by binding: what was PUT for it and not given up since
};

}  // namespace test
