// ByCloud: the requests for certificates.
#include "cloudsim/bycloud/service.hpp"
#include "cloudsim/support/pki.hpp"

#include <algorithm>
#include <charconv>

namespace cloudsim::bycloud {

namespace {

constexpr std::size_t usual_limit = 20;
constexpr std::size_t largest_limit = 100;
constexpr auto lifetime = std::chrono::days(90);
constexpr auto renewed_before = std::chrono::days(30);

// A certificate that was just issued by ACME.
void set_issued(certificate& issued, wall_time now)
{
    issued.status = "active";
    issued.error_message = std::nullopt;
    issued.expires_at = now + lifetime;
    issued.renew_after = now + lifetime - renewed_before;
}

bool are_names(const json& domains)
{
    return domains.is_array() && !domains.empty() && std::ranges::all_of(domains, [](const json& domain) {
               return domain.is_string() && !domain.get<std::string>().empty();
           });
}

// The certificate that the body asks for; the error is what is wrong with the body.
std::expected<certificate, std::string> order_of(const json& body, wall_time now)
{
    certificate wanted{.name = member_text(body, "name"), .type = member_text(body, "type")};
    if (wanted.name.empty())
    {
        return std::unexpected("name is required and must be a string.");
    }
    if (wanted.type == "acme")
    {
        if (!are_names(body.value("domains", json())))
        {
            return std::unexpected("domains must be an array of names for the type acme.");
        }
        wanted.domains = body["domains"].get<std::vector<std::string>>();
        wanted.status = "pending_dns";
        return wanted;
    }
    if (wanted.type != "uploaded")
    {
        return std::unexpected("type is required and must be one of: acme, uploaded.");
    }
    const auto read = read_pem(
        member_text(body, "certificate"), member_text(body, "private_key"), "", member_text(body, "chain")
    );
    if (!read)
    {
        return std::unexpected("certificate and private_key are required and must be PEM that fits together."
        );
    }
    wanted.domains = read->names;
    wanted.expires_at = read->not_after;
    wanted.status = read->not_after <= now ? "expired" : "active";
    return wanted;
}

}  // namespace

std::expected<service::page, reply> service::page_of(
    const call& c, const std::vector<std::string_view>& filters
)
{
    const auto refuse = [&](const std::string& details) {
        return std::unexpected(problem(400, "Bad Request", details));
    };
    page result{.limit = usual_limit};
    for (const auto& [name, value] : c.url.query)
    {
        if (name == "limit")
        {
            const auto* end = value.data() + value.size();
            const auto [last, failed] = std::from_chars(value.data(), end, result.limit);
            if (failed != std::errc() || last != end || result.limit == 0)
            {
                return refuse("limit must be a positive number.");
            }
            result.limit = std::min(result.limit, largest_limit);
        }
        else if (name == "marker" && is_uuid(value))
        {
            result.marker = to_lower(value);
        }
        else if (name == "status" && contains(filters, name) && contains(certificate_statuses, value))
        {
            result.status = value;
        }
        else
        {
            return refuse("Invalid query parameter: " + name);
        }
    }
    return result;
}

reply service::page_reply(const page& wanted, const std::vector<const certificate*>& all)
{
    auto first = all.begin();
    if (!wanted.marker.empty())
    {
        first = std::ranges::find(all, wanted.marker, [](const certificate* each) { return each->id; });
        if (first == all.end())
        {
            return problem(400, "Bad Request", "marker is the id of no listed certificate.");
        }
        ++first;
    }
    const auto left = static_cast<std::size_t>(all.end() - first);
    const auto count = std::min(left, wanted.limit);
    auto listed = json::array();
    for (std::size_t i = 0; i < count; ++i)
    {
        listed.push_back(to_json(*first[static_cast<std::ptrdiff_t>(i)]));
    }
    const json meta = {
        {"total", all.size()},
        {"limit", wanted.limit},
        {"marker", listed.empty() ? json(nullptr) : listed.back()["id"]},
        {"has_more", count < left}
    };
    return ok(200, {{"certificates", listed}, {"meta", meta}});
}

reply service::list_certificates(const call& c)
{
    const auto wanted = page_of(c, {"status"});
    if (!wanted)
    {
        return wanted.error();
    }
    std::vector<const certificate*> listed;
    for (const auto& each : data_.certificates())
    {
        if (each.organization == c.who.organization && each.region == c.region &&
            (wanted->status.empty() || each.status == wanted->status))
        {
            listed.push_back(&each);
        }
    }
    return page_reply(*wanted, listed);
}

reply service::get_certificate(const call& c)
{
    const auto* shown = certificate_of(c);
    return shown == nullptr ? no_certificate(c)
                            : ok(200, {{"certificate", to_json(*shown, data_.bindings_of(shown->id))}});
}

reply service::create_certificate(const call& c)
{
    const auto body = body_of(c, {"name", "type", "domains", "certificate", "private_key", "chain"});
    if (!body)
    {
        return body.error();
    }
    auto wanted = order_of(*body, env_.now.wall);
    if (!wanted)
    {
        return problem(400, "Bad Request", wanted.error());
    }
    wanted->organization = c.who.organization;
    wanted->region = c.region;
    const bool exists = std::ranges::any_of(data_.certificates(), [&](const certificate& other) {
        return other.name == wanted->name && other.organization == wanted->organization &&
               other.region == wanted->region;
    });
    if (exists)
    {
        return problem(409, "Certificate already exists", "There is a certificate " + wanted->name + ".");
    }
    return ok(201, {{"certificate", to_json(data_.add(std::move(*wanted), "post"), {})}});
}

reply service::validate(const call& c)
{
    auto* checked = certificate_of(c);
    if (checked == nullptr)
    {
        return no_certificate(c);
    }
    if (checked->type != "acme" || checked->status != "pending_dns")
    {
        return problem(409, "Certificate is not in pending_dns");
    }
    if (!env_.config.bycloud_dns_ready)
    {
        return problem(400, "DNS records are not configured correctly");
    }
    checked->status = "pending_issuance";
    data_.changed(*checked, "post");
    const auto id = checked->id;
    if (env_.config.bycloud_issuance == duration::zero())
    {
        issue(id);
    }
    else
    {
        env_.later.add(env_.now.monotonic + env_.config.bycloud_issuance, [this, id] { issue(id); });
    }
    return ok(200, {{"certificate", to_json(*checked)}});
}

void service::issue(const std::string& id)
{
    auto* issued = data_.find_certificate(id);
    if (issued == nullptr || issued->status != "pending_issuance")
    {
        return;
    }
    const auto& failure = env_.config.bycloud_issuance_error;
    if (failure.empty())
    {
        set_issued(*issued, env_.now.wall);
    }
    else
    {
        issued->status = "error";
        issued->error_message = failure;
    }
    data_.changed(*issued, "worker");
}

reply service::renew(const call& c)
{
    auto* renewed = certificate_of(c);
    if (renewed == nullptr)
    {
        return no_certificate(c);
    }
    if (renewed->type != "acme" || renewed->status != "active")
    {
        return problem(409, "Certificate is not an active ACME certificate");
    }
    set_issued(*renewed, env_.now.wall);
    data_.changed(*renewed, "post");
    return ok(200, {{"certificate", to_json(*renewed)}});
}

}  // namespace cloudsim::bycloud
