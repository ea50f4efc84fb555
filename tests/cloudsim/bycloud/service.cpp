// ByCloud: the way of a request to its route, and the form of refusals.
#include "cloudsim/bycloud/service.hpp"

#include <array>
#include <stdexcept>

namespace cloudsim::bycloud {

namespace {

constexpr auto error_text = "text/plain; charset=utf-8";

// The router's own refusals, which are no JSON.
reply no_route()
{
    return make_reply(404, "404 page not found\n", error_text, {});
}

reply no_method(const std::string& allowed)
{
    return make_reply(405, "Method Not Allowed\n", error_text, {{"Allow", allowed}});
}

std::int64_t whole_seconds(duration span)
{
    return std::chrono::ceil<std::chrono::seconds>(span).count();
}

reply too_many(const settings& config, const verdict& refused)
{
    const auto given = config.bycloud_retry_after;
    const auto seconds = std::to_string(whole_seconds(given > duration::zero() ? given : refused.wait));
    const json body = {
        {"error",
         {{"code", 429},
          {"message", "Rate limit exceeded"},
          {"details", "Too many requests. Retry after " + seconds + " seconds."}}}
    };
    return json_reply(429, body, {{"Retry-After", seconds}});
}

void must_be_one_of(
    const std::vector<std::string>& known, const std::string& text, const std::string& setting
)
{
    if (!contains(known, text))
    {
        throw std::invalid_argument(setting + " cannot be " + text);
    }
}

bool is_reading(const request& asked)
{
    return asked.method == "GET";
}

}  // namespace

void must_be_known(const settings& config)
{
    limits_of(config.bycloud_tier);
    must_be_one_of({"fixed", "sliding"}, config.bycloud_window, "bycloud_window");
    must_be_one_of({"minute", "hour", "nearest"}, config.bycloud_rate_headers, "bycloud_rate_headers");
    must_be_one_of(
        {"served", "no_route", "not_allowed", "not_implemented"}, config.bycloud_unbind, "bycloud_unbind"
    );
}

handling service::handle(const request& asked)
{
    const auto* who = credentials_.authenticate(asked, env_.now.wall);
    if (who == nullptr)
    {
        auto refused = problem(401, "Unauthorized", "The credentials are missing or invalid.");
        std::ranges::move(
            rate_limiter::headers_of_nobody(env_.config, env_.now), std::back_inserter(refused.headers)
        );
        return at_once(std::move(refused), env_.config.latency);
    }
    const auto admitted = limiter_.admit(*who, env_.config, env_.now);
    const call c{.asked = asked, .url = parse_target(asked.target), .who = *who};
    return {.work = env_.config.latency, .effect = [this, c, admitted] {
                auto result = admitted.admitted ? answer(c) : too_many(env_.config, admitted);
                result.headers.insert(result.headers.end(), admitted.headers.begin(), admitted.headers.end());
                return result;
            }};
}

reply service::answer(const call& c)
{
    const auto region = find_header(c.asked.headers, "X-Region").value_or("");
    if (region.empty())
    {
        return problem(400, "Bad Request", "The header X-Region is required.");
    }
    if (!contains(regions_, region))
    {
        return problem(400, "Bad Request", "There is no region " + std::string(region) + ".");
    }
    auto known = c;
    known.region = region;
    return route(known);
}

reply service::route(const call& c)
{
    const bool collection = c.url.is({"v1", "certificates"});
    const bool of_listener = c.url.is({"v1", "load-balancers", "*", "listeners", "*", "certificates"});
    const bool below =
        c.url.segments.size() > 2 && c.url.segments[0] == "v1" && c.url.segments[1] == "certificates";
    if (!collection && !of_listener && !below)
    {
        return no_route();
    }
    if (c.who.rights == "none" || (c.who.rights == "read" && !is_reading(c.asked)))
    {
        return problem(403, "Forbidden", "The credential lacks the permission for this action.");
    }
    if (below)
    {
        return under_certificate(c);
    }
    if (is_reading(c.asked))
    {
        return collection ? list_certificates(c) : list_of_listener(c);
    }
    if (collection && c.asked.method == "POST")
    {
        return create_certificate(c);
    }
    return no_method(collection ? "GET, POST" : "GET");
}

reply service::under_certificate(const call& c)
{
    struct entry
    {
        std::vector<std::string_view> path;
        std::string_view method;
        reply (service::*act)(const call&);
    };
    static const std::array entries = {
        entry{{"v1", "certificates", "*"}, "GET", &service::get_certificate},
        entry{{"v1", "certificates", "*", "validate"}, "POST", &service::validate},
        entry{{"v1", "certificates", "*", "renew"}, "POST", &service::renew},
        entry{{"v1", "certificates", "*", "bindings"}, "POST", &service::create_binding},
        entry{{"v1", "certificates", "*", "bindings", "*"}, "DELETE", &service::delete_binding},
    };
    for (const auto& [path, method, act] : entries)
    {
        if (!c.url.is(path))
        {
            continue;
        }
        const auto& unbind = env_.config.bycloud_unbind;
        const bool is_unbind = method == "DELETE";
        if (is_unbind && unbind == "no_route")
        {
            return no_route();
        }
        if (is_unbind && unbind == "not_implemented")
        {
            return problem(501, "Not Implemented");
        }
        const bool served = c.asked.method == method && !(is_unbind && unbind == "not_allowed");
        return served ? (this->*act)(c) : no_method(is_unbind ? "" : std::string(method));
    }
    return no_route();
}

reply service::problem(int status, const std::string& message, const std::string& details)
{
    json error = {{"code", status}, {"message", message}, {"request_id", env_.ids.request_id()}};
    if (!details.empty())
    {
        error["details"] = details;
    }
    return json_reply(status, {{"error", error}}, {});
}

reply service::no_certificate(const call& c)
{
    return problem(404, "Certificate not found", "There is no certificate " + c.url.segments[2] + ".");
}

certificate* service::certificate_of(const call& c)
{
    auto* found = data_.find_certificate(c.url.segments[2]);
    const bool visible =
        found != nullptr && found->organization == c.who.organization && found->region == c.region;
    return visible ? found : nullptr;
}

const listener* service::listener_of(const call& c, const std::string& id)
{
    const auto* found = data_.find_listener(id);
    const bool visible =
        found != nullptr && found->organization == c.who.organization && found->region == c.region;
    return visible ? found : nullptr;
}

service::answer_or service::body_of(const call& c, const std::vector<std::string_view>& known)
{
    const auto refuse = [&](const std::string& details) {
        return std::unexpected(problem(400, "Bad Request", details));
    };
    if (!find_header(c.asked.headers, "Content-Type").value_or("").starts_with("application/json"))
    {
        return refuse("The Content-Type must be application/json.");
    }
    auto body = json::parse(c.asked.body, nullptr, false);
    if (!body.is_object())
    {
        return refuse("The body must be a JSON object.");
    }
    for (const auto& member : body.items())
    {
        if (!contains(known, member.key()))
        {
            return refuse("Unknown field: " + member.key());
        }
    }
    return body;
}

}  // namespace cloudsim::bycloud
