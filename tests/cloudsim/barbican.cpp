#include "cloudsim/barbican.hpp"

#include <algorithm>
#include <set>

namespace cloudsim {

namespace {

const std::map<int, std::string> titles = {
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {415, "Unsupported Media Type"},
};

json or_null(const std::optional<std::string>& text)
{
    return text ? json(*text) : json(nullptr);
}

// The media type of a Content-Type, without its parameters.
std::string media_type(const request& asked)
{
    const auto value = find_header(asked.headers, "Content-Type").value_or("");
    auto type = to_lower(value.substr(0, value.find(';')));
    type.erase(std::ranges::find(type, ' '), type.end());
    return type;
}

bool wants_json(const request& asked)
{
    const auto accept = find_header(asked.headers, "Accept");
    return !accept || *accept == "application/json" || *accept == "*/*";
}

// "text/plain; charset=utf-8" and the like are known, "*/*" is not.
std::string known_type(std::string_view text)
{
    const auto type = to_lower(text.substr(0, text.find(';')));
    return type == "text/plain" || type == "application/octet-stream" || type == "application/pkcs8"
               ? type
               : std::string();
}

std::string last_segment(std::string text)
{
    while (text.ends_with('/'))
    {
        text.pop_back();
    }
    return text.substr(text.rfind('/') + 1);
}

std::string text_of(const json& value, const char* member)
{
    return value.contains(member) && value[member].is_string() ? value[member].get<std::string>() : "";
}

std::string mismatch(const std::string& schema, const std::string& reason, const std::string& property)
{
    return "Provided object does not match schema '" + schema + "': " + reason + ". Invalid property: '" +
           property + "'";
}

struct page
{
    std::size_t offset;
    std::size_t limit;
};

page page_of(const target& where)
{
    const auto number = [&](const char* name, std::size_t otherwise) {
        const auto found = where.query.find(name);
        const bool digits = found != where.query.end() && !found->second.empty() &&
                            found->second.size() < 9 &&
                            found->second.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::stoul(found->second) : otherwise;
    };
    return {.offset = number("offset", 0), .limit = std::min<std::size_t>(number("limit", 10), 100)};
}

}  // namespace

handling barbican::handle(const request& asked)
{
    const auto where = parse_target(asked.target);
    if (where.segments.empty())
    {
        auto answer = ok(300, {{"versions", {{"values", json::array({version_document()})}}}});
        return at_once(std::move(answer), env_.config.latency);
    }
    const auto who = tokens_.authenticate(asked, seen_);
    if (!who)
    {
        return at_once(who.error().answer, env_.config.latency + who.error().after);
    }
    return {.work = env_.config.latency, .effect = [this, asked, who = *who] { return answer(asked, who); }};
}

reply barbican::answer(const request& asked, const identity& who)
{
    const call c{.asked = asked, .where = parse_target(asked.target), .who = who};
    const auto& path = c.where.segments;
    if (path.empty() || path[0] != "v1")
    {
        return error(404, "The resource could not be found.");
    }
    if (path.size() == 1)
    {
        return ok(200, {{"version", version_document()}});
    }
    if (path[1] == "secrets")
    {
        return path.size() == 2 ? secrets(c) : one_secret(c);
    }
    if (path[1] == "containers")
    {
        return path.size() == 2 ? containers(c) : one_container(c);
    }
    return error(404, "The resource could not be found.");
}

json barbican::version_document() const
{
    return {
        {"id", "v1"},
        {"status", "stable"},
        {"links",
         json::array(
             {{{"rel", "self"}, {"href", url_ + "/v1/"}},
              {{"rel", "describedby"}, {"type", "text/html"}, {"href", "https://docs.openstack.org/"}}}
         )},
        {"media-types",
         json::array(
             {{{"base", "application/json"}, {"type", "application/vnd.openstack.key-manager-v1+json"}}}
         )}
    };
}

answer_style barbican::style(header_list before)
{
    return {
        .type_first = false,
        .before = std::move(before),
        .after =
            {{"openstack-api-version", "key-manager 1.0"},
             {"vary", "openstack-api-version"},
             {"x-openstack-request-id", env_.ids.request_id()}}
    };
}

reply barbican::ok(int status, const json& body, header_list before)
{
    return json_reply(status, body, style(std::move(before)));
}

reply barbican::no_content()
{
    return make_reply(204, "", "", style());
}

reply barbican::error(int status, const std::string& description)
{
    return ok(status, {{"code", status}, {"title", titles.at(status)}, {"description", description}});
}

reply barbican::forbidden(const std::string& operation)
{
    return error(403, operation + " attempt not allowed - please review your user/project privileges");
}

json barbican::to_json(const secret& what) const
{
    json shown = {
        {"created", iso_time(what.created)},
        {"updated", iso_time(what.updated)},
        {"status", what.status},
        {"name", or_null(what.name)},
        {"secret_type", what.type},
        {"expiration", what.expiration ? json(iso_time(*what.expiration)) : json(nullptr)},
        {"algorithm", what.algorithm},
        {"bit_length", what.bit_length},
        {"mode", what.mode},
        {"creator_id", what.creator_id}
    };
    if (what.payload)
    {
        shown["content_types"] = {{"default", what.content_type}};
    }
    shown["secret_ref"] = ref_of(what);
    return shown;
}

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
        {"name", or_null(what.name)},
        {"type", what.type},
        {"creator_id", what.creator_id},
        {"secret_refs", refs},
        {"consumers", json::array()},
        {"container_ref", ref_of(what)}
    };
}

