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

// What must hold at each write of the controller, whatever has happened before. This is a Kubernetes client
// that checks each write and passes it on.
//
// At a PUT:
//   - It changes only refs that a committed ledger holds as unconfirmed (S1, S12).
//   - It is no repetition (S8), and a listener keeps a certificate (S2).
//   - An added certificate was usable 10 s ago, and no ref stays that is dead for long
//   (readable-before-write).
//   - A foreign default that is replaced is recorded, and a default that goes back was recorded
//     (never-without-default). At a status that gives an entry up: the listener does not show the ref and no
//     PUT under way adds it, or another binding holds it (S12). At the removal of a finalizer: each ref that
//     the ledger holds, or that was PUT for the binding and not given up since, is gone from a listener at
//     rest, or held by another binding, or left on purpose (S4). At a status that becomes active: the
//     certificate is on a listener at rest (verified-ready).
class invariants final : public kube_through
{
public:
    invariants(fake_kube& kube, fake_cloud& cloud, support::clock& clock);

    // Called when a certificate stops being usable or readable, because two invariants allow for some time
    // after that.
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
        cloud::container_ref replaced_default;  // replacedDefaultRef beside the entry
        bool deleting = false;                  // the binding of the entry is being deleted

        bool same(const entry& other) const { return ref == other.ref && is_default == other.is_default; }
    };

    static std::vector<entry> ledger_of(const json& object);
    static std::vector<entry> ledger_of(const json& object, const json& status);
    // The entries of all bindings on the listener that carry the controller's finalizer, without `except`.
    std::vector<entry> ledgers(const std::string& listener, const std::string& except = "") const;

    void check_put(const fake_cloud::put_record& put);
    void check_default(
        const fake_cloud::put_record& put, const std::vector<entry>& held, const binding::listener_slots& now
    ) const;
    void check_release(const json& object);
    void check_status(const json& object, const json& wanted);
    void check_given_up(const json& object, const std::vector<entry>& wanted);
    bool holds_another(const std::string& listener, const std::string& except, const entry& which) const;
    bool stopped_long_ago(const cloud::container_ref& ref, support::duration allowed) const;
    bool at_rest(const fake_cloud::listener_row& row) const;
    static bool shows(const binding::listener_slots& slots, const entry& which);

    fake_kube& kube_;
    fake_cloud& cloud_;
    support::clock& clock_;
    std::map<cloud::container_ref, support::time_point> stopped_;
    // By binding: the ledger that the controller wrote last.
    std::map<std::string, std::vector<entry>> written_;
    // By binding: the entries that were PUT for the binding and not given up since.
    std::map<std::string, std::vector<entry>> put_;
};

}  // namespace test
