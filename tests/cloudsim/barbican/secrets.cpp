// Barbican: secrets and their payloads.
#include "cloudsim/barbican/barbican.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

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

}  // namespace

json barbican::to_json(const secret& what) const
{
    json shown = {
        {"created", iso_time(what.created)},
        {"updated", iso_time(what.updated)},
        {"status", what.status},
        {"name", what.name},
        {"secret_type", what.type},
        {"expiration", what.expiration ? json(iso_time(*what.expiration)) : json(nullptr)},
        {"algorithm", nullptr},
        {"bit_length", nullptr},
        {"mode", nullptr},
        {"creator_id", what.creator_id}
    };
    if (what.payload)
    {
        shown["content_types"] = {{"default", what.content_type}};
    }
    shown["secret_ref"] = ref_of(what);
    return shown;
}

reply barbican::one_secret(const call& c)
{
    const auto& path = c.where.segments;
    if (!is_id(path[2]))
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
        return error(404, "");
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
    return not_allowed(c);
}

reply barbican::payload(const call& c, const secret& what, const std::string& operation)
{
    if (c.asked.method != "GET")
    {
        return not_allowed(c);
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
    const auto type = accept == "*/*" ? accept : known_type(accept);
    // What was stored as text is text; other bytes are only if they happen to be UTF-8, which PKCS12 is not.
    if (type.empty() ||
        (type != "application/octet-stream" && what.content_type != "text/plain" &&
         std::ranges::any_of(*what.payload, [](char b) { return static_cast<signed char>(b) < 0; })))
    {
        return error(406, operation + " issue seen - Wrong payload content-type.");
    }
    return make_reply(
        200, *what.payload, type == "text/plain" ? "text/plain; charset=UTF-8" : accept, headers()
    );
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
    wanted.name = member_text(body, "name");
    wanted.type = member_text(body, "secret_type").empty() ? "opaque" : member_text(body, "secret_type");
    wanted.expiration = parse_time(member_text(body, "expiration"));
    wanted.content_type = known_type(member_text(body, "payload_content_type"));
    const bool text = wanted.content_type == "text/plain";
    const auto payload = member_text(body, "payload");
    if (body.contains("payload"))
    {
        wanted.payload = text ? payload : base64_decode(payload);
    }
    const auto encoding = member_text(body, "payload_content_encoding");
    const bool payload_fits =
        wanted.payload
            ? !payload.empty() && !wanted.content_type.empty() && encoding == (text ? "" : "base64")
            : !body.contains("payload") && !body.contains("payload_content_type");
    const bool expiration_fits =
        body.contains("expiration") ? wanted.expiration && *wanted.expiration > env_.now.wall : true;
    if (!payload_fits || !expiration_fits)
    {
        return error(400, "Provided object does not match schema 'Secret'");
    }
    return created("secret_ref", ref_of(store_.add(std::move(wanted))));
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
    what.payload = c.asked.body;
    what.content_type = type;
    what.updated = env_.now.wall;
    return no_content();
}

}  // namespace cloudsim
