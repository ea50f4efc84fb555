#include "testbed/servers.hpp"

#include "testbed/certificates.hpp"
#include "testbed/files.hpp"
#include "testbed/poll.hpp"
#include "testbed/ports.hpp"

#include <stdexcept>
#include <utility>

namespace testbed {
namespace {

namespace fs = std::filesystem;

// Records the requests without their bodies, and none of the API server to itself.
constexpr auto audit_policy = R"(apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:apiserver"]
- level: Metadata
)";

std::vector<std::string> with_controller_manager(std::vector<std::string> names, bool wanted)
{
    if (wanted)
    {
        names.emplace_back("kube-controller-manager");
    }
    return names;
}

std::string last_lines(const std::string& text)
{
    constexpr std::size_t enough = 3000;
    return text.size() <= enough ? text : "..." + text.substr(text.find('\n', text.size() - enough));
}

}  // namespace

fs::path provide_programs(const std::vector<std::string>& names)
{
    const auto result = run_visibly({.program = TESTBED_SOURCE_DIR "/binaries", .arguments = names});
    if (result.code != 0)
    {
        throw std::runtime_error("the servers and clients are not there");
    }
    return result.out.substr(0, result.out.find('\n'));
}

servers::servers(servers_options options)
    : options_(std::move(options)),
      lock_(options_.folder),
      programs_(provide_programs(
          with_controller_manager({"etcd", "kube-apiserver", "kubectl"}, options_.controller_manager)
      ))
{
    make_certificates(folder());
    write_file(folder() / "audit-policy.yaml", audit_policy);
    start_etcd();
    start_apiserver();
    if (options_.controller_manager)
    {
        start_controller_manager();
    }
}

servers::~servers()
{
    controller_manager_.reset();
    apiserver_.reset();
    etcd_.reset();
    if (!options_.keep_folder)
    {
        std::error_code ignored;
        fs::remove_all(folder(), ignored);
    }
}

child servers::start(const std::string& program, std::vector<std::string> arguments) const
{
    return child(
        {.program = programs_ / program, .arguments = std::move(arguments)}, folder() / (program + ".log")
    );
}

fs::path servers::log_file(const std::string& program) const
{
    return folder() / (program + ".log");
}

bool servers::is_ready(child& server, const std::string& program, const std::function<bool()>& ready) const
{
    if (poll_until([&] { return !server.running() || ready(); }) && server.running())
    {
        return true;
    }
    const auto log = server.output();
    if (!server.running() && log.find("address already in use") != std::string::npos)
    {
        fs::remove(log_file(program));
        return false;
    }
    throw std::runtime_error(
        program + (server.running() ? " does not become ready" : " ended at its start") + ":\n" +
        last_lines(log)
    );
}

void servers::start_etcd()
{
    do
    {
        etcd_port_ = free_port();
        const auto url = "http://127.0.0.1:" + std::to_string(etcd_port_);
        etcd_ = start(
            "etcd",
            {"--data-dir=" + (folder() / "etcd").string(),
             "--unsafe-no-fsync",
             "--log-level=warn",
             "--listen-client-urls=" + url,
             "--advertise-client-urls=" + url,
             "--listen-peer-urls=http://127.0.0.1:0"}
        );
    } while (!is_ready(*etcd_, "etcd", [&] {
        const auto url = "http://127.0.0.1:" + std::to_string(etcd_port_) + "/health";
        return run({.program = "curl", .arguments = {"--fail", "--silent", "--noproxy", "*", url}}).code == 0;
    }));
}

