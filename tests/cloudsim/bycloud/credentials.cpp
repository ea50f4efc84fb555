#include "cloudsim/bycloud/credentials.hpp"

#include <algorithm>

namespace cloudsim::bycloud {

namespace {

constexpr std::string_view bearer = "bearer ";

// The text behind "Bearer "; empty if the header has another scheme.
std::string_view bearer_token(std::string_view header)
{
    return to_lower(header.substr(0, bearer.size())) == bearer ? header.substr(bearer.size()) : "";
}

}  // namespace

const credential& credential_list::add(credential wanted)
{
    remove(wanted.id);
    return credentials_.emplace_back(std::move(wanted));
}

bool credential_list::remove(const std::string& id)
{
    return std::erase_if(credentials_, [&](const credential& each) { return each.id == id; }) > 0;
}

const credential* credential_list::authenticate(const request& asked, wall_time now) const
{
    const auto key = find_header(asked.headers, "X-Api-Key");
    const auto authorization = find_header(asked.headers, "Authorization");
    if (!key && !authorization)
    {
        return nullptr;
    }
    const auto match = std::ranges::find_if(credentials_, [&](const credential& each) {
        return (!each.expires_at || now < *each.expires_at) &&
               (!key || *key == each.id + ":" + each.secret) &&
               (!authorization || bearer_token(*authorization) == each.token);
    });
    return match == credentials_.end() ? nullptr : &*match;
}

}  // namespace cloudsim::bycloud
