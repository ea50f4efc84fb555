#include "fakes/cloud/fake_bycloud.hpp"

#include "support/rfc3339.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace test {

std::string numbered_id(int group, int number)
{
    char text[37] = {};
    (void
    )std::snprintf(text, sizeof text, "00000000-0000-4000-%04x-%012x", group, static_cast<unsigned>(number));
    return text;
}

namespace {

net::http_response json_answer(int status, const nlohmann::json& body)
{
    return {status, {{"Content-Type", "application/json"}}, body.dump()};
}

net::http_response fault(int status, const std::string& message)
{
    return json_answer(
        status, {{"error", {{"code", status}, {"message", message}, {"request_id", "req-1"}}}}
    );
}

bool is_id(std::string_view text)
{
    return text.size() == 36;
}

}  // namespace

std::string fake_bycloud::new_id()
{
    return numbered_id(0x8000, ++ids_);
}

std::string fake_bycloud::now_text() const
{
    return support::format_rfc3339(clock_.wall());
}

std::string fake_bycloud::add_certificate(const std::string& status)
{
    const std::string id = new_id();
    certificates_[id] = {
        {"id", id},
        {"crn", "crn:sao1:certificate:certificate:" + id},
        {"name", "c" + id},
        {"type", "acme"},
        {"domains", {"shop.example"}},
        {"status", status},
        {"expires_at", "2027-02-22T00:00:00Z"},
        {"renew_after", nullptr},
        {"error_message", nullptr},
        {"created_at", now_text()},
        {"updated_at", now_text()},
        {"dns_setup",
         {{"records",
           {{{"record_name", "_acme-challenge.shop.example"},
             {"record_type", "CNAME"},
             {"record_value", "shop.example.acme.bycloud.io"}}}},
          {"instructions", ""}}},
        {"bindings", json::array()}
    };
    return id;
}

fake_bycloud::json* fake_bycloud::binding(const std::string& certificate, const std::string& listener)
{
    let_time_pass();
    const auto it = certificates_.find(certificate);
    if (it == certificates_.end())
    {
        return nullptr;
    }
    for (json& each : it->second["bindings"])
    {
        if (each["resource_id"] == listener)
        {
            return &each;
        }
    }
    return nullptr;
}

std::size_t fake_bycloud::bindings() const
{
    std::size_t counted = 0;
    for (const auto& [id, certificate] : certificates_)
    {
        counted += certificate["bindings"].size();
    }
    return counted;
}

std::size_t fake_bycloud::count(const std::string& method) const
{
    return static_cast<std::size_t>(std::ranges::count_if(requests, [&](const record& each) {
        return each.line.starts_with(method + " ");
    }));
}

std::size_t fake_bycloud::refused() const
{
    return static_cast<std::size_t>(std::ranges::count(requests, 429, &record::status));
}

void fake_bycloud::let_time_pass()
{
    for (auto& [id, certificate] : certificates_)
    {
        for (json& each : certificate["bindings"])
        {
            const auto due = active_at_.find(each["id"].get<std::string>());
            if (each["status"] == "pending" && due != active_at_.end() && due->second <= clock_.now())
            {
                each["status"] = "active";
                each["updated_at"] = now_text();
            }
        }
    }
}

bool fake_bycloud::admits()
{
    bool admitted = true;
    for (auto [of, limit] : {std::pair(&minute_, minute_limit), std::pair(&hour_, hour_limit)})
    {
        if (clock_.now() >= of->ends)
        {
            of->ends = clock_.now() + of->length;
            of->used = 0;
        }
        admitted = admitted && of->used < limit;
    }
    minute_.used += admitted ? 1 : 0;
    hour_.used += admitted ? 1 : 0;
    return admitted;
}

