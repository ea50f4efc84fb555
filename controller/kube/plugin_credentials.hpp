#pragma once

#include "kube/exec_plugin.hpp"
#include "kube/plugin_runner.hpp"
#include "support/turn.hpp"

#include <memory>
#include <string>

namespace kube {

// The credential of a plugin: kept until shortly before it expires, and asked for again after the server
// refused it. Requests at the same time share one run of the plugin.
class plugin_credentials
{
public:
    plugin_credentials(exec_plugin plugin, plugin_runner run, support::clock& clock);

    // The same pointer until the plugin was asked again. `cluster` is for plugins that want to know it.
    // While the plugin fails, the last credential is given until it expires or is refused; after that the
    // error is given, and the plugin is asked again after 10 s.
    support::task<support::result<std::shared_ptr<const exec_credential>>> get(exec_cluster cluster);

    // The server answered 401 to `used`. The plugin is asked again unless that has happened since, or less
    // than 10 s ago.
    void refused(const std::shared_ptr<const exec_credential>& used);

private:
    support::task<support::result<exec_credential>> ask(exec_cluster cluster);
    void keep(exec_credential credential);
    void fail_with(support::error failure);
    bool usable() const;

    exec_plugin plugin_;
    plugin_runner run_;
    support::clock& clock_;
    support::turn turn_;
    std::shared_ptr<const exec_credential> credential_;
    bool refused_ = false;
    support::time_point asked_at_{};
    support::time_point ask_again_at_{};
    support::error failure_;  // of the last run; its message is empty if the run succeeded
};

}  // namespace kube
