#pragma once

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

// One entry: a cloud and a login for it.
struct cloud_entry
{
    enum class login
    {
        password,
        application_credential,
    };

    std::string cloud;  // its name, for messages
    // SHA-256 of the content, secrets included. It tells entries apart and must not be shown.
    std::string id;
    net::url keystone;                             // ends with /v3
    std::string interface;                         // of the catalog: public, internal or admin
    std::shared_ptr<const net::tls_settings> tls;  // null: the trust of the system

    login how = login::password;
    // The user of the password, or of an application credential that is given by name.
    named_object user;
    // The project for a password; an application credential brings its own.
    named_object project;
    std::string application_credential_id;
    std::string application_credential_name;
    support::secret secret;  // the password, or the secret of the application credential

    // These URLs replace those of the catalog.
    std::optional<net::url> load_balancer_endpoint;
    std::optional<net::url> key_manager_endpoint;
};

struct yaml_entry;

// Interprets an entry. `ca_pem` holds the trusted certificates (empty: the trust of the system). Errors:
// invalid; they quote URLs and no other values.
support::result<cloud_entry> understand_entry(yaml_entry written, std::string ca_pem);

using file_reader = std::function<support::result<std::string>(const std::string& path)>;

// The entry `cloud` of `yaml` (the text of `file`), or the only entry if `cloud` is empty; `secure_yaml`
// (empty: none) adds keys to it. `read_file` reads its cacert. Errors: invalid, with file, cloud, key and
// what to do.
support::result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
);

// As parse_cloud_entry, from the disk: the file and, if it exists, secure.yaml beside it.
support::result<cloud_entry> load_cloud_entry(const std::string& file, const std::string& cloud);

// The paths at which OpenStack's clients look for the file, in order. `home` may be empty.
std::vector<std::string> clouds_yaml_search_path(const std::string& home);

}  // namespace cloud::openstack
