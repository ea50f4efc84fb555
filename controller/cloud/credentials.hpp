#pragma once

#include "cloud/client.hpp"
#include "support/error.hpp"

#include <memory>
#include <string>
#include <string_view>

// Credentials that a namespace brings in a Secret.
namespace cloud {

// One credential in use; all who name the same content share it, with its one token.
struct credential
{
    std::string id;        // SHA-256 of its content: to tell credentials apart, not to be shown
    std::string identity;  // the Keystone URL, as in place
    std::shared_ptr<cloud::client> client;
};

// What a Secret holds. It was written by a stranger.
struct credential_text
{
    std::string_view clouds_yaml;
    std::string_view ca_pem;  // empty: the system's trust
    std::string cloud;        // the entry of clouds_yaml; empty: the only one
    std::string source;       // what every error begins with, such as "Secret shop/cloud: clouds.yaml"
};

class credential_reader
{
public:
    virtual ~credential_reader() = default;

    // Errors: invalid, one line that says what to do and shows nothing of the content but the names of clouds
    // and keys.
    virtual support::result<std::shared_ptr<credential>> read(const credential_text& text) = 0;
};

}  // namespace cloud
