#pragma once

#include "kube/exec_plugin.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <functional>
#include <string>

namespace kube {

// Runs a plugin with KUBERNETES_EXEC_INFO `info`, and returns what it printed. Errors: unreachable; the
// message names the plugin and holds nothing of its standard output.
using plugin_runner =
    std::function<support::task<support::result<std::string>>(const exec_plugin& plugin, std::string info)>;

// A program has 10 s. What the plugin says on standard error is shown where its first run fails, as by
// kubectl, to whoever starts the program; later it would go into logs, and it may hold a token. `clock` must
// outlive the runner.
plugin_runner create_plugin_runner(support::clock& clock);

// The name of the plugin for messages.
std::string plugin_name(const exec_plugin& plugin);

}  // namespace kube
