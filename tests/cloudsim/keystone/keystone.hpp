#pragma once

#include "cloudsim/support/environment.hpp"

#include <expected>
#include <map>
#include <set>
#include <string>
#include <vector>

// Keystone v3: tokens for projects, users and application credentials, and the catalog.
namespace cloudsim {

struct project
{
    std::string id;
    std::string name;
};

struct user
{
    std::string id;
    std::string name;
    std::string password;
    std::map<std::string, std::set<std::string>> roles{};  // by project id
};

struct application_credential
{
    std::string id;
    std::string name;
    std::string secret;
    std::string user_id;
    std::string project_id;
    std::set<std::string> roles;
};

// The user and the rights of a token.
struct identity
{
    std::string user_id{};
    std::string project_id{};  // empty: no scope
    std::set<std::string> roles{};
    std::string application_credential_id{};  // empty: none

    bool has(const std::string& role) const { return roles.contains(role); }
};

struct endpoint
{
    std::string type{};  // identity, key-manager, load-balancer
    std::string region{};
    std::string url{};  // the URL in the catalog
};

// The answer that the middleware of a service gives instead of the service.
struct refusal
{
    reply answer;
    duration after{};
};

// The tokens that a service has seen, each with its time. The service goes on believing in them for a while.
using token_cache = std::map<std::string, time_point>;

class keystone
{
public:
    keystone(environment& env, const std::vector<endpoint>& endpoints);

    handling handle(const request& asked);

    // The check of the token of a request, as keystonemiddleware does it.
    std::expected<identity, refusal> authenticate(const request& asked, token_cache& cache) const;

    project& add_project(const std::string& name);
    user& add_user(const std::string& name, const std::string& password);
    void grant(const std::string& user_id, const std::string& project_id, const std::set<std::string>& roles);
    // The application credential has the user's roles in the project.
    const application_credential& add_application_credential(
        const std::string& name, const user& owner, const project& scope
    );

    project* find_project(const std::string& id_or_name);
    user* find_user(const std::string& id_or_name);
    const user* find_member(const std::string& project_id) const;  // some user with a role there
    bool remove_application_credential(const std::string& id);

    // Ends the tokens of a user, or all tokens, at once and everywhere.
    void revoke(const std::string& user_id);

private:
    struct token
    {
        identity who;
        std::string method;
        wall_time issued_at;
        wall_time expires_at;
        std::string audit_id;
        bool revoked = false;    // Keystone knows that the token is revoked; caches may not know it
        bool forgotten = false;  // Keystone and all caches know that the token is revoked
    };

    reply answer(const request& asked);
    reply issue(const request& asked);
    reply render(const std::string& id, const token& issued);
    reply end_token(const request& asked);
    reply error(int status, const std::string& message, json more = json::object());
    header_list headers();
    std::expected<identity, reply> by_password(const json& auth);
    std::expected<identity, reply> by_application_credential(const json& method);
    std::expected<identity, reply> scoped(const user& who, const json& auth);
    json version_document() const;

    environment& env_;
    json catalog_ = json::array();
    std::string url_;  // with /v3
    std::map<std::string, project> projects_;
    std::map<std::string, user> users_;
    std::map<std::string, application_credential> credentials_;
    std::map<std::string, std::string> role_ids_;
    std::map<std::string, token> tokens_;
};

}  // namespace cloudsim
