// Barbican: containers, and the access lists of both.
#include "cloudsim/barbican/barbican.hpp"

#include <algorithm>
#include <set>

namespace cloudsim {

namespace {

std::string last_segment(std::string text)
{
    while (text.ends_with('/'))
    {
        text.pop_back();
    }
    return text.substr(text.rfind('/') + 1);
}

}  // namespace

json barbican::to_json(const container& object) const
{
    json refs = json::array();
    for (const auto& listed : object.parts)
    {
        refs.push_back({{"name", listed.name}, {"secret_ref", url_ + "/v1/secrets/" + listed.secret_id}});
    }
    return {
        {"created", iso_time(object.created)},
        {"updated", iso_time(object.updated)},
        {"status", object.status},
        {"name", object.name},
        {"type", object.type},
        {"creator_id", object.creator_id},
        {"secret_refs", refs},
        {"consumers", json::array()},
        {"container_ref", ref_of(object)}
    };
}

reply barbican::add_container(const call& c)
{
    if (!c.who.has("admin") && !c.who.has("creator"))
    {
        return forbidden("Container creation");
    }
    const auto body = json::parse(c.asked.body, nullptr, false);
    if (body.is_discarded() || !body.is_object())
    {
        return error(400, "Malformed JSON");
    }
    container wanted;
    wanted.project_id = c.who.project_id;
    wanted.creator_id = c.who.user_id;
    wanted.type = member_text(body, "type");
    wanted.name = member_text(body, "name");
    std::set<std::string> names;
    for (const auto& listed : body.value("secret_refs", json::array()))
    {
        const auto name = member_text(listed, "name");
        const auto ref = member_text(listed, "secret_ref");
        if (!ref.starts_with(url_))
        {
            return error(400, "Provided field value is not supported");
        }
        const auto* secret = store_.find_secret(last_segment(ref));
        if (secret == nullptr || secret->project_id != c.who.project_id)
        {
            return error(404, "Secret provided for '" + name + "' doesn't exist.");
        }
        names.insert(name);
        wanted.parts.push_back({.name = name, .secret_id = secret->id});
    }
    static const std::set<std::string> types = {"generic", "rsa", "certificate"};
    static const std::set<std::string> possible = {
        "certificate", "private_key", "private_key_passphrase", "intermediates"
    };
    const bool complete = wanted.type != "certificate" || names.empty() ||
                          (names.contains("certificate") && std::ranges::includes(possible, names));
    if (!types.contains(wanted.type) || names.size() != wanted.parts.size() || !complete)
    {
        return error(400, "Provided object does not match schema 'Container'");
    }
    // The database returns the parts in an order of its own.
    std::ranges::sort(wanted.parts, {}, &part::secret_id);
    return created("container_ref", ref_of(store_.add(std::move(wanted))));
}

reply barbican::one_container(const call& c)
{
    const auto& path = c.url.segments;
    if (!is_id(path[2]))
    {
        return error(404, "Not Found. Provided container id is invalid.");
    }
    auto* object = store_.find_container(path[2]);
    if (object == nullptr)
    {
        return error(404, words().no_container);
    }
    if (path.size() == 4 && path[3] == "acl")
    {
        return access(c, *object, "ContainerACL(s)");
    }
    if (path.size() != 3)
    {
        return error(404, "");
    }
    if (c.asked.method == "GET")
    {
        return allowed(c.who, *object, action::get) ? ok(200, to_json(*object))
                                                    : forbidden("Container retrieval");
    }
    if (c.asked.method == "DELETE")
    {
        if (!allowed(c.who, *object, action::remove))
        {
            return forbidden("Container deletion");
        }
        store_.remove_container(object->id);
        return no_content();
    }
    return not_allowed(c);
}

template <class T>
reply barbican::access(const call& c, const T& object, const std::string& name)
{
    if (c.asked.method != "GET")
    {
        return error(501, "The simulator changes no access list but for Octavia.");
    }
    if (!allowed(c.who, object, action::get_acl))
    {
        return forbidden(name + " retrieval");
    }
    json read = {{"project-access", object.access.project_access}};
    if (object.access.present)
    {
        read["users"] = object.access.users;
        read["created"] = iso_time(object.access.created);
        read["updated"] = iso_time(object.access.updated);
    }
    return ok(200, {{"read", read}});
}

template reply barbican::access<secret>(const call&, const secret&, const std::string&);

}  // namespace cloudsim
