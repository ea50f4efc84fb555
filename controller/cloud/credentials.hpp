#pragma once

#include "cloud/client.hpp"
#include "support/error.hpp"

#include <memory>
#include <string>
#include <string_view>

// Credentials that a namespace provides in a Secret.
namespace cloud {

class binding_service;

// One credential in use. All bindings whose entries have the same content share it, with its one token.
struct credential
{
    // SHA-256 of the content. It tells credentials apart and must not be shown.
    std::string id;
    std::string identity;  // the Keystone URL, as in project_scope, or the URL of the binding service
    // One of the two: the cloud attaches lists of certificates, or single bindings.
    std::shared_ptr<cloud::client> client;
    std::shared_ptr<cloud::binding_service> service = {};
    std::string name = {};  // for people: of the entry or the Secret that came first; empty: not known

    bool attaches_single_bindings() const { return service != nullptr; }
};

// The content of a Secret; it is untrusted.
struct credential_text
{
    std::string_view clouds_yaml;
    std::string_view ca_pem;  // empty: the trust of the system
    std::string cloud;        // the entry of clouds_yaml; empty: the only one
    std::string source;       // the beginning of every error, such as "Secret shop/cloud: clouds.yaml"
    // In the place of clouds_yaml: a cloud that attaches single bindings itself.
    std::string_view endpoint = {};
    std::string_view api_key = {};
    std::string_view token = {};
};

class credential_reader
{
public:
    virtual ~credential_reader() = default;

    // Errors: invalid, with one line that says what to do. It shows only the names of clouds and keys of the
    // content.
    virtual support::result<std::shared_ptr<credential>> read(const credential_text& text) = 0;
};

}  // namespace cloud
