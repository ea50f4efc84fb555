#include "cloudsim/cloud/cloud.hpp"

#include "cloudsim/cloud/parts.hpp"

#include <algorithm>
#include <stdexcept>

namespace cloudsim {

namespace {

std::vector<endpoint> endpoints_of(const cloud_options& options)
{
    std::vector<endpoint> result;
    const auto add = [&](const char* type, const std::string& region, const std::string& url) {
        result.push_back({.type = type, .region = region, .url = url});
    };
    for (const auto& region : options.regions)
    {
        add("identity", region.name, options.identity_url + "/v3");
        add("load-balancer", region.name, region.load_balancer_url);
        add("key-manager", region.name, region.key_manager_url);
    }
    return result;
}

std::vector<std::string> names_of(const std::vector<region_options>& regions)
{
    std::vector<std::string> result;
    for (const auto& region : regions)
    {
        result.push_back(region.name);
    }
    return result;
}

handling reach(cloud_parts& parts, const endpoint& service, const request& asked)
{
    if (service.type == "identity")
    {
        return parts.tokens.handle(asked);
    }
    if (service.type == "bycloud")
    {
        return parts.certificates.handle(asked);
    }
    auto& region = parts.find_region(service.region);
    return service.type == "key-manager" ? region.secrets.handle(asked) : region.balancing.handle(asked);
}

}  // namespace

cloud_parts::cloud_parts(cloud_options wanted, instant now)
    : options(std::move(wanted)),
      env{.now = now, .ids = id_source(options.seed), .start = now.monotonic},
      endpoints(endpoints_of(options)),
      reachable(endpoints),
      tokens(env, endpoints),
      certificates(env, names_of(options.regions)),
      traffic(env)
{
    reachable.push_back({.type = "bycloud", .region = {}, .url = options.bycloud_url});
    // Every cloud has an administrator, and users as which the services work.
    const auto admin_project = tokens.add_project("admin").id;
    const auto service_project = tokens.add_project("service").id;
    tokens.grant(tokens.add_user("admin", "admin-secret").id, admin_project, {"admin", "member", "reader"});
    identity service_user;
    for (const auto* name : {"barbican", "octavia"})
    {
        service_user = {
            .user_id = tokens.add_user(name, "service-secret").id,
            .project_id = service_project,
            .roles = {"admin", "service"}
        };
        tokens.grant(service_user.user_id, service_project, service_user.roles);
    }
    for (const auto& wanted_region : options.regions)
    {
        regions.push_back(std::make_unique<region>(env, tokens, wanted_region, service_user));
    }
}

region& cloud_parts::find_region(const std::string& name)
{
    const auto match = std::ranges::find_if(regions, [&](const auto& candidate) {
        return name.empty() || candidate->name == name;
    });
    if (match == regions.end())
    {
        throw std::invalid_argument("unknown region: " + name);
    }
    return **match;
}

void cloud_parts::advance(instant now)
{
    while (env.later.next() && *env.later.next() <= now.monotonic)
    {
        env.now = now.at(std::max(*env.later.next(), env.now.monotonic));
        env.later.take()();
    }
    env.now = now;
}

cloud::cloud(cloud_options options, instant now)
    : parts_(std::make_unique<cloud_parts>(std::move(options), now))
{}

cloud::~cloud() = default;
cloud::cloud(cloud&&) noexcept = default;

exchange_id cloud::submit(const request& asked, instant now)
{
    parts_->advance(now);
    const auto id = ++last_id_;
    const auto known = std::ranges::find(parts_->reachable, asked.authority, [](const endpoint& candidate) {
        return authority_of(candidate.url);
    });
    const endpoint service = known == parts_->reachable.end() ? endpoint{} : *known;
    const request_kind kind{
        .service = service.type, .region = service.region, .method = asked.method, .path = asked.target
    };
    if (service.type.empty() || parts_->env.config.down.contains(service.type))
    {
        parts_->traffic.refuse(id, asked, kind);
    }
    else
    {
        parts_->traffic.begin(id, asked, kind, [parts = parts_.get(), service, asked] {
            return reach(*parts, service, asked);
        });
    }
    return id;
}

void cloud::abandon(exchange_id id, instant now)
{
    parts(now).traffic.abandon(id);
}

cloud_parts& cloud::parts(instant now)
{
    parts_->advance(now);
    return *parts_;
}

std::optional<time_point> cloud::next_event() const
{
    return parts_->env.later.next();
}

void cloud::advance(instant now)
{
    parts_->advance(now);
}

std::vector<departure> cloud::take_departures()
{
    return parts_->traffic.take_departures();
}

}  // namespace cloudsim
