#include "kube/config.hpp"

#include "kube/kubeconfig.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace kube {
namespace {

using support::errc;
using support::fail;
using support::result;

constexpr std::size_t largest_file = 1 << 20;
const std::string account_folder = "/var/run/secrets/kubernetes.io/serviceaccount/";

std::vector<std::string> split_paths(const std::string& list)
{
    std::vector<std::string> paths;
    std::stringstream stream(list);
    for (std::string path; std::getline(stream, path, ':');)
    {
        if (!path.empty() && std::ranges::find(paths, path) == paths.end())
        {
            paths.push_back(path);
        }
    }
    return paths;
}

// The value of the variable; empty if it is not set.
std::string value_of(const environment& env, const char* name)
{
    return env(name).value_or("");
}

result<config> in_cluster(const std::string& host, const std::string& port, const file_reader& read)
{
    config account;
    account.source = "in-cluster service account";
    const bool v6 = host.find(':') != std::string::npos;
    auto url = net::parse_url("https://" + (v6 ? "[" + host + "]" : host) + ":" + port);
    if (!url)
    {
        return fail(
            errc::invalid, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: " + url.error().message
        );
    }
    account.server = std::move(*url);
    account.ca.file = account_folder + "ca.crt";
    account.token.file = account_folder + "token";
    // Without the file the namespace is unknown, which is no fault of the account.
    if (auto name_space = read(account_folder + "namespace"))
    {
        std::erase_if(*name_space, [](unsigned char c) { return std::isspace(c) != 0; });
        account.name_space = std::move(*name_space);
    }
    account.if_unread = "let the pod mount its service account (automountServiceAccountToken)";
    return account;
}

result<config> from_files(
    const std::vector<std::string>& paths, const std::string& context, const file_reader& read
)
{
    constexpr const char* give_one = "; give one with --kubeconfig or KUBECONFIG";
    std::vector<kubeconfig_text> texts;
    std::string unread;
    for (const std::string& path : paths)
    {
        auto content = read(path);
        if (content)
        {
            texts.push_back({path, std::move(*content)});
            continue;
        }
        // One of several files may be missing, as for kubectl; none may be unreadable.
        if (content.error().code != errc::unreachable)
        {
            return fail(
                errc::invalid,
                "no kubeconfig: " + content.error().message +
                    (paths.size() == 1 ? give_one : "; correct it, or take it off KUBECONFIG")
            );
        }
        unread = unread.empty() ? content.error().message : unread;
    }
    if (texts.empty())
    {
        return fail(
            errc::invalid,
            "no kubeconfig: " + (unread.empty() ? "KUBECONFIG names no file" : unread) + give_one
        );
    }
    // A missing file is told only if the configuration is incomplete without it.
    auto merged = read_kubeconfig(texts, context);
    if (!merged && !unread.empty())
    {
        merged.error().message += "; also not read: " + unread;
    }
    return merged;
}

}  // namespace

result<std::string> read_machine_file(const std::string& path)
{
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string content(largest_file + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.eof() && !file.good())
    {
        const int problem = errno == 0 ? EIO : errno;
        return fail(
            problem == ENOENT ? errc::unreachable : errc::invalid, path + ": " + std::strerror(problem)
        );
    }
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (content.size() > largest_file)
    {
        return fail(errc::invalid, path + ": is larger than 1 MiB");
    }
    content.shrink_to_fit();  // it is kept as long as the program runs
    return content;
}

result<config> load_config(const config_request& request, const environment& env, const file_reader& read)
{
    if (!request.kubeconfig.empty())
    {
        return from_files({request.kubeconfig}, request.context, read);
    }
    if (const auto variable = value_of(env, "KUBECONFIG"); !variable.empty())
    {
        return from_files(split_paths(variable), request.context, read);
    }
    const auto host = value_of(env, "KUBERNETES_SERVICE_HOST");
    const auto port = value_of(env, "KUBERNETES_SERVICE_PORT");
    // A context belongs to a kubeconfig, so a request with a context does not use the service account.
    if (!host.empty() && !port.empty() && request.context.empty())
    {
        return in_cluster(host, port, read);
    }
    auto loaded = from_files({value_of(env, "HOME") + "/.kube/config"}, request.context, read);
    if (!loaded && !value_of(env, "KUBERNETES_MASTER").empty())
    {
        loaded.error().message += "; KUBERNETES_MASTER is not read";
    }
    return loaded;
}

}  // namespace kube
