#pragma once

#include "binding/credentials/credentials.hpp"
#include "binding/credentials/secret_reader.hpp"
#include "kube/client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task_group.hpp"

#include <functional>
#include <map>
#include <memory>

namespace runtime {
class object_budget;
}

namespace binding {

// Follows the Secrets in use, each by name, because a right on one Secret is enough for that. However many
// there are, connections and requests stay bounded (runtime/object_budget.hpp).
class secret_watchers
{
public:
    struct parts
    {
        kube::client& kube;
        support::clock& clock;
        support::random_engine& random;
        support::task_group& tasks;
        binding::credentials& credentials;
        cloud::credential_reader& reader;  // must outlive the tasks
        support::offload& offload;         // parses the Secrets
        support::duration resync_period;
        std::function<const certificate_binding*(const support::uuid&)> find;  // null: the binding is gone
    };

    explicit secret_watchers(parts parts);

    void follow(const secret_name& name);
    void unfollow(const secret_name& name);
    // Reads the Secret again at once.
    void read_now(const secret_name& name);

private:
    class follower;

    struct followed
    {
        support::task_group::job job;
        std::weak_ptr<follower> by;
    };

    parts parts_;
    std::shared_ptr<runtime::object_budget> budget_;  // the followers share it
    secret_reader reader_;
    std::map<secret_name, followed> followed_;
};

}  // namespace binding
