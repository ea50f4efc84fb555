#include "cloudsim/barbican/secret_store.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

// The roles that the rules speak of, on one object.
struct position
{
    bool same_project;
    bool is_private;
    bool owner;
    bool listed;  // in the read ACL
    bool admin;
    bool creator;
    bool all_users;  // any role that Barbican knows
    bool all_but_audit;
};

position position_of(const identity& who, const stored& what)
{
    const bool admin = who.has("admin");
    const bool creator = who.has("creator");
    const bool all_but_audit = admin || creator || who.has("observer");
    return {
        .same_project = who.project_id == what.project_id,
        .is_private = !what.access.project_access,
        .owner = who.user_id == what.creator_id,
        .listed = contains(what.access.users, who.user_id),
        .admin = admin,
        .creator = creator,
        .all_users = all_but_audit || who.has("audit"),
        .all_but_audit = all_but_audit,
    };
}

// The project's administrator, and its creator of the object.
bool owns(const position& p)
{
    return p.same_project && (p.admin || (p.creator && p.owner));
}

bool may_lend(const position& p)
{
    return owns(p) || (p.creator && p.same_project && !p.is_private);
}

// What is the same of a secret and a container.
bool allowed_on_both(const position& p, action wanted)
{
    switch (wanted)
    {
        case action::get:
            return (p.all_users && p.same_project && !p.is_private) || owns(p) || p.listed;
        case action::get_acl:
            return p.all_but_audit && p.same_project;
        case action::put_acl:
            return may_lend(p);
        default:
            return false;
    }
}

}  // namespace

const part* find_part(const container& listing, std::string_view name)
{
    const auto found = std::ranges::find(listing.parts, name, &part::name);
    return found == listing.parts.end() ? nullptr : &*found;
}

bool allowed(const identity& who, const secret& what, action wanted)
{
    const auto p = position_of(who, what);
    switch (wanted)
    {
        case action::decrypt:
            return (p.all_but_audit && p.same_project && !p.is_private) || owns(p) || p.listed;
        case action::put:
            return (p.admin || p.creator) && p.same_project;
        case action::remove:
            return may_lend(p);
        case action::get:
        case action::get_acl:
        case action::put_acl:
            break;
    }
    return allowed_on_both(p, wanted);
}

bool allowed(const identity& who, const container& what, action wanted)
{
    const auto p = position_of(who, what);
    return wanted == action::remove ? owns(p) : allowed_on_both(p, wanted);
}

secret* secret_store::find_secret(const std::string& id)
{
    const auto found = secrets_.find(to_lower(id));
    const bool there =
        found != secrets_.end() && (!found->second.expiration || env_.now.wall < *found->second.expiration);
    return there ? &found->second : nullptr;
}

container* secret_store::find_container(const std::string& id)
{
    const auto found = containers_.find(to_lower(id));
    return found == containers_.end() ? nullptr : &found->second;
}

void secret_store::prepare(stored& what)
{
    what.id = what.id.empty() ? env_.ids.uuid() : what.id;
    what.created = env_.now.wall;
    what.updated = env_.now.wall;
}

secret& secret_store::add(secret wanted)
{
    prepare(wanted);
    const auto id = wanted.id;
    return secrets_[id] = std::move(wanted);
}

container& secret_store::add(container wanted)
{
    prepare(wanted);
    const auto id = wanted.id;
    return containers_[id] = std::move(wanted);
}

void secret_store::remove_secret(std::string id)
{
    secrets_.erase(id);
    for (auto& [container_id, each] : containers_)
    {
        std::erase_if(each.parts, [&](const part& p) { return p.secret_id == id; });
    }
}

void secret_store::set_access(stored& what, bool project_access, std::vector<std::string> users)
{
    if (!what.access.present)
    {
        what.access.present = true;
        what.access.created = env_.now.wall;
    }
    what.access.project_access = project_access;
    what.access.users = std::move(users);
    what.access.updated = env_.now.wall;
}

}  // namespace cloudsim
