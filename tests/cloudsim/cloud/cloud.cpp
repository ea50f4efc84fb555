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
        result.push_back({.type = type, .region = region, .url = parse_base_url(url)});
    };
    for (const auto& region : options.regions)
    {
        add("identity", region.name, options.identity_url);
        add("load-balancer", region.name, region.load_balancer_url);
        add("key-manager", region.name, region.key_manager_url);
    }
    return result;
}

}  // namespace

cloud_parts::cloud_parts(cloud_options wanted, instant now)
    : options(std::move(wanted)),
      env{.now = now, .ids = id_source(options.seed), .start = now.monotonic},
      endpoints(endpoints_of(options)),
      tokens(env, endpoints),
      traffic(env)
{
    // What every cloud has: an administrator, and the users as which the services work.
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
    for (const auto& each : options.regions)
    {
        regions.push_back(std::make_unique<region>(env, tokens, each, service_user));
    }
}

region& cloud_parts::find_region(const std::string& name)
{
    const auto found =
        std::ranges::find_if(regions, [&](const auto& each) { return name.empty() || each->name == name; });
    if (found == regions.end())
    {
        throw std::invalid_argument("unknown region: " + name);
    }
    return **found;
}

struct cloud::impl
{
    impl(cloud_options options, instant now) : parts(std::move(options), now) {}

    cloud_parts parts;
    exchange_id last_id = 0;

    void advance(instant now)
    {
        auto& env = parts.env;
        while (env.later.next() && *env.later.next() <= now.monotonic)
        {
            env.now = now.at(std::max(*env.later.next(), env.now.monotonic));
            env.later.take()();
        }
        env.now = now;
    }

    // The endpoint under which a request came in, and the request as that service sees it.
    const endpoint* route(request& asked) const
    {
        const endpoint* best = nullptr;
        for (const auto& each : parts.endpoints)
        {
            const bool fits =
                each.url.authority == asked.authority && asked.target.starts_with(each.url.path);
            if (fits && (best == nullptr || best->url.path.size() < each.url.path.size()))
            {
                best = &each;
            }
        }
        if (best != nullptr)
        {
            asked.target.erase(0, best->url.path.size());
        }
        return best;
    }

    handling reach(const endpoint& where, const request& asked)
    {
        if (where.type == "identity")
        {
            return parts.tokens.handle(asked);
        }
        auto& here = parts.find_region(where.region);
        return where.type == "key-manager" ? here.secrets.handle(asked) : here.balancing.handle(asked);
    }
};

cloud::cloud(cloud_options options, instant now) : impl_(std::make_unique<impl>(std::move(options), now)) {}

cloud::~cloud() = default;
cloud::cloud(cloud&&) noexcept = default;

exchange_id cloud::submit(request asked, instant now)
{
    impl_->advance(now);
    const auto id = ++impl_->last_id;
    const auto* where = impl_->route(asked);
    const request_kind kind{
        .service = where == nullptr ? "" : where->type,
        .region = where == nullptr ? "" : where->region,
        .method = asked.method,
        .path = asked.target
    };
    if (where == nullptr || impl_->parts.env.config.down.contains(where->type))
    {
        impl_->parts.traffic.refuse(id, asked, kind);
        return id;
    }
    impl_->parts.traffic.begin(id, asked, kind, [this_ = impl_.get(), where, asked] {
        return this_->reach(*where, asked);
    });
    return id;
}

void cloud::abandon(exchange_id id, instant now)
{
    impl_->advance(now);
    impl_->parts.traffic.abandon(id);
}

cloud_parts& cloud::parts(instant now)
{
    impl_->advance(now);
    return impl_->parts;
}

std::optional<time_point> cloud::next_event() const
{
    return impl_->parts.env.later.next();
}

void cloud::advance(instant now)
{
    impl_->advance(now);
}

std::vector<departure> cloud::take_departures()
{
    return impl_->parts.traffic.take_departures();
}

}  // namespace cloudsim
