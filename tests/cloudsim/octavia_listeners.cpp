// Octavia: what happens to listeners, and what is refused.
#include "cloudsim/octavia.hpp"
#include "cloudsim/octavia_body.hpp"

#include <algorithm>
#include <array>

namespace cloudsim {

namespace {

// What the columns of Octavia's database hold.
constexpr std::size_t longest_sni_ref = 128;

bool given(const json& body, const char* name)
{
    return body.contains(name) && !body[name].is_null() && body[name] != "";
}

std::vector<std::string> sni_refs(const json& body)
{
    return given(body, "sni_container_refs") ? body["sni_container_refs"].get<std::vector<std::string>>()
                                             : std::vector<std::string>();
}

std::optional<std::string> text_of(const json& body, const char* name)
{
    return given(body, name) ? std::optional(body[name].get<std::string>()) : std::nullopt;
}

// In the order in which Octavia looks at them.
std::vector<std::string> refs_of(const json& body)
{
    auto refs = sni_refs(body);
    if (const auto ref = text_of(body, "default_tls_container_ref"))
    {
        refs.push_back(*ref);
    }
    return refs;
}

bool has_refs(const json& body)
{
    return given(body, "default_tls_container_ref") || !sni_refs(body).empty();
}

std::string not_retrieved(const std::string& what)
{
    return "Could not retrieve certificate: " + what;
}

std::string unreadable_pkcs12(const std::string& error)
{
    return "The PKCS12 bundle is unreadable. Please check the PKCS12 bundle validity. In addition, make sure "
           "it does "
           "not require a pass phrase. Error: " +
           error;
}

// What null means for a field that has a default.
json default_of(const listener& what, const std::string& name)
{
    return default_attributes(what.protocol)[name];
}

}  // namespace

reply octavia::listeners(const call& c)
{
    if (c.asked.method != "GET")
    {
        return fault(405, "Method Not Allowed");
    }
    std::vector<json> all;
    for (const auto& [id, each] : listeners_)
    {
        all.push_back(to_json(each));
    }
    return list(c, "listeners", all);
}

reply octavia::one_listener(const call& c, const std::string& id)
{
    if (c.asked.method == "DELETE")
    {
        return delete_listener(c, id);
    }
    if (c.asked.method != "GET")
    {
        return fault(405, "Method Not Allowed");
    }
    const auto* what = find_listener(id);
    if (what == nullptr)
    {
        return not_found("Listener", id);
    }
    return may_read(c.who, what->project_id)
               ? ok(200, {{"listener", to_json(*what)}})
               : fault(403, "Policy does not allow this request to be performed.");
}

duration octavia::put_time(const json& body, std::size_t present) const
{
    const auto refs = static_cast<std::int64_t>(refs_of(body).size());
    const auto held = static_cast<std::int64_t>(
        body.contains("sni_container_refs") ? std::max(present, sni_refs(body).size()) : present
    );
    return env_.config.put_base + env_.config.put_per_ref * refs +
           env_.config.put_per_ref_squared * (refs * refs) +
           env_.config.put_per_present_squared * (held * held);
}

handling octavia::put_listener(const call& c, const std::string& id)
{
    const auto body = parse_body(c.asked.body, body_kind::listener_change);
    if (!body)
    {
        return at_once(fault(400, body.error()));
    }
    const auto* what = find_listener(id);
    if (what == nullptr)
    {
        return at_once(not_found("Listener", id));
    }
    if (!may_write(c.who, what->project_id))
    {
        return at_once(fault(403, "Policy does not allow this request to be performed."));
    }
    if (auto refused = refuse_for_protocol(what->protocol, *body))
    {
        return at_once(*refused);
    }
    const auto work = put_time(*body, what->sni_refs.size());
    if (auto refused = refuse_refs(c.who, *body))
    {
        return at_once(*refused, work);
    }
    // The client CA and the revocation list that the listener has already are looked at on every PUT.
    const auto ca = given(*body, "client_ca_tls_container_ref")
                        ? text_of(*body, "client_ca_tls_container_ref")
                        : what->client_ca_ref;
    const auto crl = given(*body, "client_crl_container_ref") ? text_of(*body, "client_crl_container_ref")
                                                              : what->client_crl_ref;
    if (auto refused = refuse_client_authority(c.who, ca, crl))
    {
        return at_once(*refused, work);
    }
    return {.work = work, .effect = [this, id, body = *body] { return commit(id, body); }};
}

std::optional<reply> octavia::refuse_for_protocol(const std::string& protocol, const json& body)
{
    if ((protocol == "UDP" || protocol == "SCTP") && (has_refs(body) || given(body, "insert_headers")))
    {
        return fault(
            400,
            "Validation failure: " + protocol + " protocol listener does not support TLS or header insertion."
        );
    }
    const bool can_terminate = protocol == "TERMINATED_HTTPS" || (protocol == "PROMETHEUS" && has_refs(body));
    if (!can_terminate && has_refs(body))
    {
        return fault(
            400,
            "Validation failure: Certificate container references are not allowed on " + protocol +
                " protocol listeners."
        );
    }
    return std::nullopt;
}

std::optional<reply> octavia::refuse_refs(const identity& who, const json& body)
{
    std::vector<std::string> bad;
    for (const auto& ref : refs_of(body))
    {
        if (!certificates_.grant(who, ref))
        {
            bad.push_back(ref);
            continue;
        }
        const auto read = certificates_.certificate(ref);
        if (!read && read.error().pkcs12)
        {
            return fault(400, unreadable_pkcs12(read.error().text));
        }
        if (!read)
        {
            bad.push_back(ref);
        }
    }
    return bad.empty() ? std::nullopt : std::optional(fault(400, not_retrieved(python_repr(bad))));
}

std::optional<reply> octavia::refuse_client_authority(
    const identity& who, const std::optional<std::string>& ca, const std::optional<std::string>& crl
)
{
    if (crl && !ca)
    {
        return fault(
            400,
            "Validation failure: A client authentication CA reference is required to specify a client "
            "authentication "
            "revocation list."
        );
    }
    if (!ca)
    {
        return std::nullopt;
    }
    std::vector<std::string> bad;
    std::array<std::string, 2> payloads;
    std::size_t index = 0;
    for (const auto& ref : {ca, crl})
    {
        if (ref)
        {
            const bool granted = certificates_.grant(who, *ref);
            const auto payload = granted ? certificates_.secret_payload(*ref) : std::nullopt;
            if (!payload)
            {
                bad.push_back(*ref);
            }
            payloads.at(index) = payload.value_or(std::nullopt).value_or("");
        }
        ++index;
    }
    if (!bad.empty())
    {
        return fault(400, not_retrieved(python_repr(bad)));
    }
    const auto problem = check_client_authority(payloads[0], payloads[1]);
    return problem.empty() ? std::nullopt : std::optional(fault(400, "Validation failure: " + problem));
}

// The second look, behind the lock: what is to be handed to the amphora must be complete.
std::optional<reply> octavia::refuse_unusable(const json& body)
{
    const auto default_ref = text_of(body, "default_tls_container_ref");
    std::vector<std::string> refs;
    if (default_ref)
    {
        refs.push_back(*default_ref);
    }
    std::ranges::copy(sni_refs(body), std::back_inserter(refs));
    for (const auto& ref : refs)
    {
        const auto read = certificates_.certificate(ref);
        if (read && read->names.empty() && &ref == &refs.front() && default_ref)
        {
            return fault(400, "No CN or DNSName(s) found in certificate. The certificate is invalid.");
        }
        if (!read || !read->has_private_key || read->names.empty())
        {
            return fault(400, not_retrieved(ref));
        }
    }
    return std::nullopt;
}

std::optional<reply> octavia::refuse_long_refs(const std::string& listener_id, const json& body)
{
    for (const auto& ref : sni_refs(body))
    {
        if (ref.size() > longest_sni_ref)
        {
            return fault(
                500,
                "(pymysql.err.DataError) (1406, \"Data too long for column 'tls_container_id' at row "
                "1\")\n[SQL: "
                "INSERT INTO sni (listener_id, tls_container_id, position) VALUES (%(listener_id)s, "
                "%(tls_container_id)s, %(position)s)]\n[parameters: {'listener_id': '" +
                    listener_id + "', 'tls_container_id': '" + ref +
                    "', 'position': None}]\n(Background on this error at: https://sqlalche.me/e/14/9h9h)"
            );
        }
    }
    return std::nullopt;
}

void octavia::apply(listener& what, const json& body)
{
    for (const auto& [name, value] : body.items())
    {
        if (name == "default_tls_container_ref")
        {
            what.default_ref = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
        }
        else if (name == "sni_container_refs")
        {
            const auto refs = sni_refs(body);
            what.sni_refs = {refs.begin(), refs.end()};
        }
        else if (name == "client_ca_tls_container_ref")
        {
            what.client_ca_ref = text_of(body, "client_ca_tls_container_ref");
        }
        else if (name == "client_crl_container_ref")
        {
            what.client_crl_ref = text_of(body, "client_crl_container_ref");
        }
        else if (what.attributes.contains(name))
        {
            what.attributes[name] = value.is_null() ? default_of(what, name) : value;
        }
    }
}

void octavia::lock(load_balancer& what, const std::string& cause)
{
    what.provisioning_status = "PENDING_UPDATE";
    what.updated_at = env_.now.wall;
    record(cause, what);
}

reply octavia::commit(const std::string& id, const json& body)
{
    auto* what = find_listener(id);
    auto* above = what == nullptr ? nullptr : find_load_balancer(what->load_balancer_id);
    if (above == nullptr)
    {
        return not_found("Listener", id);
    }
    if (above->locked())
    {
        return immutable(above->id);
    }
    if (auto refused = refuse_unusable(body))
    {
        return *refused;
    }
    if (auto refused = refuse_long_refs(id, body))
    {
        return *refused;
    }
    lock(*above, "put");
    apply(*what, body);
    what->provisioning_status = "PENDING_UPDATE";
    what->updated_at = env_.now.wall;
    record("put", *what);
    later({.what = job::kind::update_listener, .load_balancer_id = above->id, .listener_id = id});
    return ok(200, {{"listener", to_json(*what)}});
}

handling octavia::post_listener(const call& c)
{
    const auto body = parse_body(c.asked.body, body_kind::new_listener);
    if (!body)
    {
        return at_once(fault(400, body.error()));
    }
    // The lock comes before the look at the refs here, so all of it is at the end.
    return {.work = put_time(*body, 0), .effect = [this, c, body = *body] { return create(c, body); }};
}

reply octavia::create(const call& c, const json& body)
{
    const auto protocol = body["protocol"].get<std::string>();
    const auto port = body["protocol_port"].get<int>();
    const auto load_balancer_id = body["loadbalancer_id"].get<std::string>();
    auto* above = find_load_balancer(load_balancer_id);
    if (above == nullptr)
    {
        return not_found("Load Balancer", load_balancer_id);
    }
    if (!may_write(c.who, above->project_id))
    {
        return fault(403, "Policy does not allow this request to be performed.");
    }
    if (above->locked())
    {
        return immutable(above->id);
    }
    if (auto refused = refuse_for_protocol(protocol, body))
    {
        return *refused;
    }
    if (protocol == "TERMINATED_HTTPS" && !has_refs(body))
    {
        return fault(
            400,
            "Validation failure: An SNI or default certificate container reference must be provided for "
            "TERMINATED_HTTPS protocol listeners."
        );
    }
    if (auto refused = refuse_refs(c.who, body))
    {
        return *refused;
    }
    if (auto refused = refuse_client_authority(
            c.who, text_of(body, "client_ca_tls_container_ref"), text_of(body, "client_crl_container_ref")
        ))
    {
        return *refused;
    }
    for (const auto* each : listeners_of(above->id))
    {
        if (each->port == port && (each->protocol == "UDP") == (protocol == "UDP"))
        {
            return fault(
                409,
                "Another Listener on this Load Balancer is already using protocol " + each->protocol +
                    " and protocol_port " + std::to_string(port)
            );
        }
    }
    if (auto refused = refuse_unusable(body))
    {
        return *refused;
    }
    listener wanted{
        .id = env_.ids.uuid(),
        .load_balancer_id = above->id,
        .project_id = above->project_id,
        .protocol = protocol,
        .port = port,
        .provisioning_status = "PENDING_CREATE",
        .attributes = default_attributes(protocol),
        .created_at = env_.now.wall
    };
    if (auto refused = refuse_long_refs(wanted.id, body))
    {
        return *refused;
    }
    apply(wanted, body);
    lock(*above, "post");
    const auto id = wanted.id;
    auto& made = listeners_[id] = std::move(wanted);
    record("post", made);
    later({.what = job::kind::create_listener, .load_balancer_id = above->id, .listener_id = id});
    return ok(201, {{"listener", to_json(made)}});
}

reply octavia::delete_listener(const call& c, const std::string& id)
{
    auto* what = find_listener(id);
    if (what == nullptr)
    {
        return not_found("Listener", id);
    }
    if (!may_write(c.who, what->project_id))
    {
        return fault(403, "Policy does not allow this request to be performed.");
    }
    auto* above = find_load_balancer(what->load_balancer_id);
    if (above->locked())
    {
        return immutable(above->id);
    }
    lock(*above, "delete");
    what->provisioning_status = "PENDING_DELETE";
    what->updated_at = env_.now.wall;
    record("delete", *what);
    later({.what = job::kind::delete_listener, .load_balancer_id = above->id, .listener_id = id});
    return no_content();
}

}  // namespace cloudsim
