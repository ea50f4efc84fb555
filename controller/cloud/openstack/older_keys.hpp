#pragma once

#include "cloud/openstack/config_value.hpp"
#include "support/error.hpp"

#include <string>

// The keys of an entry as openstacksdk puts them in order before it reads them: one spelling, one place, one
// region.
namespace cloud::openstack {

// An entry, a profile, or the values of a region.
struct layer
{
    config_map root;  // without auth
    config_map auth;
};

// The keys of `value` with underscores and under their newer names; keys without a value are left out.
// `label` begins the message of an error.
support::result<layer> make_layer(config_value value, const std::string& label);

// Adds `over` to `below`, whose keys give way; auth is merged key by key.
void lay_over(layer& below, layer over);

struct chosen_region
{
    std::string name;  // empty if there is none, or if there are several
    bool several = false;
};

// Takes the keys about regions out of `entry`, and lays the values of its only region over it.
support::result<chosen_region> settle_region(layer& entry, const std::string& label);

// Moves what belongs into auth there. Domains that are given once for user and project are given to both.
void settle_auth(layer& entry);

}  // namespace cloud::openstack
