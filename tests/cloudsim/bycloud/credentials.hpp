#pragma once

#include "cloudsim/support/environment.hpp"

#include <optional>
#include <string>
#include <vector>

// Who may ask ByCloud, and for which organization.
namespace cloudsim::bycloud {

struct credential
{
    std::string id{};
    std::string secret{};        // of X-Api-Key: `id:secret`
    std::string token{};         // of Authorization: Bearer; not empty
    std::string organization{};  // its objects are the only ones that the credential sees
    std::string rights = "all";  // all, read, none
    std::optional<wall_time> expires_at{};
    std::string tier{};  // of its rate limits; empty: the setting's
};

class credential_list
{
public:
    // Replaces a credential of the same id.
    const credential& add(credential wanted);
    bool remove(const std::string& id);

    // The credential that the request names and proves; null: none. A request with both headers must name
    // one credential with both.
    const credential* authenticate(const request& asked, wall_time now) const;

private:
    std::vector<credential> credentials_;
};

}  // namespace cloudsim::bycloud
