#pragma once

#include "fakes/cloud/fake_cloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "invariants/rules.hpp"
#include "support/clock.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace test {

// Checks the rules at each write of the controller: a Kubernetes client that passes every request on and
// checks the world first. The rules are those of rules.hpp, and these:
//
// At a PUT: an added ref was usable 10 s ago, and no ref stays that has been dead for long
// (readable-before-write). At a status that gives an entry up: no PUT under way adds the entry, or another
// binding holds the entry (unanswered-writes). At the removal of a finalizer: every entry that was PUT for
// the binding and not given up since counts as held (proven-gone).
class invariants final : public kube_through
{
public:
    invariants(fake_kube& kube, fake_cloud& cloud, support::clock& clock);

    // Records that a certificate is no longer usable or readable, for the rules that give the controller some
    // time.
    void stopped(const std::string& certificate);

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override;

private:
    using json = nlohmann::json;

    // The key is the name of the binding.
    using entries_by_binding = std::map<std::string, std::set<rules::slot_entry>>;

    // The ledgers of all bindings on the listener that carry our finalizer, without the binding `except`.
    std::vector<rules::ledger_entry> ledgers(const std::string& listener, const std::string& except = "")
        const;

    void check_put(const fake_cloud::put_record& put);
    void check_release(const json& object);
    void check_status(const json& object, const json& wanted);
    void check_given_up(const json& object, const std::vector<rules::ledger_entry>& wanted);
    bool holds_another(const std::string& listener, const std::string& except, const rules::slot_entry& which)
        const;
    bool stopped_long_ago(const cloud::container_ref& ref, support::duration allowed) const;
    bool at_rest(const fake_cloud::listener_row& row) const;

    fake_kube& kube_;
    fake_cloud& cloud_;
    support::clock& clock_;
    std::map<cloud::container_ref, support::time_point> stopped_;
    entries_by_binding written_;  // the entries of the ledger that the controller wrote last
    entries_by_binding put_;      // the entries that were PUT for the binding and not given up since
};

}  // namespace test
