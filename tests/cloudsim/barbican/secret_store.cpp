#include "cloudsim/barbican/secret_store.hpp"

#include <algorithm>
#include <tuple>

namespace cloudsim {

namespace {

// The roles of a user in the rules for one object.
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

position position_of(const identity& who, const stored& object)
{
    const bool admin = who.has("admin");
    const bool creator = who.has("creator");
    const bool all_but_audit = admin || creator || who.has("observer");
    return {
        .same_project = who.project_id == object.project_id,
        .is_private = !object.access.project_access,
        .owner = who.user_id == object.creator_id,
        .listed = contains(object.access.users, who.user_id),
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

// The part of the rules that is the same for secrets and containers.
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

bool is_over(const secret& object, wall_time now)
{
    return object.expiration && *object.expiration <= now;
}

}  // namespace

const part* find_part(const container& listing, std::string_view name)
{
    const auto listed = std::ranges::find(listing.parts, name, &part::name);
    return listed == listing.parts.end() ? nullptr : &*listed;
}

bool may_list(const identity& who)
{
    return who.has("admin") || who.has("creator") || who.has("observer");
}

bool allowed(const identity& who, const secret& object, action wanted)
{
    const auto p = position_of(who, object);
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

bool allowed(const identity& who, const container& object, action wanted)
{
    const auto p = position_of(who, object);
    return wanted == action::remove ? owns(p) : allowed_on_both(p, wanted);
}

secret* secret_store::find_secret(const std::string& id)
{
    const auto entry = secrets_.find(to_lower(id));
    return entry != secrets_.end() && !is_over(entry->second, env_.now.wall) ? &entry->second : nullptr;
}

container* secret_store::find_container(const std::string& id)
{
    const auto entry = containers_.find(to_lower(id));
    return entry == containers_.end() ? nullptr : &entry->second;
}

std::vector<const secret*> secret_store::secrets_of(const std::string& project_id) const
{
    std::vector<const secret*> listed;
    for (const auto& [id, object] : secrets_)
    {
        if (object.project_id == project_id && !is_over(object, env_.now.wall))
        {
            listed.push_back(&object);
        }
    }
    std::ranges::sort(listed, {}, [](const secret* object) {
        return std::tuple(iso_time(object->created), object->name, object->number);
    });
    return listed;
}

std::vector<const container*> secret_store::containers_of(const std::string& project_id) const
{
    std::vector<const container*> listed;
    for (const auto& [id, object] : containers_)
    {
        if (object.project_id == project_id)
        {
            listed.push_back(&object);
        }
    }
    std::ranges::sort(listed, {}, &container::number);
    return listed;
}

void secret_store::prepare(stored& object)
{
    object.id = object.id.empty() ? env_.ids.uuid() : object.id;
    object.number = ++created_;
    object.created = env_.now.wall;
    object.updated = env_.now.wall;
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
    for (auto& [container_id, listing] : containers_)
    {
        std::erase_if(listing.parts, [&](const part& p) { return p.secret_id == id; });
    }
}

void secret_store::set_access(stored& object, bool project_access, std::vector<std::string> users)
{
    if (!object.access.present)
    {
        object.access.present = true;
        object.access.created = env_.now.wall;
    }
    object.access.project_access = project_access;
    object.access.users = std::move(users);
    object.access.updated = env_.now.wall;
}

}  // namespace cloudsim
