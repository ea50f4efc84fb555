#include "api/answers.hpp"

#include "api/bindings.hpp"
#include "api/http_status.hpp"
#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace api {
namespace {

using binding::certificate_binding;
using binding::condition_type;
using binding::reason;
using json = nlohmann::ordered_json;

net::page json_page(int status, const json& content)
{
    net::page page;
    page.status = status;
    page.content_type = "application/json";
    page.body = content.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    return page;
}

std::string crn(const certificate_binding& object, std::string_view kind, const support::uuid& id)
{
    return "crn:" + object.spec.region.str() + ":certificate:" + std::string(kind) + ":" + id.str();
}

json binding_json(const certificate_binding& object)
{
    const auto& status = object.status;
    const bool seen = status.state != binding::state::unset;
    const auto state = seen ? status.state : binding::state::pending;
    const bool deleting = object.deleting;
    const auto& given = status.given;
    const auto created = given.empty() ? object.created : given->created_at;
    return {
        {"id", id_of(object).str()},
        {"crn", given.empty() ? crn(object, "binding", object.uid) : given->crn},
        {"certificate_id", object.spec.certificate_id.str()},
        {"resource_type", "octavia:listener"},
        {"resource_id", object.spec.resource_id.str()},
        {"options", {{"sni", object.spec.sni}}},
        {"status", name_of(deleting ? binding::state::deleting : state)},
        {"error_message", status.error_message.view()},
        {"created_at", support::format_rfc3339(created)},
        {"updated_at", support::format_rfc3339(std::max(status.updated_at, created))},
    };
}

json meta_json(std::span<const support::uuid> sorted, const part& shown, std::size_t limit)
{
    const std::size_t end = shown.first + shown.count;
    return {
        {"total", sorted.size()},
        {"limit", limit},
        {"marker", shown.count == 0 ? json(nullptr) : json(sorted[end - 1].str())},
        {"has_more", end < sorted.size()},
    };
}

// The binding whose status tells most recently of its certificate.
const certificate_binding& newest(const std::vector<const certificate_binding*>& bindings)
{
    const auto rank = [](const certificate_binding* object) {
        const bool describes = object->status.certificate.id == object->spec.certificate_id;
        return std::pair(describes, object->status.updated_at);
    };
    return **std::ranges::max_element(bindings, {}, rank);
}

// The status that the cloud gave a certificate which is not active: a word of the API (ByCloud has the same),
// or one of Barbican's.
std::string_view inactive_status(std::string_view of_cloud)
{
    constexpr std::array<std::string_view, 4> words{"pending_dns", "expired", "error", "revoked"};
    const auto* const same = std::ranges::find(words, of_cloud);
    if (same != words.end())
    {
        return *same;
    }
    return of_cloud == "ERROR" ? "error" : "pending_issuance";
}

// One of the API's six statuses.
std::string_view certificate_status(const certificate_binding& object)
{
    switch (object.status[condition_type::certificate_active].reason)
    {
        case reason::certificate_active:
            return "active";
        case reason::certificate_expired:
            return "expired";
        case reason::certificate_not_found:
        case reason::certificate_access_denied:
            return "error";
        default:
            break;
    }
    const auto& summary = object.status.certificate;
    return inactive_status(summary.id == object.spec.certificate_id ? summary.status.view() : "");
}

json certificate_json(const std::vector<const certificate_binding*>& bindings)
{
    const certificate_binding& object = newest(bindings);
    const support::uuid& id = object.spec.certificate_id;
    const auto status = certificate_status(object);
    const auto& summary = object.status.certificate;
    const bool describes = summary.id == id && summary.expires_at.has_value();
    const auto& condition = object.status[condition_type::certificate_active];
    return {
        {"id", id.str()},
        {"crn", crn(object, "certificate", id)},
        {"status", status},
        {"expires_at", describes ? json(support::format_rfc3339(*summary.expires_at)) : json(nullptr)},
        {"error_message", status == "active" ? "" : condition.message.view()},
    };
}

}  // namespace

net::page binding_page(int status, const certificate_binding& object)
{
    return json_page(status, {{"binding", binding_json(object)}});
}

part part_of(
    std::span<const support::uuid> sorted, const std::optional<support::uuid>& marker, std::size_t limit
)
{
    const auto begin = marker ? std::ranges::upper_bound(sorted, *marker) : sorted.begin();
    const auto first = static_cast<std::size_t>(begin - sorted.begin());
    return {first, std::min(limit, sorted.size() - first)};
}

net::page bindings_page(
    const std::vector<certificate_binding>& all, const std::optional<support::uuid>& marker, std::size_t limit
)
{
    std::vector<support::uuid> ids;
    for (const auto& object : all)
    {
        ids.push_back(id_of(object));
    }
    const part shown = part_of(ids, marker, limit);
    json list = json::array();
    for (const auto& object : std::span(all).subspan(shown.first, shown.count))
    {
        list.push_back(binding_json(object));
    }
    return json_page(http::ok, {{"bindings", std::move(list)}, {"meta", meta_json(ids, shown, limit)}});
}

net::page certificate_page(const std::vector<certificate_binding>& bindings, std::size_t most)
{
    std::vector<const certificate_binding*> all;
    json list = json::array();
    for (const auto& object : bindings)
    {
        all.push_back(&object);
    }
    for (const auto& object : std::span(bindings).first(std::min(most, bindings.size())))
    {
        list.push_back(binding_json(object));
    }
    json certificate = certificate_json(all);
    certificate["bindings"] = std::move(list);
    return json_page(http::ok, {{"certificate", std::move(certificate)}});
}

net::page certificates_page(
    const std::vector<certificate_binding>& bindings,
    const std::optional<support::uuid>& marker,
    std::size_t limit
)
{
    std::map<support::uuid, std::vector<const certificate_binding*>> by_certificate;
    for (const auto& object : bindings)
    {
        by_certificate[object.spec.certificate_id].push_back(&object);
    }
    std::vector<support::uuid> ids;
    for (const auto& [id, users] : by_certificate)
    {
        ids.push_back(id);
    }
    const part shown = part_of(ids, marker, limit);
    json list = json::array();
    for (const auto& id : std::span(ids).subspan(shown.first, shown.count))
    {
        list.push_back(certificate_json(by_certificate.at(id)));
    }
    return json_page(http::ok, {{"certificates", std::move(list)}, {"meta", meta_json(ids, shown, limit)}});
}

net::page failure_page(const failure& why, const std::string& request_id)
{
    net::page page = json_page(
        why.status,
        {{"error",
          {{"code", why.status},
           {"message", why.message},
           {"details", why.details},
           {"request_id", request_id}}}}
    );
    page.headers = why.headers;
    return page;
}

}  // namespace api