bool servers::launch_apiserver()
{
    const auto file = [&](const char* name) { return (folder() / name).string(); };
    apiserver_ = start(
        "kube-apiserver",
        {"--etcd-servers=http://127.0.0.1:" + std::to_string(etcd_port_),
         "--bind-address=127.0.0.1",
         "--advertise-address=127.0.0.1",
         "--secure-port=" + std::to_string(port_),
         // The API server cannot announce a loopback address.
         "--endpoint-reconciler-type=none",
         "--service-cluster-ip-range=10.0.0.0/24",
         "--tls-cert-file=" + file("apiserver.crt"),
         "--tls-private-key-file=" + file("apiserver.key"),
         "--client-ca-file=" + file("ca.crt"),
         "--authorization-mode=RBAC",
         "--service-account-issuer=https://kubernetes.default.svc",
         "--service-account-key-file=" + file("service-account.pub"),
         "--service-account-signing-key-file=" + file("service-account.key"),
         "--audit-policy-file=" + file("audit-policy.yaml"),
         "--audit-log-path=" + audit_log().string(),
         // Without this flag an open watch delays the end by a minute.
         "--shutdown-watch-termination-grace-period=1s"}
    );
    return is_ready(*apiserver_, "kube-apiserver", [&] {
        return kubectl({"get", "--raw", "/readyz"}).code == 0 &&
               kubectl({"get", "namespace", "default"}).code == 0;
    });
}

void servers::start_apiserver()
{
    if (port_ != 0)
    {
        if (!launch_apiserver())
        {
            throw std::runtime_error(
                "the port of kube-apiserver was taken by another program while it was down"
            );
        }
        return;
    }
    do
    {
        port_ = free_port();
        write_kubeconfig(admin_kubeconfig(), address(), folder() / "admin.crt", folder() / "admin.key");
    } while (!launch_apiserver());
}

void servers::stop_apiserver(int signal)
{
    apiserver_->signal(signal);
    apiserver_->wait();
}

void servers::start_controller_manager()
{
    const auto kubeconfig = folder() / "controller-manager.kubeconfig";
    write_kubeconfig(
        kubeconfig, address(), folder() / "controller-manager.crt", folder() / "controller-manager.key"
    );
    controller_manager_ = start(
        "kube-controller-manager",
        {"--kubeconfig=" + kubeconfig.string(),
         "--controllers=namespace-controller,garbage-collector-controller,serviceaccount-controller",
         "--use-service-account-credentials",
         "--leader-elect=false",
         "--secure-port=0"}
    );
    is_ready(*controller_manager_, "kube-controller-manager", [&] {
        return kubectl({"get", "serviceaccount", "default", "--namespace=default"}).code == 0;
    });
}

cluster_address servers::address() const
{
    return {.port = port_, .authority = folder() / "ca.crt"};
}

bool servers::running()
{
    return etcd_->running() && apiserver_->running() &&
           (!controller_manager_ || controller_manager_->running());
}

outcome servers::client(const std::string& program, std::vector<std::string> arguments, std::string input)
    const
{
    // Uses no configuration of the user and no cache, because another cluster may have had the same port.
    return run({
        .program = programs_ / program,
        .arguments = std::move(arguments),
        .environment =
            {{"KUBECONFIG", admin_kubeconfig()},
             {"KUBECACHEDIR", folder() / "kubectl"},
             {"KUBERC", "off"},
             {"HELM_CACHE_HOME", folder() / "helm"},
             {"HELM_CONFIG_HOME", folder() / "helm"},
             {"HELM_DATA_HOME", folder() / "helm"}},
        .input = std::move(input),
    });
}

outcome servers::kubectl(std::vector<std::string> arguments, std::string input) const
{
    return client("kubectl", std::move(arguments), std::move(input));
}

outcome servers::helm(std::vector<std::string> arguments) const
{
    provide_programs({"helm"});
    return client("helm", std::move(arguments), {});
}

fs::path servers::service_account_kubeconfig(const std::string& account_namespace, const std::string& name)
    const
{
    const auto token = kubectl({"create", "token", name, "--namespace", account_namespace});
    if (token.code != 0)
    {
        throw std::runtime_error(
            "no token of ServiceAccount " + account_namespace + "/" + name + ": " + token.err
        );
    }
    auto file = folder() / (account_namespace + "-" + name + ".kubeconfig");
    write_kubeconfig(file, address(), token.out.substr(0, token.out.find('\n')));
    return file;
}

}  // namespace testbed
