#pragma once

#include "cloudsim/barbican/barbican.hpp"
#include "cloudsim/bycloud/service.hpp"
#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/cloud/exchanges.hpp"
#include "cloudsim/keystone/keystone.hpp"
#include "cloudsim/octavia/octavia.hpp"

#include <memory>
#include <string>
#include <vector>

// The inside of a cloud. Requests reach it through the services, tests through the control API.
namespace cloudsim {

struct region
{
    std::string name;
    barbican secrets;
    octavia balancing;

    region(environment& env, keystone& tokens, const region_options& options, const identity& service_user)
        : name(options.name),
          secrets(env, tokens, options.key_manager_url),
          balancing(env, tokens, secrets, service_user)
    {}
};

struct cloud_parts
{
    cloud_options options;
    environment env;
    std::vector<endpoint> endpoints;  // the catalog of Keystone, which has no ByCloud
    std::vector<endpoint> reachable;  // and ByCloud
    keystone tokens;
    std::vector<std::unique_ptr<region>> regions;
    bycloud::service certificates;
    exchanges traffic;

    cloud_parts(cloud_options wanted, instant now);

    void advance(instant now);

    // The region of that name, the first for an empty name; throws std::invalid_argument for an unknown name.
    region& find_region(const std::string& name);
};

}  // namespace cloudsim
