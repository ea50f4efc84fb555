#pragma once

#include "cloud/client.hpp"
#include "support/error.hpp"

#include <functional>
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

// Who brought a credential.
struct credential_owner
{
    std::string tenant = {};  // a namespace; empty: the controller itself
    std::string secret = {};  // for people: "shop/cloud"; empty: it came in no Secret
};

// The content of a Secret; it is untrusted.
struct credential_text
{
    std::string_view clouds_yaml;
    std::string_view ca_pem = {};  // empty: the trust of the system
    std::string cloud = {};        // the entry of clouds_yaml; empty: the only one
    std::string source;            // the beginning of every error, such as "Secret shop/cloud: clouds.yaml"
    // In the place of clouds_yaml: a cloud that attaches single bindings itself.
    std::string_view endpoint = {};
    std::string_view api_key = {};
    std::string_view token = {};
    credential_owner owner = {};
};

// The content of a Secret, parsed into its entries.
class credential_entries
{
public:
    virtual ~credential_entries() = default;

    // The credential of the entry `cloud`; empty: of the only entry. For the thread of the loop, and while
    // the reader lives. Errors: invalid, with one line that says what to do. It shows only the names of
    // clouds and keys of the content.
    virtual support::result<std::shared_ptr<credential>> credential_of(const std::string& cloud) = 0;
};

class credential_reader
{
public:
    // Parses a content once, with all its entries; `cloud` is not looked at. The function owns all that it
    // touches and may run in any thread (support/offload.hpp).
    using parser = std::function<std::shared_ptr<credential_entries>(const credential_text&)>;

    virtual ~credential_reader() = default;

    virtual parser create_parser() = 0;

    // The credential of one entry, parsed in the caller.
    support::result<std::shared_ptr<credential>> read(const credential_text& text)
    {
        return create_parser()(text)->credential_of(text.cloud);
    }
};

}  // namespace cloud
