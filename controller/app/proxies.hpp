#pragma once

#include "app/options.hpp"
#include "kube/config.hpp"
#include "net/transport/proxy.hpp"
#include "support/error.hpp"

#include <string>
#include <vector>

namespace app {

// The proxies of the program: that of the kubeconfig for the API server, else those of the environment.
struct proxies
{
    // Logs how a server is reached when it is asked about a server for the first time. Empty: every server is
    // reached directly.
    net::proxy_route route;
    // What was given and has no effect, for the log.
    std::vector<std::string> without_effect;
};

// Errors: invalid, with the variable or the kubeconfig that is malformed.
support::result<proxies> read_proxies(const kube::config& cluster, const environment& env);

// Logs how these servers are reached, and what has no effect.
void log_proxies(const proxies& of_program, const std::vector<net::origin>& servers);

}  // namespace app