net::http_response fake_bycloud::create(const std::string& certificate, const json& body)
{
    json& of = certificates_.at(certificate);
    if (of["status"] != "active")
    {
        return fault(409, "certificate is not active");
    }
    const auto listener = body.at("resource_id").get<std::string>();
    for (const auto& [id, each] : certificates_)
    {
        for (const json& bound : each["bindings"])
        {
            const bool is_default = body["options"]["sni"] == false && bound["options"]["sni"] == false;
            if (bound["resource_id"] == listener && (id == certificate || (one_default && is_default)))
            {
                return fault(409, "binding already exists");
            }
        }
    }
    const std::string id = new_id();
    const json bound{
        {"id", id},
        {"crn", "crn:sao1:certificate:binding:" + id},
        {"certificate_id", certificate},
        {"resource_type", body.at("resource_type")},
        {"resource_id", listener},
        {"options", body.at("options")},
        {"status", first_status},
        {"error_message", ""},
        {"created_at", now_text()},
        {"updated_at", now_text()}
    };
    of["bindings"].push_back(bound);
    active_at_[id] = clock_.now() + pending_for;
    return json_answer(201, {{"binding", bound}});
}

net::http_response fake_bycloud::remove(const std::string& certificate, const std::string& id)
{
    if (!knows_delete)
    {
        return {405, {}, ""};
    }
    json& bindings = certificates_.at(certificate)["bindings"];
    for (auto it = bindings.begin(); it != bindings.end(); ++it)
    {
        if ((*it)["id"] == id)
        {
            bindings.erase(it);
            return {204, {}, ""};
        }
    }
    return fault(404, "no such binding");
}

net::http_response fake_bycloud::answer(const net::http_request& request)
{
    constexpr std::string_view prefix = "/v1/certificates/";
    if (net::find_header(request.headers, "X-Region") != "sao1")
    {
        return fault(400, "X-Region is missing");
    }
    if (net::find_header(request.headers, "X-Api-Key") != "AKIA1:hush")
    {
        return fault(401, "invalid credentials");
    }
    std::string_view path = request.target;
    if (!path.starts_with(prefix))
    {
        return fault(404, "no such path");
    }
    path.remove_prefix(prefix.size());
    const std::string id(path.substr(0, path.find('/')));
    const std::string rest(path.substr(std::min(path.size(), id.size())));
    if (!certificates_.contains(id))
    {
        return fault(404, "certificate not found");
    }
    if (request.method == "GET" && rest.empty())
    {
        return json_answer(200, {{"certificate", certificates_.at(id)}});
    }
    if (request.method == "POST" && rest == "/bindings")
    {
        return create(id, json::parse(request.body));
    }
    if (request.method == "DELETE" && rest.starts_with("/bindings/") && is_id(rest.substr(10)))
    {
        return remove(id, rest.substr(10));
    }
    return fault(404, "no such path");
}

support::task<fake_bycloud::reply> fake_bycloud::send(net::http_request request)
{
    co_await clock_.sleep_for(takes / 2);
    let_time_pass();
    const std::size_t at = requests.size();
    requests.push_back({clock_.now(), request.method + " " + request.target});
    std::optional<reply> replaced = before ? before(request) : std::nullopt;
    if (!replaced)
    {
        const bool admitted = admits();
        net::http_response answered = admitted ? answer(request) : fault(429, "rate limit exceeded");
        const auto reset = std::chrono::ceil<std::chrono::seconds>(minute_.ends - clock_.now());
        answered.headers.push_back({"X-RateLimit-Limit", std::to_string(minute_limit)});
        answered.headers.push_back({"X-RateLimit-Remaining", std::to_string(minute_limit - minute_.used)});
        answered.headers.push_back(
            {"X-RateLimit-Reset", std::to_string((clock_.wall() + reset).time_since_epoch().count())}
        );
        if (!admitted)
        {
            answered.headers.push_back({"Retry-After", "30"});
        }
        requests[at].status = answered.status;
        replaced = after ? after(request) : std::nullopt;
        replaced = replaced ? replaced : std::optional<reply>(std::move(answered));
    }
    co_await clock_.sleep_for(takes / 2);
    co_return std::move(*replaced);
}

support::task<support::result<std::unique_ptr<net::http_stream>>> fake_bycloud::open(net::http_request)
{
    co_return support::fail(support::errc::invalid, "there are no streams here");
}

}  // namespace test
