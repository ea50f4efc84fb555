// Barbican: what is asked, and how it answers.
#include "cloudsim/barbican/barbican.hpp"

#include <algorithm>

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

}  // namespace

std::string mismatch(const std::string& schema, const std::string& reason, const std::string& property)
{
    return "Provided object does not match schema '" + schema + "': " + reason + ". Invalid property: '" +
           property + "'";
}

bool is_id(std::string_view text)
{
    return is_uuid(text) && to_lower(text) == text;
}

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

}  // namespace cloudsim
