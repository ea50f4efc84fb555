#pragma once

#include "kube/client.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace app {

struct right
{
    std::string verb;
    std::string group;
    std::string resource;
    std::string subresource;
    std::string name_space;  // empty: all namespaces
    std::string name = {};   // empty: any
};

// The rights without which the controller cannot work, as the manifests and the chart grant them.
// `namespaces`: those that are watched; empty: all.
std::vector<right> rights_of_controller(const std::vector<std::string>& namespaces);
// Those that the election of a leader by this Lease takes.
std::vector<right> rights_of_candidate(const std::string& name_space, const std::string& lease);

// Asks the API server which rights the controller has (SelfSubjectAccessReview), at the start, after a
// request that was forbidden, and each minute while one is missing; names those that it lacks. The answer is
// for people alone: the controller works with what it has.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
class rights_check
{
public:
    // `client` and `clock` must outlive it.
    rights_check(
        boost::asio::any_io_executor executor,
        kube::client& client,
        support::clock& clock,
        std::vector<right> needed
    );

    support::task<> run();

    // A request was forbidden: asks again soon.
    void doubt();

    // "patch certificatebindings/status in namespace shop, ..."; empty: none, as far as the server has
    // answered.
    const std::string& missing() const { return missing_; }

private:
    support::task<> look();
    // Empty: the server did not say.
    support::task<std::optional<bool>> is_allowed(const right& asked);

    kube::client& client_;
    support::clock& clock_;
    support::alarm doubts_;
    std::vector<right> needed_;
    std::string missing_;
};

}  // namespace app
