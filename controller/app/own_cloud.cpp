#include "app/own_cloud.hpp"

#include "net/http/url.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace app {

support::result<cloud::openstack::allowed_urls> allowed_urls_of(
    const options& options, const cloud::openstack::cloud_entry& own
)
{
    using cloud::openstack::allowed_urls;
    if (options.allowed_auth_urls.empty())
    {
        std::vector<net::url> urls{own.keystone};
        for (const auto& endpoint : {own.load_balancer_endpoint, own.key_manager_endpoint})
        {
            if (endpoint)
            {
                urls.push_back(*endpoint);
            }
        }
        return allowed_urls(std::move(urls));
    }
    auto read = allowed_urls::parse(options.allowed_auth_urls);
    return read ? read : support::fail("--allowed-auth-urls", read.error());
}

binding::admission admission_of(const options& options)
{
    const auto& names = options.credential_namespaces;
    return {names.empty() || std::ranges::find(names, "*") != names.end(), {names.begin(), names.end()}};
}

void warn_of_admission(const options& options)
{
    if (options.credential_namespaces.empty())
    {
        support::log(
            support::log_level::warn,
            "every user who may create a CertificateBinding, in any namespace, acts with the credential of "
            "this cloud; list the namespaces that may use it in --allow-controller-credentials (* for all)"
        );
        return;
    }
    const auto admitted = admission_of(options);
    const std::string& of_api = options.bindings_api.name_space;
    if (options.bindings_api.address && !of_api.empty() && !admitted.admits(of_api))
    {
        support::log(
            support::log_level::warn,
            "the namespace of the bindings API may not use the credential of this cloud, so each of its "
            "calls that "
            "binds is refused; add it to --allow-controller-credentials",
            {{"namespace", of_api}}
        );
    }
    const auto admits = [&](const std::string& name) { return admitted.admits(name); };
    if (!options.namespaces.empty() && std::ranges::none_of(options.namespaces, admits))
    {
        support::log(
            support::log_level::warn,
            "no watched namespace may use the credential of this cloud, so only bindings that name a Secret "
            "of "
            "their own are served; add namespaces to --allow-controller-credentials"
        );
    }
}

}  // namespace app
