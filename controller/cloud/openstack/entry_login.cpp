#include "cloud/openstack/entry_login.hpp"

#include "cloud/openstack/entry_keys.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace cloud::openstack {
namespace {

const std::string make_one =
    "make an application credential for the controller (openstack application credential create NAME) and "
    "use "
    "v3applicationcredential";

void require_domain(entry_reader& entry, const named_object& object, const std::string& whose)
{
    if (!object.name.empty() && object.domain_id.empty() && object.domain_name.empty())
    {
        entry.note(
            "auth." + whose + "_domain_name is missing; add it (mostly Default) or auth." + whose +
            "_domain_id"
        );
    }
}

// The domain that default_domain_id, default_domain_name and default_domain give to an object.
void give_default_domain(entry_reader& entry, named_object& object)
{
    if (object.name.empty())
    {
        return;
    }
    const std::string id = entry.auth("default_domain_id");
    const std::string name = entry.auth("default_domain_name");
    object.domain_id = object.domain_id.empty() ? id : object.domain_id;
    object.domain_name = object.domain_name.empty() ? name : object.domain_name;
    if (object.domain_id.empty() && object.domain_name.empty())
    {
        object.domain_id = entry.root("default_domain");
    }
}

named_object read_user(entry_reader& entry)
{
    named_object user{.id = entry.auth("user_id")};
    if (user.id.empty())
    {
        user.name = entry.auth("username");
        user.domain_id = entry.auth("user_domain_id");
        user.domain_name = entry.auth("user_domain_name");
    }
    return user;
}

void read_project(entry_reader& entry, cloud_entry& read)
{
    named_object project{.id = entry.auth("project_id")};
    if (project.id.empty())
    {
        project.name = entry.auth("project_name");
        project.domain_id = entry.auth("project_domain_id");
        project.domain_name = entry.auth("project_domain_name");
    }
    if (project.empty())
    {
        entry.note(
            "auth.project_name is missing; add it or auth.project_id, the project of the load balancers"
        );
    }
    if (read.how != cloud_entry::login::federated)
    {
        give_default_domain(entry, project);
    }
    require_domain(entry, project, "project");
    read.project = std::move(project);
}

support::secret read_secret(entry_reader& entry, const char* key)
{
    support::secret secret(entry.auth(key));
    if (secret.empty())
    {
        entry.note(std::string("auth.") + key + " is missing; add it");
    }
    return secret;
}

std::string require(entry_reader& entry, const char* key)
{
    std::string text = entry.auth(key);
    if (text.empty())
    {
        entry.note(std::string("auth.") + key + " is missing; add it");
    }
    return text;
}

void read_password_login(entry_reader& entry, cloud_entry& read)
{
    read.how = cloud_entry::login::password;
    read.user = read_user(entry);
    if (read.user.empty())
    {
        entry.note("auth.username is missing; add it or auth.user_id");
    }
    give_default_domain(entry, read.user);
    require_domain(entry, read.user, "user");
    read.secret = read_secret(entry, "password");
    read_project(entry, read);
}

void read_application_credential_login(entry_reader& entry, cloud_entry& read)
{
    read.how = cloud_entry::login::application_credential;
    read.application_credential_id = entry.auth("application_credential_id");
    if (read.application_credential_id.empty())
    {
        read.application_credential_name = entry.auth("application_credential_name");
        read.user = read_user(entry);
        if (read.application_credential_name.empty())
        {
            entry.note("auth.application_credential_id is missing; add it");
        }
        if (read.user.empty())
        {
            entry.note("auth.username is missing; an application credential given by name needs its user");
        }
        require_domain(entry, read.user, "user");
    }
    read.secret = read_secret(entry, "application_credential_secret");
    for (const char* scope : {"project_id", "project_name", "domain_id", "domain_name"})
    {
        if (entry.has_auth(scope))
        {
            entry.note(
                "auth." + std::string(scope) +
                " does not go with an application credential, which has a project of its own; remove it"
            );
        }
    }
}

void read_token_login(entry_reader& entry, cloud_entry& read)
{
    read.how = cloud_entry::login::token;
    read.secret = read_secret(entry, "token");
    read_project(entry, read);
}

// No credential leaves over http where Keystone has https.
void require_https(
    entry_reader& entry, const cloud_entry& read, const std::optional<net::url>& url, const char* key
)
{
    if (url && read.keystone.origin.tls && !url->origin.tls)
    {
        entry.note(
            "auth." + std::string(key) + " is http although auth_url is https; no password is sent over http"
        );
    }
}

void read_provider(entry_reader& entry, cloud_entry& read, federation& login)
{
    login.discovery_endpoint = entry.auth_url_of("discovery_endpoint");
    login.token_endpoint = entry.auth_url_of("access_token_endpoint");
    require_https(entry, read, login.discovery_endpoint, "discovery_endpoint");
    require_https(entry, read, login.token_endpoint, "access_token_endpoint");
    if (!login.discovery_endpoint && !login.token_endpoint)
    {
        entry.note("auth.discovery_endpoint is missing; add it or auth.access_token_endpoint");
    }
    login.client_id = require(entry, "client_id");
    login.client_secret = support::secret(entry.auth("client_secret"));
    if (std::string scope = entry.auth("openid_scope"); !scope.empty())
    {
        login.scope = std::move(scope);
    }
    if (std::string member = entry.auth("access_token_type"); !member.empty())
    {
        login.token_member = std::move(member);
    }
    if (login.token_member != "access_token" && login.token_member != "id_token")
    {
        entry.note("auth.access_token_type is not known; use access_token or id_token");
    }
}

void read_federated_login(entry_reader& entry, cloud_entry& read, federation::grant by)
{
    read.how = cloud_entry::login::federated;
    federation login;
    login.by = by;
    login.identity_provider = require(entry, "identity_provider");
    login.protocol = require(entry, "protocol");
    if (by == federation::grant::access_token)
    {
        read.secret = read_secret(entry, "access_token");
    }
    else
    {
        read_provider(entry, read, login);
    }
    if (by == federation::grant::password)
    {
        login.username = require(entry, "username");
        read.secret = read_secret(entry, "password");
    }
    else if (by == federation::grant::client_credentials && login.client_secret.empty())
    {
        entry.note("auth.client_secret is missing; add it");
    }
    login.of_one_host = entry.entry().untrusted;
    read_project(entry, read);
    read.federated = std::move(login);
}

using keys = std::initializer_list<std::string_view>;

constexpr keys of_project{
    "auth_url", "project_id", "project_name", "project_domain_id", "project_domain_name"
};
constexpr keys of_user{"user_id", "username", "user_domain_id", "user_domain_name"};
constexpr keys of_password{"password", "default_domain_id", "default_domain_name"};
constexpr keys of_token{"token", "default_domain_id", "default_domain_name"};
constexpr keys of_application_credential{
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "domain_id",
    "domain_name"
};
constexpr keys of_provider{
    "identity_provider",
    "protocol",
    "client_id",
    "client_secret",
    "openid_scope",
    "access_token_type",
    "discovery_endpoint",
    "access_token_endpoint"
};
constexpr keys of_person{"username", "password"};
constexpr keys of_access_token{"identity_provider", "protocol", "access_token"};
constexpr keys none{};

struct login_type
{
    std::string_view name;
    std::array<keys, 3> allowed;
    void (*read)(entry_reader& entry, cloud_entry& read);
};

constexpr std::array<login_type, 8> login_types{{
    {"password", {of_project, of_user, of_password}, read_password_login},
    {"v3password", {of_project, of_user, of_password}, read_password_login},
    {"v3applicationcredential",
     {of_project, of_user, of_application_credential},
     read_application_credential_login},
    {"token", {of_project, of_token, none}, read_token_login},
    {"v3token", {of_project, of_token, none}, read_token_login},
    {"v3oidcpassword",
     {of_project, of_provider, of_person},
     [](entry_reader& entry, cloud_entry& read) {
         read_federated_login(entry, read, federation::grant::password);
     }},
    {"v3oidcclientcredentials",
     {of_project, of_provider, none},
     [](entry_reader& entry, cloud_entry& read) {
         read_federated_login(entry, read, federation::grant::client_credentials);
     }},
    {"v3oidcaccesstoken",
     {of_project, of_access_token, none},
     [](entry_reader& entry, cloud_entry& read) {
         read_federated_login(entry, read, federation::grant::access_token);
     }},
}};

// The other logins of keystoneauth.
constexpr std::array<std::string_view, 21> other_types{
    "none",
    "http_basic",
    "admin_token",
    "token_endpoint",
    "v2password",
    "v2token",
    "v3oidcdeviceauthz",
    "v3oidcauthcode",
    "v3oauth1",
    "v3oauth2clientcredential",
    "v3oauth2mtlsclientcredential",
    "v3kerberos",
    "v3fedkerb",
    "v3totp",
    "v3multifactor",
    "v3tokenlessauth",
    "v3adfspassword",
    "v3samlpassword",
    "gnocchi-basic",
    "gnocchi-noauth",
    "aodh-noauth"
};

std::string type_of(entry_reader& entry)
{
    std::string type = entry.root("auth_type");
    if (type.empty())
    {
        type = entry.root("auth_plugin");
    }
    if (!type.empty())
    {
        return type;
    }
    // Other clients write such entries without auth_type, and only one login can be meant.
    return entry.has_auth("application_credential_secret") && !entry.has_auth("password")
               ? "v3applicationcredential"
               : "password";
}

void require_known_keys(entry_reader& entry, const login_type& type)
{
    for (const auto& [key, unused] : entry.entry().auth)
    {
        const bool allowed = std::ranges::any_of(type.allowed, [&](keys of) {
            return std::ranges::find(of, key) != of.end();
        });
        if (allowed)
        {
            continue;
        }
        const std::string name = "auth." + support::clean(key, 64);
        if (key == "trust_id" || key == "system_scope")
        {
            entry.note(name + " is not supported; " + make_one);
        }
        else if (key == "idp_otp_key")
        {
            entry.note(name + " asks a person for a code, which is not supported; " + make_one);
        }
        else if (key == "domain_id" || key == "domain_name")
        {
            entry.note(
                "auth.project_name is missing; add it or auth.project_id, because load balancers belong to a "
                "project and "
                "not to a domain"
            );
        }
        else if (is_auth_key(key))
        {
            entry.note(name + " has no meaning for auth_type " + std::string(type.name) + "; remove it");
        }
        else if (meaning_of(key).use != key_use::unknown)
        {
            entry.note(name + " does not belong into auth; write it beside auth");
        }
        else
        {
            entry.note(name + " is no key that a login has; correct or remove it");
        }
    }
}

}  // namespace

void read_login(entry_reader& entry, cloud_entry& read)
{
    const std::string type = type_of(entry);
    const auto it = std::ranges::find(login_types, type, &login_type::name);
    if (it != login_types.end())
    {
        require_known_keys(entry, *it);
        it->read(entry, read);
        return;
    }
    const bool other = std::ranges::find(other_types, type) != other_types.end();
    entry.note("auth_type " + (other ? type + " " : "") + "is not supported; " + make_one);
}

}  // namespace cloud::openstack
