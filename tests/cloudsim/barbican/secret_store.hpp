#pragma once

#include "cloudsim/keystone/keystone.hpp"
#include "cloudsim/support/environment.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The objects of Barbican, and the rights on them (the legacy policy, which Debian's Barbican 15 uses).
namespace cloudsim {

struct access_list
{
    bool present = false;  // false: the implicit list, by which the project may read
    bool project_access = true;
    std::vector<std::string> users{};
    wall_time created{};
    wall_time updated{};
};

// The common part of a secret and a container.
struct stored
{
    std::string id{};
    std::string project_id{};
    std::string creator_id{};
    std::string name{};
    std::string status = "ACTIVE";
    std::uint64_t number = 0;  // in the order of creation
    wall_time created{};
    wall_time updated{};
    access_list access{};
};

struct secret : stored
{
    std::string type = "opaque";
    std::optional<wall_time> expiration{};  // afterwards Barbican answers 404
    std::optional<std::string> payload{};
    std::optional<std::string> missing_payload{};  // a payload that arrives when the test says so
    std::string content_type{};                    // text/plain, application/octet-stream
};

struct part
{
    std::string name{};
    std::string secret_id{};
};

struct container : stored
{
    std::string type{};  // certificate, generic, rsa
    std::vector<part> parts{};
};

// The part of that name; null if the container lists none.
const part* find_part(const container& listing, std::string_view name);

enum class action
{
    get,
    decrypt,
    put,
    remove,
    get_acl,
    put_acl,
};

// Whether the sender may list the secrets and containers of its project.
bool may_list(const identity& who);

bool allowed(const identity& who, const secret& object, action wanted);
bool allowed(const identity& who, const container& object, action wanted);

class secret_store
{
public:
    explicit secret_store(environment& env) : env_(env) {}

    // The secret; null if it is unknown or expired.
    secret* find_secret(const std::string& id);
    container* find_container(const std::string& id);

    // The objects of a project without expired secrets. Secrets are in the order of their seconds and names,
    // containers in that of their creation.
    std::vector<const secret*> secrets_of(const std::string& project_id) const;
    std::vector<const container*> containers_of(const std::string& project_id) const;

    // Gives the secret its times, and an id unless it has one.
    secret& add(secret wanted);
    container& add(container wanted);

    // Deletes the secret, and removes it from the containers that list it.
    void remove_secret(std::string id);
    void remove_container(const std::string& id) { containers_.erase(id); }

    void set_access(stored& object, bool project_access, std::vector<std::string> users);

private:
    void prepare(stored& object);

    environment& env_;
    std::uint64_t created_ = 0;
    std::map<std::string, secret> secrets_;
    std::map<std::string, container> containers_;
};

}  // namespace cloudsim
