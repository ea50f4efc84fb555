#pragma once

#include "cloud/openstack/written_entry.hpp"
#include "net/http/http.hpp"
#include "net/http/url.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads clouds.yaml, the configuration of every OpenStack client
// (https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html).
namespace cloud::openstack {

// A user or project in a request to Keystone: by id, or by name within a domain.
struct named_object
{
    std::string id = {};
    std::string name = {};  // used only if id is empty
    std::string domain_id = {};
    std::string domain_name = {};

    bool empty() const { return id.empty() && name.empty(); }
};

// A login at an identity provider, whose token Keystone takes
// (https://docs.openstack.org/keystoneauth/latest/, OIDC).
struct federation
{
    enum class grant
    {
        password,
        client_credentials,
        access_token,  // the entry brings the token
    };

    grant by = grant::password;
    std::string identity_provider;  // its name in Keystone
    std::string protocol;
    std::optional<net::url> discovery_endpoint;
    std::optional<net::url> token_endpoint;
    // The discovery document may name token endpoints of its own host alone.
    bool of_one_host = false;
    std::string client_id;
    support::secret client_secret;
    std::string scope = "openid profile";
    std::string token_member = "access_token";  // of the provider's answer
    std::string username;
};

// The login of a cloud that attaches single bindings itself (auth_type: bycloud). There is no Keystone then;
// cloud_entry::keystone is the endpoint of its API.
struct service_login
{
    std::string label;  // file and cloud, the beginning of every error about this entry
    support::secret api_key;
    support::secret token;
};

// One entry: a cloud and a login for it.
struct cloud_entry
{
    enum class login
    {
        password,
        application_credential,
        token,
        federated,
    };

    std::string cloud;  // its name, for messages
    // SHA-256 of the content, secrets included. It tells entries apart and must not be shown.
    std::string id;
    net::url keystone;  // ends with /v3
    // Of the catalog: public, internal or admin, in the order of preference.
    std::vector<std::string> interfaces{"public"};
    // Those of a service, where they differ; else empty.
    std::vector<std::string> load_balancer_interfaces = {};
    std::vector<std::string> key_manager_interfaces = {};
    std::shared_ptr<const net::tls_settings> tls;  // null: the trust of the system

    login how = login::password;
    // The user of the password, or of an application credential that is given by name.
    named_object user;
    // The project; an application credential brings its own.
    named_object project;
    std::string application_credential_id;
    std::string application_credential_name;
    // The password, the secret of the application credential, or the token.
    support::secret secret;
    std::optional<federation> federated;
    std::optional<service_login> service = {};  // set: none of the logins above counts

    // These URLs replace those of the catalog.
    std::optional<net::url> load_balancer_endpoint;
    std::optional<net::url> key_manager_endpoint;

    // Lines for the log: what has no effect, and why.
    std::vector<std::string> notes = {};
    // Keys of the entry that nobody knows.
    std::vector<std::string> unknown_keys = {};
};

// What the files hold that an entry names. Each is empty if the entry names none.
struct tls_files
{
    std::string ca_pem = {};
    std::string client_certificate_pem = {};
    support::secret client_key_pem = {};
};

// The content of these files, checked. Entries may share it.
struct entry_tls
{
    std::shared_ptr<const net::tls_settings> settings;  // null: the trust of the system
    std::string problem;                                // the first one, with its key; empty: there is none
};
entry_tls check_tls(tls_files files);

// Interprets an entry. Errors: invalid; those of an entry that is not untrusted quote its URLs and no other
// values.
support::result<cloud_entry> understand_entry(written_entry written, const entry_tls& tls);

using file_reader = std::function<support::result<std::string>(const std::string& path)>;

// Chooses and interprets an entry; `read_file` reads the files of certificates that it names. Errors:
// invalid, with file, cloud, key and what to do.
support::result<cloud_entry> read_cloud_entry(
    const entry_sources& sources, const std::string& cloud, const file_reader& read_file
);

// The entry `cloud` of `yaml` (the text of `file`), or the only entry if `cloud` is empty; `secure_yaml`
// (empty: none) adds keys to it.
support::result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
);

}  // namespace cloud::openstack
