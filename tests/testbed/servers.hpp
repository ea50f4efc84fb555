#pragma once

#include "testbed/folder_lock.hpp"
#include "testbed/kubeconfig.hpp"
#include "testbed/process.hpp"

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// A Kubernetes control plane on 127.0.0.1: etcd, kube-apiserver and, if asked for, kube-controller-manager.
namespace testbed {

// The folder of the named programs. Missing programs are fetched or built (see the script `binaries`).
std::filesystem::path provide_programs(const std::vector<std::string>& names);

struct servers_options
{
    std::filesystem::path folder = {};  // data, keys, logs; emptied at the start
    // Needed for the end of namespaces, garbage collection and the ServiceAccounts named `default`.
    bool controller_manager = false;
    bool keep_folder = false;  // true: the folder stays when the servers stop
};

// Starts the servers, and stops them when it is destroyed. They also end, by SIGKILL, when the thread that
// started them ends in any way. The API server is configured as in production: TLS, client certificates,
// RBAC, ServiceAccount tokens, audit log. A failure throws std::runtime_error with the end of the log of the
// server.
class servers final
{
public:
    explicit servers(servers_options options);  // returns when all servers are ready
    servers(const servers&) = delete;
    servers& operator=(const servers&) = delete;
    ~servers();

    const std::filesystem::path& folder() const { return options_.folder; }
    std::filesystem::path admin_kubeconfig() const { return folder() / "admin.kubeconfig"; }
    std::filesystem::path audit_log() const { return folder() / "audit.log"; }
    std::filesystem::path programs() const { return programs_; }

    // Runs kubectl as admin, with a cache for this cluster alone.
    outcome kubectl(std::vector<std::string> arguments, std::string input = {}) const;
    outcome helm(std::vector<std::string> arguments) const;

    // A kubeconfig with a token of the ServiceAccount, from a TokenRequest.
    std::filesystem::path service_account_kubeconfig(
        const std::string& account_namespace, const std::string& name
    ) const;

    // Stops the API server with `signal`, and starts it again with the same port and data.
    void stop_apiserver(int signal = SIGTERM);
    void start_apiserver();

    // Whether all servers that were started still run.
    bool running();

    void keep_folder() { options_.keep_folder = true; }

private:
    outcome client(const std::string& program, std::vector<std::string> arguments, std::string input) const;
    child start(const std::string& program, std::vector<std::string> arguments) const;
    std::filesystem::path log_file(const std::string& program) const;
    // False if another process has the port of `server`.
    bool is_ready(child& server, const std::string& program, const std::function<bool()>& ready) const;
    void start_etcd();
    bool launch_apiserver();  // false if another process has the port
    void start_controller_manager();
    cluster_address address() const;

    servers_options options_;
    folder_lock lock_;
    std::filesystem::path programs_;
    int etcd_port_ = 0;
    int port_ = 0;
    std::optional<child> etcd_;
    std::optional<child> apiserver_;
    std::optional<child> controller_manager_;
};

}  // namespace testbed
