#pragma once

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

// What the program was asked to do: flags, each of which is an environment variable too (the flag wins).
struct options
{
    std::string kubeconfig;  // --kubeconfig, else KUBECONFIG (which may name several files), else in-cluster,
                             // else ~/.kube/config
    std::string context;
    std::vector<std::string> namespaces;  // empty: all
    std::string cloud_config;             // path of a clouds.yaml; empty: where the openstack client looks
    std::string cloud;                    // its entry; empty: the only one
    // Namespaces whose bindings may use its credential; "*" among them: all. Empty: all, because nothing was
    // said.
    std::vector<std::string> credential_namespaces;
    std::vector<std::string> allowed_auth_urls;  // of credentials in Secrets; empty: those of `cloud`
    support::duration resync_period = std::chrono::minutes(10);
    support::duration write_deadline = std::chrono::seconds(30);
    std::optional<net::listen_address> metrics;  // where /metrics, /healthz and /readyz are; empty: nowhere
    std::vector<int> expiry_warning_days{30, 14, 7, 3, 1};  // the most first; empty: no warnings
    support::log_level log_level = support::log_level::info;
    support::log_format log_format = support::log_format::text;
};

// Said instead of running: --help, --version.
struct exit_text
{
    std::string text;
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

// errc::invalid is one line for the user.
support::result<std::variant<options, exit_text>> parse_options(
    const std::vector<std::string>& arguments, const environment& env
);

}  // namespace app
