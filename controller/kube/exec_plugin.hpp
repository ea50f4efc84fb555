#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Credential plugins: programs that print a token or a client certificate
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
// Here are the values that go to a plugin and come from it; plugin_runner.hpp runs it.
namespace kube {

struct exec_plugin
{
    std::string api_version;  // client.authentication.k8s.io/v1 or /v1beta1
    std::string command;      // a path, or a name that is looked up in PATH
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  // added to that of this process
    std::string install_hint;
    bool provide_cluster_info = false;
    std::string cluster_config;  // JSON for spec.cluster.config; empty: none
};

// The cluster as a plugin that asks for it is told.
struct exec_cluster
{
    std::string server;
    std::string tls_server_name;
    std::string ca_pem;
    std::string proxy_url;
    bool disable_compression = false;
};

// The value of KUBERNETES_EXEC_INFO. The plugin is never interactive.
std::string exec_info(const exec_plugin& plugin, const exec_cluster& cluster);

// What a plugin gives: a token, or a client certificate and its key, or both.
struct exec_credential
{
    support::secret token;
    std::string certificate_pem;
    support::secret key_pem;
    std::optional<support::wall_time> expires;
};

// Reads the ExecCredential that `plugin` printed. Errors: invalid; the message holds nothing of `printed`.
support::result<exec_credential> decode_exec_credential(
    const exec_plugin& plugin, const std::string& printed
);

}  // namespace kube
