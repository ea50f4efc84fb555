#include "cloud/openstack/catalog.hpp"

#include "cloud/json.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <set>

namespace cloud::openstack {
namespace {

constexpr std::size_t most_endpoints = 1024;
constexpr support::duration longest_life = std::chrono::hours(24 * 7);

std::string_view override_key(service of)
{
    return of == service::barbican ? "key_manager_endpoint_override" : "load_balancer_endpoint_override";
}

void read_endpoints(service of, const nlohmann::json& endpoints, std::vector<endpoint>& catalog)
{
    if (!endpoints.is_array())
    {
        return;
    }
    for (const auto& object : endpoints)
    {
        auto region = text_member(object, "region_id");
        if (!region || region->empty())
        {
            region = text_member(object, "region");
        }
        auto interface = text_member(object, "interface");
        auto url = text_member(object, "url");
        if (interface && url && !url->empty() && catalog.size() < most_endpoints)
        {
            catalog.push_back({of, std::move(*interface), region.value_or(""), std::move(*url)});
        }
    }
}

error no_endpoint(std::string message)
{
    return {
        .kind = failure::no_endpoint, .message = std::move(message), .refs = {}, .retry_after = std::nullopt
    };
}

// Appends the API version that the controller uses, or the part of it that the URL lacks.
net::url versioned(service of, net::url url)
{
    const auto ends_with_segment = [&url](std::string_view segment) {
        return url.path.ends_with("/" + std::string(segment));
    };
    if (of == service::barbican)
    {
        if (!ends_with_segment("v1"))
        {
            url.path += "/v1";
        }
        return url;
    }
    if (ends_with_segment("lbaas"))
    {
        url.path.resize(url.path.size() - std::string_view("/lbaas").size());
    }
    if (!ends_with_segment("v2") && !ends_with_segment("v2.0"))
    {
        url.path += "/v2";
    }
    return url;
}

std::string known_regions(service of, const std::vector<endpoint>& catalog)
{
    constexpr std::size_t most = 20;
    std::set<std::string> regions;
    for (const auto& candidate : catalog)
    {
        if (candidate.of == of && regions.size() < most)
        {
            regions.insert(candidate.region.empty() ? "no region" : support::clean(candidate.region, 64));
        }
    }
    std::string names;
    for (const auto& region : regions)
    {
        names += (names.empty() ? "" : ", ") + region;
    }
    return names;
}

const std::vector<std::string>& interfaces_for(service of, const cloud_entry& entry)
{
    const auto& own = of == service::barbican ? entry.key_manager_interfaces : entry.load_balancer_interfaces;
    return own.empty() ? entry.interfaces : own;
}

// The endpoint of the first interface that has one for the region. An endpoint without a region serves every
// region that has no endpoint of its own.
const endpoint* find_endpoint(
    service of,
    std::string_view region,
    const std::vector<std::string>& interfaces,
    const std::vector<endpoint>& catalog
)
{
    for (const std::string_view served : {region, std::string_view()})
    {
        for (const auto& interface : interfaces)
        {
            const auto it = std::ranges::find_if(catalog, [&](const endpoint& candidate) {
                return candidate.of == of && candidate.interface == interface && candidate.region == served;
            });
            if (it != catalog.end())
            {
                return &*it;
            }
        }
    }
    return nullptr;
}

}  // namespace

std::string_view type_of(service of)
{
    switch (of)
    {
        case service::keystone:
            return "identity";
        case service::barbican:
            return "key-manager";
        case service::octavia:
            break;
    }
    return "load-balancer";
}

std::expected<issued_token, std::string> read_token(const net::http_response& answer)
{
    if (answer.status != 201)
    {
        return std::unexpected("status " + std::to_string(answer.status) + " instead of 201");
    }
    issued_token issued;
    issued.token = support::secret(std::string(net::find_header(answer.headers, "X-Subject-Token")));
    if (issued.token.empty())
    {
        return std::unexpected("the header X-Subject-Token is missing");
    }
    const auto body = parse_json(answer.body);
    const auto& token = member(body, "token");
    const auto expires = text_member(token, "expires_at").and_then(support::parse_rfc3339);
    const auto begins = text_member(token, "issued_at").and_then(support::parse_rfc3339);
    if (!expires || !begins || *expires <= *begins)
    {
        return std::unexpected("issued_at or expires_at of the token is missing or malformed");
    }
    issued.life = std::min<support::duration>(*expires - *begins, longest_life);
    issued.project_id = text_member(member(token, "project"), "id").value_or("");
    if (issued.project_id.empty())
    {
        return std::unexpected("the token has no project");
    }
    const auto& catalog = member(token, "catalog");
    if (!catalog.is_array())
    {
        return std::unexpected("the token has no catalog");
    }
    for (const auto& object : catalog)
    {
        const auto type = text_member(object, "type");
        for (const auto of : {service::barbican, service::octavia})
        {
            if (type == type_of(of))
            {
                read_endpoints(of, member(object, "endpoints"), issued.catalog);
            }
        }
    }
    return issued;
}

answer<net::url> service_url(
    service of, std::string_view region, const cloud_entry& entry, const std::vector<endpoint>& catalog
)
{
    const auto& own = of == service::barbican ? entry.key_manager_endpoint : entry.load_balancer_endpoint;
    if (own)
    {
        return versioned(of, *own);
    }
    const std::string type(type_of(of));
    const auto& interfaces = interfaces_for(of, entry);
    const std::string sought =
        support::joined(interfaces) + " " + type + " endpoint in region \"" + support::clean(region) + "\"";
    const endpoint* found = find_endpoint(of, region, interfaces, catalog);
    if (found == nullptr)
    {
        const std::string regions = known_regions(of, catalog);
        return std::unexpected(no_endpoint(
            "Keystone's catalog has no " + sought +
            (regions.empty() ? "; the catalog has no " + type + " service at all"
                             : "; the catalog has " + type + " in " + regions)
        ));
    }
    auto url = net::parse_url(found->url);
    if (!url || !url->query.empty())
    {
        return std::unexpected(no_endpoint(
            "Keystone's catalog has an unusable URL for the " + sought +
            (url ? ": the URL has a query" : ": " + url.error().message)
        ));
    }
    if (entry.keystone.origin.tls && !url->origin.tls)
    {
        return std::unexpected(no_endpoint(
            "Keystone's catalog names an http URL as the " + sought +
            " although Keystone itself is https; no token is sent over http. Correct the catalog or set " +
            std::string(override_key(of))
        ));
    }
    return versioned(of, std::move(*url));
}

}  // namespace cloud::openstack