reply barbican::secrets(const call& c)
{
    if (c.asked.method == "POST")
    {
        return add_secret(c);
    }
    if (c.asked.method != "GET")
    {
        return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
    }
    if (!c.who.has("admin") && !c.who.has("creator") && !c.who.has("observer"))
    {
        return forbidden("Secret(s) retrieval");
    }
    const auto [offset, limit] = page_of(c.where);
    json shown = json::array();
    std::size_t index = 0;
    for (const auto* each : store_.secrets_of(c.who.project_id))
    {
        const auto name = c.where.query.find("name");
        if (name != c.where.query.end() && each->name != name->second)
        {
            continue;
        }
        if (index++ >= offset && shown.size() < limit)
        {
            shown.push_back(to_json(*each));
        }
    }
    json body = {{"secrets", shown}, {"total", index}};
    if (index > offset + limit)
    {
        body["next"] =
            url_ + "/v1/secrets?limit=" + std::to_string(limit) + "&offset=" + std::to_string(offset + limit);
    }
    return ok(200, body);
}

reply barbican::one_secret(const call& c)
{
    const auto& path = c.where.segments;
    if (!is_uuid(path[2]))
    {
        return error(404, "Not Found. Provided secret id is invalid.");
    }
    auto* what = store_.find_secret(path[2]);
    if (what == nullptr)
    {
        return error(404, "Secret not found.");
    }
    if (path.size() == 4 && path[3] == "acl")
    {
        return access(c, *what, "SecretACL(s)");
    }
    if (path.size() == 4 && path[3] == "payload")
    {
        return payload(c, *what, "Secret payload retrieval");
    }
    if (path.size() != 3)
    {
        return error(404, "The resource could not be found.");
    }
    if (c.asked.method == "GET")
    {
        if (!wants_json(c.asked))
        {
            return payload(c, *what, "Secret retrieval");
        }
        return allowed(c.who, *what, action::get) ? ok(200, to_json(*what)) : forbidden("Secret retrieval");
    }
    if (c.asked.method == "PUT")
    {
        return put_payload(c, *what);
    }
    if (c.asked.method == "DELETE")
    {
        if (!allowed(c.who, *what, action::remove))
        {
            return forbidden("Secret deletion");
        }
        store_.remove_secret(what->id);
        return no_content();
    }
    return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
}

reply barbican::payload(const call& c, const secret& what, const std::string& operation)
{
    if (c.asked.method != "GET")
    {
        return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
    }
    if (!allowed(c.who, what, action::decrypt))
    {
        return forbidden(operation);
    }
    if (!what.payload)
    {
        return error(404, "Not Found. Sorry but your secret has no payload.");
    }
    const std::string accept(find_header(c.asked.headers, "Accept").value_or("application/octet-stream"));
    const auto type = known_type(accept);
    // What was stored as text is text; other bytes are only if they happen to be UTF-8, which PKCS12 is not.
    if (type.empty() ||
        (type == "text/plain" && what.content_type != "text/plain" &&
         std::ranges::any_of(*what.payload, [](char b) { return static_cast<signed char>(b) < 0; })))
    {
        return error(406, operation + " issue seen - Wrong payload content-type.");
    }
    return make_reply(200, *what.payload, accept, style());
}

