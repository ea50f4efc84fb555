#include "app/surroundings.hpp"

#include "app/own_cloud.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace app {

std::optional<std::string> machine_variable(const std::string& name)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread, and nothing sets variables.
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<std::string> names_of_machine_variables()
{
    std::vector<std::string> names;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each)
    {
        const std::string_view text(*each);
        names.emplace_back(text.substr(0, text.find('=')));
    }
    return names;
}

std::string host_name()
{
    char name[65] = {};
    return ::gethostname(name, sizeof name - 1) == 0 && name[0] != 0 ? name : "unknown";
}

support::result<surroundings> read_surroundings(const options& options)
{
    auto cluster =
        kube::load_config({options.kubeconfig, options.context}, machine_variable, kube::read_machine_file);
    if (!cluster)
    {
        return std::unexpected(cluster.error());
    }
    auto proxies = read_proxies(*cluster, machine_variable);
    if (!proxies)
    {
        return std::unexpected(proxies.error());
    }
    auto cloud = cloud::openstack::find_cloud_entry(options.cloud_config, options.cloud, machine_variable);
    if (!cloud)
    {
        return std::unexpected(cloud.error());
    }
    auto allowed = allowed_urls_of(options, cloud->entry);
    if (!allowed)
    {
        return std::unexpected(allowed.error());
    }
    return surroundings{
        std::move(*cluster),
        std::move(*proxies),
        std::move(cloud->entry),
        std::move(*allowed),
        std::move(cloud->path),
        std::move(cloud->notes)
    };
}

}  // namespace app
