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

// A user or project as Keystone takes it: by id, or by name within a domain.
struct named_object
{
    std::string id = {};
    std::string name = {};  // only where id is empty
    std::string domain_id = {};
    std::string domain_name = {};

    bool empty() const { return id.empty() && name.empty(); }
};

// One entry: a cloud and who we are there.
struct cloud_entry
{
    enum class login
    {
        password,
        application_credential,
    };

    std::string cloud;  // its name, for messages
    std::string id;     // SHA-256 of the content, secrets included: to tell entries apart, not to be shown
    net::url keystone;  // ends with /v3
    std::string interface;                         // of the catalog: public, internal or admin
    std::shared_ptr<const net::tls_settings> tls;  // null: the system's trust

    login how = login::password;
    named_object user;     // whose password; whose application credential, if that is given by name
    named_object project;  // of a password; an application credential has its own
    std::string application_credential_id;
    std::string application_credential_name;
    support::secret secret;  // the password or the application credential's secret

    // Instead of what the catalog says.
    std::optional<net::url> load_balancer_endpoint;
    std::optional<net::url> key_manager_endpoint;
};

struct yaml_entry;

// What an entry means; `ca_pem` (empty: the system's trust) comes from elsewhere. Errors: invalid; they quote
// URLs and nothing else.
support::result<cloud_entry> understand_entry(yaml_entry written, std::string ca_pem);

using file_reader = std::function<support::result<std::string>(const std::string& path)>;

// The entry `cloud` of `yaml` (the text of `file`), with what `secure_yaml` (empty: none) adds to it; the
// only entry if `cloud` is empty. `read_file` reads its cacert. Errors: invalid, with file, cloud, key and
// what to do.
support::result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
);

// The same from the disk: the file and, if there is one beside it, secure.yaml.
support::result<cloud_entry> load_cloud_entry(const std::string& file, const std::string& cloud);

// Where OpenStack's clients look for the file, in order. `home` may be empty.
std::vector<std::string> clouds_yaml_search_path(const std::string& home);

}  // namespace cloud::openstack
