#include "app/proxies.hpp"

#include "support/log.hpp"
#include "support/text.hpp"

#include <memory>
#include <set>
#include <utility>

namespace app {
namespace {

using support::log_level;

// Servers are named by tenants, too, so their number is bounded.
constexpr std::size_t most_logged = 256;

struct routes
{
    net::origin api_server;
    std::shared_ptr<const net::proxy> of_api_server;  // null: as the environment says
    net::proxy_settings environment;
    std::set<net::origin> logged = {};

    std::shared_ptr<const net::proxy> proxy_for(const net::origin& to)
    {
        auto via = of_api_server && to == api_server ? of_api_server : environment.proxy_for(to);
        if (logged.size() < most_logged && logged.insert(to).second)
        {
            support::log(
                log_level::info,
                via ? "connections to this server go through a proxy"
                    : "connections to this server need no proxy",
                {{"server", to.str()}, {"proxy", via ? via->str() : "none"}}
            );
        }
        return via;
    }
};

bool is_set(const environment& env, const char* name)
{
    return !env(name).value_or("").empty();
}

std::vector<std::string> without_effect(const net::proxy_settings& settings, const environment& env)
{
    std::vector<std::string> found;
    if (const auto& entries = settings.exceptions.meaningless(); !entries.empty())
    {
        found.push_back("these entries of NO_PROXY match no server: " + support::joined(entries));
    }
    if (is_set(env, "ALL_PROXY") || is_set(env, "all_proxy"))
    {
        found.emplace_back("ALL_PROXY is not read, as in kubectl; use HTTPS_PROXY and HTTP_PROXY");
    }
    return found;
}

}  // namespace

support::result<proxies> read_proxies(const kube::config& cluster, const environment& env)
{
    auto settings = net::read_proxy_settings(env);
    if (!settings)
    {
        return std::unexpected(std::move(settings.error()));
    }
    proxies found;
    found.without_effect = without_effect(*settings, env);
    const auto all = std::make_shared<routes>(cluster.server.origin, nullptr, std::move(*settings));
    if (!cluster.proxy_url.empty())
    {
        auto parsed = net::parse_proxy(cluster.proxy_url.reveal());
        if (!parsed)
        {
            return support::fail(cluster.source + ": proxy-url", std::move(parsed.error()));
        }
        all->of_api_server = std::make_shared<const net::proxy>(std::move(*parsed));
    }
    if (all->of_api_server || all->environment.for_http || all->environment.for_https)
    {
        found.route = [all](const net::origin& to) { return all->proxy_for(to); };
    }
    return found;
}

void log_proxies(const proxies& of_program, const std::vector<net::origin>& servers)
{
    for (const auto& server : servers)
    {
        if (of_program.route)
        {
            of_program.route(server);
        }
    }
    for (const auto& what : of_program.without_effect)
    {
        support::log(log_level::warn, what);
    }
}

}  // namespace app
