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
// listener. The controller of the oldest one has the listener.
namespace binding {

// A binding that another controller acts on.
struct binding_elsewhere
{
    std::string name;     // namespace/name
    std::string manager;  // the field manager of its status, by which controllers tell each other apart
    std::string created;  // creationTimestamp, in the form that the API server gives
    std::string uid;
};

// Reads an object of a list, which may hold its metadata alone. Empty if no controller but `own` has written
// its status: nobody else acts on it, or its own controller has not seen it yet.
std::optional<binding_elsewhere> read_binding_elsewhere(kube::object_json object, const std::string& own);

// The older one of two: what `elsewhere` says to people where its controller has the listener; empty if ours
// has it. `ours` are the bindings of the listener here, oldest first.
std::optional<std::string> why_not_ours(
    const std::vector<const certificate_binding*>& ours, const std::vector<binding_elsewhere>& elsewhere
);

// Asks when a binding comes to a listener or leaves it, and once in each resync period.
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

    // Why the target's listener belongs to another controller, for people; empty if it does not, or if the
    // API server did not answer.
    support::task<std::optional<std::string>> why_not_ours(target which);

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
