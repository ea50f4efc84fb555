#pragma once

#include "binding/credentials/credentials.hpp"
#include "kube/client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task_group.hpp"

#include <functional>
#include <map>
#include <memory>

namespace binding {

// Follows the Secrets in use, each by name, because a right on one Secret is enough for that.
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
        support::duration resync_period;
        std::function<const certificate_binding*(const support::uuid&)> find;  // null: the binding is gone
    };

    explicit secret_watchers(parts parts) : parts_(std::move(parts)) {}

    void follow(const secret_name& name);
    void unfollow(const secret_name& name);

private:
    class follower;

    parts parts_;
    std::map<secret_name, support::task_group::job> followed_;
};

}  // namespace binding
