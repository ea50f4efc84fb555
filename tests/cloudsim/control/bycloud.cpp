#include "cloudsim/control/bycloud.hpp"

#include "cloudsim/cloud/parts.hpp"

#include <stdexcept>

namespace cloudsim {

namespace {

template <class T>
T& known(T* object, const std::string& kind, const std::string& id)
{
    if (object == nullptr)
    {
        throw std::invalid_argument("ByCloud has no " + kind + " " + id);
    }
    return *object;
}

void must_have(bool removed, const std::string& kind, const std::string& id)
{
    if (!removed)
    {
        throw std::invalid_argument("ByCloud has no " + kind + " " + id);
    }
}

template <class Known>
const std::string& one_of(const Known& values, const std::string& text)
{
    if (!contains(values, text))
    {
        throw std::invalid_argument("ByCloud knows no " + text);
    }
    return text;
}

const std::vector<std::string> binding_statuses = {"active", "pending", "error"};

// The path without its query, and with * for ids.
std::string pattern_of(const std::string& path)
{
    std::string result;
    for (const auto& segment : parse_target(path).segments)
    {
        result += "/" + (is_uuid(segment) ? "*" : segment);
    }
    return result;
}

}  // namespace

bycloud::service& bycloud_control::service() const
{
    return cloud_.parts(now_()).certificates;
}

std::string bycloud_control::region_of(const std::string& name) const
{
    return cloud_.parts(now_()).find_region(name).name;
}

bycloud_control::credential bycloud_control::add_credential(const credential_order& wanted) const
{
    if (!wanted.tier.empty())
    {
        bycloud::limits_of(wanted.tier);  // throws for an unknown tier
    }
    auto& ids = cloud_.parts(now_()).env.ids;
    const auto given_or_new = [&](const std::string& given, const char* prefix) {
        constexpr std::size_t digits = 24;
        return given.empty() ? prefix + ids.hex(digits) : given;
    };
    const auto& added = service().credentials().add(
        {.id = given_or_new(wanted.id, "AKIA"),
         .secret = given_or_new(wanted.secret, ""),
         .token = given_or_new(wanted.token, "token-"),
         .organization = wanted.organization,
         .rights = one_of(std::vector<std::string>{"all", "read", "none"}, wanted.rights),
         .expires_at = wanted.expires_at,
         .tier = wanted.tier}
    );
    return {
        .id = added.id, .secret = added.secret, .token = added.token, .api_key = added.id + ":" + added.secret
    };
}

void bycloud_control::remove_credential(const std::string& id) const
{
    must_have(service().credentials().remove(id), "credential", id);
}

std::string bycloud_control::add_certificate(const certificate_order& wanted) const
{
    constexpr auto lifetime = std::chrono::days(90);
    constexpr std::size_t digits = 8;
    const bool active = wanted.status == "active" && !wanted.expires_at;
    return service()
        .data()
        .add(
            bycloud::certificate{
                .id = wanted.id,
                .organization = wanted.organization,
                .region = region_of(wanted.region),
                .name = wanted.name.empty() ? "certificate-" + cloud_.parts(now_()).env.ids.hex(digits)
                                            : wanted.name,
                .type = one_of(std::vector<std::string>{"uploaded", "acme"}, wanted.type),
                .domains = wanted.domains,
                .status = one_of(bycloud::certificate_statuses, wanted.status),
                .expires_at = active ? wall() + lifetime : wanted.expires_at,
                .error_message = wanted.error_message
            },
            "control"
        )
        .id;
}

void bycloud_control::set_certificate(const std::string& id, const certificate_change& change) const
{
    auto& data = service().data();
    auto& changed = known(data.find_certificate(id), "certificate", id);
    changed.status = one_of(bycloud::certificate_statuses, change.status.value_or(changed.status));
    changed.error_message = change.error_message ? change.error_message : changed.error_message;
    changed.expires_at = change.expires_at ? change.expires_at : changed.expires_at;
    data.changed(changed, "control");
}

void bycloud_control::remove_certificate(const std::string& id) const
{
    must_have(service().data().remove_certificate(id), "certificate", id);
}

json bycloud_control::show_certificate(const std::string& id) const
{
    auto& data = service().data();
    return bycloud::to_json(known(data.find_certificate(id), "certificate", id), data.bindings_of(id));
}

bycloud_control::listener bycloud_control::add_listener(const listener_order& wanted) const
{
    const auto& balancer =
        wanted.load_balancer.empty() ? cloud_.parts(now_()).env.ids.uuid() : wanted.load_balancer;
    const auto& added = service().data().add(bycloud::listener{
        .id = wanted.id,
        .load_balancer_id = to_lower(balancer),
        .organization = wanted.organization,
        .region = region_of(wanted.region)
    });
    return {.id = added.id, .load_balancer = added.load_balancer_id};
}

void bycloud_control::remove_listener(const std::string& id) const
{
    must_have(service().data().remove_listener(id), "listener", id);
}

bycloud_control::tls_answer bycloud_control::tls(const std::string& listener, const std::string& server_name)
    const
{
    const auto& data = service().data();
    known(data.find_listener(listener), "listener", listener);
    const auto served = data.served_for(listener, server_name);
    return served ? tls_answer{.certificate = served->certificate_id, .source = served->slot}
                  : tls_answer{.certificate = std::nullopt, .source = "none"};
}

std::string bycloud_control::add_binding(const binding_order& wanted) const
{
    auto& data = service().data();
    const auto& bound = known(data.find_certificate(wanted.certificate), "certificate", wanted.certificate);
    const auto& on = known(data.find_listener(wanted.listener), "listener", wanted.listener);
    return data
        .add(
            bycloud::binding{
                .certificate_id = bound.id,
                .region = bound.region,
                .resource_id = on.id,
                .sni = wanted.sni,
                .status = one_of(binding_statuses, wanted.status),
                .error_message = wanted.error_message
            },
            "control"
        )
        .id;
}

void bycloud_control::set_binding(const std::string& id, const binding_change& change) const
{
    auto& data = service().data();
    auto& changed = known(data.find_binding(id), "binding", id);
    changed.status = change.status;
    changed.error_message = change.error_message;
    data.changed(changed, "control");
}

void bycloud_control::remove_binding(const std::string& id) const
{
    must_have(service().data().remove_binding(id, "control"), "binding", id);
}

std::vector<json> bycloud_control::bindings(const std::string& listener) const
{
    std::vector<json> result;
    for (const auto* bound : service().data().bindings_on(listener))
    {
        result.push_back(bycloud::to_json(*bound));
    }
    return result;
}

bycloud_control::request_counts bycloud_control::counts() const
{
    constexpr int too_many = 429;
    auto& parts = cloud_.parts(now_());
    request_counts result;
    for (const auto& request : parts.traffic.log())
    {
        if (request.service == "bycloud")
        {
            ++result.requests[request.method + " " + pattern_of(request.path)];
            result.limited += request.status == too_many ? 1U : 0U;
        }
    }
    for (const auto& [id, total] : parts.certificates.limiter().totals())
    {
        result.credentials[id] = {.admitted = total.admitted, .limited = total.limited};
    }
    return result;
}

}  // namespace cloudsim
