#pragma once

#include <span>
#include <string>
#include <string_view>

// What each key of an entry of clouds.yaml is to the controller. docs/compatibility.md describes the keys.
namespace cloud::openstack {

enum class key_use
{
    honoured,
    refused,    // it would change whose rights are used or which server is asked
    no_effect,  // it is about other services, or about the Python client alone
    unknown,
};

struct key_meaning
{
    key_use use = key_use::unknown;
    std::string_view way_out = {};  // of a refused key
};

// The meaning of a key beside auth. Keys are spelled with underscores.
key_meaning meaning_of(std::string_view key);

// The keys of auth, with those that may stand beside it.
std::span<const std::string_view> auth_keys();
bool is_auth_key(std::string_view key);

// The keys that the variables OS_... may give.
std::span<const std::string_view> keys_of_variables();

}  // namespace cloud::openstack
