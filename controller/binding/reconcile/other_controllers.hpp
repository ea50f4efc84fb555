#pragma once

#include "binding/index/binding_store.hpp"
#include "binding/settings.hpp"
#include "kube/client.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// Where several controllers divide the bindings by labels, one listener must not belong to two of them: each
// would take the certificates of the other for foreign ones. The API server is asked for all bindings of the
// listener. The controller of the oldest one that holds something there, or is about to, has the listener.
namespace binding {

// A binding that another controller acts on.
struct binding_elsewhere
{
    std::string name;     // namespace/name
    std::string manager;  // who wrote its status last: controllers are told apart by their field managers
    std::string created;  // creationTimestamp, in the form that the API server gives
    std::string uid;
};

// Empty if no controller acts on the object: its ledger is empty, or it is being deleted.
std::optional<binding_elsewhere> read_binding_elsewhere(kube::object_json object);

// Why the listener belongs to another controller than `manager`, for people; empty if it does not. `ours` are
// its bindings here, oldest first.
std::optional<std::string> why_not_ours(
    const std::vector<const certificate_binding*>& ours,
    const std::vector<binding_elsewhere>& elsewhere,
    const std::string& manager
);

// Asks when a binding comes to a listener or leaves it, once in each resync period, and before each PUT.
class other_controllers
{
public:
    struct parts
    {
        kube::client& kube;
        support::clock& clock;
        const binding_store& store;
        std::string manager;                  // of this controller
        std::vector<std::string> namespaces;  // that are watched; empty: all
    };

    other_controllers(parts parts, support::duration period) : parts_(std::move(parts)), period_(period) {}

    // Why the target's listener belongs to another controller, for people; empty if it does not. `again`:
    // asks although nothing has changed. Errors: the API server did not answer, and nothing is known.
    support::task<support::result<std::optional<std::string>>> why_not_ours(target which, bool again = false);

private:
    struct known
    {
        support::time_point asked_at{};
        std::vector<support::uuid> ours;  // when it was asked
        std::vector<binding_elsewhere> elsewhere;
    };

    support::task<support::result<std::vector<binding_elsewhere>>> ask(target which) const;

    parts parts_;
    support::duration period_;
    std::map<target, known> known_;
};

}  // namespace binding
