#pragma once

#include "app/bindings_api_options.hpp"
#include "app/leader_options.hpp"
#include "net/http/request_places.hpp"
#include "net/transport/listen_address.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/log.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace app {

// The configuration of the program. Each member is a flag and an environment variable; the flag overrides the
// variable.
struct options
{
    // --kubeconfig, else KUBECONFIG (which may name several files), else in-cluster, else ~/.kube/config
    std::string kubeconfig;
    std::string context;
    std::vector<std::string> namespaces;  // those to watch; empty: all
    std::string label_selector;           // of the bindings to watch; empty: all
    std::string cloud_config;             // path of a clouds.yaml; empty: where the openstack client looks
    std::string cloud;                    // the entry of the clouds.yaml; empty: the only one
    // Namespaces whose bindings may use the credential of `cloud`; all if "*" is among them. Empty: the user
    // gave no list, so all may use it and the log warns.
    std::vector<std::string> credential_namespaces;
    std::vector<std::string> allowed_auth_urls;  // for credentials in Secrets; empty: those of `cloud`
    support::duration resync_period = std::chrono::minutes(10);
    support::duration write_deadline = std::chrono::seconds(30);
    support::duration cloud_timeout = std::chrono::minutes(1);
    std::optional<net::listen_address> metrics;  // serves /metrics, /healthz and /readyz; empty: nowhere
    std::optional<net::listen_address> debug;    // serves /debug/targets; empty: nowhere
    net::request_limits requests;                // under way at a time
    support::duration loop_lag_warning = std::chrono::seconds(2);
    bool expiry_metrics = true;                             // whether /metrics has a sample for each binding
    std::vector<int> expiry_warning_days{30, 14, 7, 3, 1};  // in falling order; empty: no warnings
    bindings_api_options bindings_api;
    leader_options leader;
    support::log_level log_level = support::log_level::info;
    support::log_format log_format = support::log_format::text;
};

// The text to print instead of running: --help, --version.
struct exit_text
{
    std::string text;
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

// An error is errc::invalid, with one line for the user.
support::result<std::variant<options, exit_text>> parse_options(
    const std::vector<std::string>& arguments, const environment& env
);

// Those of the names of variables that begin as the variables of flags do, but belong to no flag. The
// variables that Kubernetes sets for a Service whose name begins alike do not count.
std::vector<std::string> unknown_variables(const std::vector<std::string>& names);

}  // namespace app
