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

json barbican::to_json(const container& what) const
{
    json refs = json::array();
    for (const auto& each : what.parts)
    {
        refs.push_back({{"name", each.name}, {"secret_ref", url_ + "/v1/secrets/" + each.secret_id}});
    }
    return {
        {"created", iso_time(what.created)},
        {"updated", iso_time(what.updated)},
        {"status", what.status},
        {"name", text_or_null(what.name)},
        {"type", what.type},
        {"creator_id", what.creator_id},
        {"secret_refs", refs},
        {"consumers", json::array()},
        {"container_ref", ref_of(what)}
    };
}

reply barbican::containers(const call& c)
{
    if (c.asked.method == "POST")
    {
        return add_container(c);
    }
    if (c.asked.method != "GET")
    {
        return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
    }
    if (!c.who.has("admin") && !c.who.has("creator") && !c.who.has("observer"))
    {
        return forbidden("Containers(s) retrieval");
    }
    const auto [offset, limit] = page_of(c.where);
    const auto all = store_.containers_of(c.who.project_id);
    json shown = json::array();
    for (std::size_t i = offset; i < all.size() && shown.size() < limit; ++i)
    {
        shown.push_back(to_json(*all[i]));
    }
    return ok(200, {{"containers", shown}, {"total", all.size()}});
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
    if (body.contains("name") && body["name"].is_string())
    {
        wanted.name = body["name"].get<std::string>();
    }
    if (wanted.type != "generic" && wanted.type != "rsa" && wanted.type != "certificate")
    {
        return error(400, mismatch("Container", "'type' is a required property", ""));
    }
    std::set<std::string> names;
    for (const auto& each : body.value("secret_refs", json::array()))
    {
        const auto ref = member_text(each, "secret_ref");
        if (!ref.starts_with(url_))
        {
            return error(400, "Provided field value is not supported");
        }
        const auto id = last_segment(ref);
        names.insert(member_text(each, "name"));
        const auto* found = store_.find_secret(id);
        if (found == nullptr || found->project_id != c.who.project_id)
        {
            return error(404, "Secret provided for '" + member_text(each, "name") + "' doesn't exist.");
        }
        wanted.parts.push_back({.name = each.value("name", json()), .secret_id = found->id});
    }
    const std::set<std::string> possible = {
        "certificate", "private_key", "private_key_passphrase", "intermediates"
    };
    if (names.size() != wanted.parts.size())
    {
        return error(400, mismatch("Container", "Duplicate reference names are not allowed", "secret_refs"));
    }
    if (wanted.type == "certificate" && !wanted.parts.empty() &&
        (!names.contains("certificate") || !std::ranges::includes(possible, names)))
    {
        return error(
            400,
            mismatch(
                "Container",
                "The minimum required reference name is 'certificate' for Certificate type",
                "secret_refs"
            )
        );
    }
    // The database gives them back in an order of its own.
    std::ranges::sort(wanted.parts, {}, &part::secret_id);
    const auto ref = ref_of(store_.add(std::move(wanted)));
    return ok(201, {{"container_ref", ref}}, {{"Location", ref}});
}

reply barbican::one_container(const call& c)
{
    const auto& path = c.where.segments;
    if (!is_id(path[2]))
    {
        return error(404, "Not Found. Provided container id is invalid.");
    }
    auto* what = store_.find_container(path[2]);
    if (what == nullptr)
    {
        return error(404, "Secrets container not found.");
    }
    if (path.size() == 4 && path[3] == "acl")
    {
        return access(c, *what, "ContainerACL(s)");
    }
    if (path.size() == 4 && path[3] == "consumers" && c.asked.method == "GET")
    {
        return ok(200, {{"consumers", json::array()}, {"total", 0}});
    }
    if (path.size() != 3)
    {
        return error(404, "");
    }
    if (c.asked.method == "GET")
    {
        return allowed(c.who, *what, action::get) ? ok(200, to_json(*what))
                                                  : forbidden("Container retrieval");
    }
    if (c.asked.method == "DELETE")
    {
        if (!allowed(c.who, *what, action::remove))
        {
            return forbidden("Container deletion");
        }
        store_.remove_container(what->id);
        return no_content();
    }
    return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
}

template <class T>
reply barbican::access(const call& c, T& what, const std::string& name)
{
    if (c.asked.method == "GET")
    {
        if (!allowed(c.who, what, action::get_acl))
        {
            return forbidden(name + " retrieval");
        }
        json read = {{"project-access", what.access.project_access}};
        if (what.access.present)
        {
            read["users"] = what.access.users;
            read["created"] = iso_time(what.access.created);
            read["updated"] = iso_time(what.access.updated);
        }
        return ok(200, {{"read", read}});
    }
    const bool removes = c.asked.method == "DELETE";
    if (!removes && c.asked.method != "PUT" && c.asked.method != "PATCH")
    {
        return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
    }
    if (!allowed(c.who, what, action::put_acl))
    {
        return forbidden(name + (removes ? " deletion" : " Update"));
    }
    if (removes)
    {
        what.access = {};
        return ok(200, nullptr);
    }
    const auto body = json::parse(c.asked.body, nullptr, false);
    if (body.is_discarded() || !body.is_object() || !body.contains("read") || !body["read"].is_object())
    {
        return error(400, "Malformed JSON");
    }
    const auto& read = body["read"];
    const bool keeps = c.asked.method == "PATCH";
    store_.set_access(
        what,
        read.value("project-access", keeps ? what.access.project_access : true),
        read.value("users", keeps ? what.access.users : std::vector<std::string>())
    );
    return ok(200, {{"acl_ref", ref_of(what) + "/acl"}});
}

template reply barbican::access<secret>(const call&, secret&, const std::string&);

}  // namespace cloudsim