reply barbican::add_secret(const call& c)
{
    if (!c.who.has("admin") && !c.who.has("creator"))
    {
        return forbidden("Secret creation");
    }
    if (media_type(c.asked) != "application/json")
    {
        return error(415, "Unexpected content type. Expected content types are: ['application/json']");
    }
    const auto body = json::parse(c.asked.body, nullptr, false);
    if (body.is_discarded() || !body.is_object())
    {
        return error(400, "Malformed JSON");
    }
    secret wanted;
    wanted.project_id = c.who.project_id;
    wanted.creator_id = c.who.user_id;
    if (body.contains("name") && body["name"].is_string())
    {
        wanted.name = body["name"].get<std::string>();
    }
    wanted.type = text_of(body, "secret_type").empty() ? "opaque" : text_of(body, "secret_type");
    wanted.algorithm = body.value("algorithm", json());
    wanted.bit_length = body.value("bit_length", json());
    wanted.mode = body.value("mode", json());
    if (!text_of(body, "expiration").empty())
    {
        wanted.expiration = parse_time(text_of(body, "expiration"));
        if (!wanted.expiration)
        {
            return error(400, mismatch("Secret", "Invalid date for 'expiration'", "expiration"));
        }
        if (*wanted.expiration <= env_.now.wall)
        {
            return error(400, mismatch("Secret", "'expiration' is before current time", "expiration"));
        }
    }
    const auto given_type = text_of(body, "payload_content_type");
    if (body.contains("payload"))
    {
        const auto text = text_of(body, "payload");
        const auto encoding = text_of(body, "payload_content_encoding");
        wanted.content_type = known_type(given_type);
        if (given_type.empty())
        {
            return error(
                400,
                mismatch(
                    "Secret",
                    "If 'payload' is supplied, 'payload_content_type' must also be supplied.",
                    "payload_content_type"
                )
            );
        }
        if (wanted.content_type.empty())
        {
            return error(
                400,
                mismatch(
                    "Secret",
                    "payload_content_type is not one of ['text/plain', 'text/plain;charset=utf-8', "
                    "'text/plain; "
                    "charset=utf-8', 'application/octet-stream', 'application/pkcs8']",
                    "payload_content_type"
                )
            );
        }
        const bool text_type = wanted.content_type == "text/plain";
        if (encoding != (text_type ? "" : "base64"))
        {
            return error(
                400,
                mismatch(
                    "Secret",
                    std::string("payload_content_encoding is not one of ") +
                        (text_type ? "None" : "['base64', 'binary']"),
                    "payload_content_encoding"
                )
            );
        }
        if (text.empty())
        {
            return error(400, mismatch("Secret", "If 'payload' specified, must be non empty", "payload"));
        }
        wanted.payload = text_type ? text : base64_decode(text);
    }
    else if (!given_type.empty())
    {
        return error(
            400,
            mismatch("Secret", "payload must be provided when payload_content_type is specified", "payload")
        );
    }
    const auto ref = ref_of(store_.add(std::move(wanted)));
    return ok(201, {{"secret_ref", ref}}, {{"Location", ref}});
}

// The second step of a creation in two: the payload follows.
reply barbican::put_payload(const call& c, secret& what)
{
    if (!allowed(c.who, what, action::put))
    {
        return forbidden("Secret update");
    }
    const auto type = known_type(media_type(c.asked));
    if (type.empty())
    {
        return error(
            415,
            "Unexpected content type. Expected content types are: ['application/octet-stream', 'text/plain']"
        );
    }
    if (c.asked.body.empty())
    {
        return error(400, "Secret update issue seen - No data supplied to process..");
    }
    if (what.payload)
    {
        return error(409, "Secret already has data, cannot modify it.");
    }
    const bool encoded = to_lower(find_header(c.asked.headers, "Content-Encoding").value_or("")) == "base64";
    what.payload = encoded ? base64_decode(c.asked.body) : c.asked.body;
    what.content_type = type;
    what.updated = env_.now.wall;
    return no_content();
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
    wanted.type = text_of(body, "type");
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
        const auto ref = text_of(each, "secret_ref");
        if (!ref.starts_with(url_))
        {
            return error(400, "Provided field value is not supported");
        }
        const auto id = last_segment(ref);
        names.insert(text_of(each, "name"));
        const auto* found = store_.find_secret(id);
        if (found == nullptr || found->project_id != c.who.project_id)
        {
            return error(404, "Secret provided for '" + text_of(each, "name") + "' doesn't exist.");
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
    if (!is_uuid(path[2]))
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
        return error(404, "The resource could not be found.");
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

}  // namespace cloudsim
