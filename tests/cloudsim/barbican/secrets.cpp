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
        {"name", text_or_null(what.name)},
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
    const auto type = accept == "*/*" ? accept : known_type(accept);
    // What was stored as text is text; other bytes are only if they happen to be UTF-8, which PKCS12 is not.
    if (type.empty() ||
        (type != "application/octet-stream" && what.content_type != "text/plain" &&
         std::ranges::any_of(*what.payload, [](char b) { return static_cast<signed char>(b) < 0; })))
    {
        return error(406, operation + " issue seen - Wrong payload content-type.");
    }
    return make_reply(
        200, *what.payload, type == "text/plain" ? "text/plain; charset=UTF-8" : accept, style()
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
    if (body.contains("name") && body["name"].is_string())
    {
        wanted.name = body["name"].get<std::string>();
    }
    wanted.type = member_text(body, "secret_type").empty() ? "opaque" : member_text(body, "secret_type");
    wanted.algorithm = body.value("algorithm", json());
    wanted.bit_length = body.value("bit_length", json());
    wanted.mode = body.value("mode", json());
    if (!member_text(body, "expiration").empty())
    {
        wanted.expiration = parse_time(member_text(body, "expiration"));
        if (!wanted.expiration)
        {
            return error(400, mismatch("Secret", "Invalid date for 'expiration'", "expiration"));
        }
        if (*wanted.expiration <= env_.now.wall)
        {
            return error(400, mismatch("Secret", "'expiration' is before current time", "expiration"));
        }
    }
    const auto given_type = member_text(body, "payload_content_type");
    if (body.contains("payload"))
    {
        const auto text = member_text(body, "payload");
        const auto encoding = member_text(body, "payload_content_encoding");
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

}  // namespace cloudsim
