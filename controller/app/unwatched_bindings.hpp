#pragma once

#include "kube/client.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/log.hpp"
#include "support/task.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace app {

inline const kube::resource certificate_bindings{
    "certificates.bycloud.io", "v1alpha1", "certificatebindings"
};

// Looks for bindings in namespaces that the controller does not watch, at the start and every hour. Nobody
// reconciles them, and their status stays as it was. To see them the controller needs the right to list
// bindings in all namespaces; without the right it says so once.
class unwatched_bindings
{
public:
    // `watched` has one empty name if all namespaces are watched.
    unwatched_bindings(kube::client& client, support::clock& clock, const std::vector<std::string>& watched);

    support::task<> run();

    std::optional<std::size_t> count() const { return count_; }  // empty: not known

private:
    struct found
    {
        std::size_t bindings = 0;
        std::vector<std::string> namespaces;  // the first few
        bool more = false;                    // there are further namespaces
    };

    support::task<support::result<found>> look() const;
    void add(found& all, kube::object_json object) const;
    std::string selector() const;
    void say(const found& all);
    void say_once(support::log_level level, const std::string& message);

    kube::client& client_;
    support::clock& clock_;
    std::vector<std::string> watched_;  // sorted; empty: all
    int page_limit_ = 500;              // in objects
    std::optional<std::size_t> count_;
    std::string said_;
};

}  // namespace app
