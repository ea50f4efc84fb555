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

// Barbican knows "text/plain; charset=utf-8" and the like, and not "*/*".
std::string known_type(std::string_view text)
{
    const auto type = to_lower(text.substr(0, text.find(';')));
    return type == "text/plain" || type == "application/octet-stream" || type == "application/pkcs8"
               ? type
               : std::string();
}

}  // namespace

json barbican::to_json(const secret& object) const
{
    json shown = {
        {"created", iso_time(object.created)},
        {"updated", iso_time(object.updated)},
        {"status", object.status},
        {"name", object.name},
        {"secret_type", object.type},
        {"expiration", object.expiration ? json(iso_time(*object.expiration)) : json(nullptr)},
        {"algorithm", nullptr},
        {"bit_length", nullptr},
        {"mode", nullptr},
        {"creator_id", object.creator_id}
    };
    if (object.payload)
    {
        shown["content_types"] = {{"default", object.content_type}};
    }
    shown["secret_ref"] = ref_of(object);
    return shown;
}

reply barbican::one_secret(const call& c)
{
    const auto& path = c.url.segments;
    if (!is_id(path[2]))
    {
        return error(404, "Not Found. Provided secret id is invalid.");
    }
    auto* object = store_.find_secret(path[2]);
    if (object == nullptr)
    {
        return error(404, words().no_secret);
    }
    if (path.size() == 4 && path[3] == "acl")
    {
        return access(c, *object, "SecretACL(s)");
    }
    if (path.size() == 4 && path[3] == "payload")
    {
        return payload(c, *object, "Secret payload retrieval");
    }
    if (path.size() != 3)
    {
        return error(404, "");
    }
    if (c.asked.method == "GET")
    {
        if (!wants_json(c.asked))
        {
            return payload(c, *object, "Secret retrieval");
        }
        return allowed(c.who, *object, action::get) ? ok(200, to_json(*object))
                                                    : forbidden("Secret retrieval");
    }
    if (c.asked.method == "PUT")
    {
        return put_payload(c, *object);
    }
    if (c.asked.method == "DELETE")
    {
        if (!allowed(c.who, *object, action::remove))
        {
            return forbidden("Secret deletion");
        }
        store_.remove_secret(object->id);
        return no_content();
    }
    return not_allowed(c);
}

reply barbican::payload(const call& c, const secret& object, const std::string& operation)
{
    if (c.asked.method != "GET")
    {
        return not_allowed(c);
    }
    if (!allowed(c.who, object, action::decrypt))
    {
        return forbidden(operation);
    }
    if (!object.payload)
    {
        return error(404, "Not Found. Sorry but your secret has no payload.");
    }
    const std::string accept(find_header(c.asked.headers, "Accept").value_or("application/octet-stream"));
    const auto type = accept == "*/*" ? accept : known_type(accept);
    // A payload that was stored as text is text. Other bytes are text if they happen to be UTF-8, which
    // PKCS12 never is.
    if (type.empty() ||
        (type != "application/octet-stream" && object.content_type != "text/plain" &&
         std::ranges::any_of(*object.payload, [](char b) { return static_cast<signed char>(b) < 0; })))
    {
        return error(406, operation + " issue seen - Wrong payload content-type.");
    }
    return make_reply(
        200, *object.payload, type == "text/plain" ? "text/plain; charset=UTF-8" : accept, headers()
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

// The second of the two steps of a creation: the payload follows the secret.
reply barbican::put_payload(const call& c, secret& object)
{
    if (!allowed(c.who, object, action::put))
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
    if (object.payload)
    {
        return error(409, "Secret already has data, cannot modify it.");
    }
    object.payload = c.asked.body;
    object.content_type = type;
    object.updated = env_.now.wall;
    return no_content();
}

}  // namespace cloudsim
