// Octavia: its refusals of changes of a listener, in its words.
#include "cloudsim/octavia/body.hpp"
#include "cloudsim/octavia/octavia.hpp"

#include <algorithm>
#include <set>

namespace cloudsim {

namespace {

// The length of the column in Octavia's database.
constexpr std::size_t longest_sni_ref = 128;

// The part of a duplicate key that MariaDB shows.
constexpr std::size_t longest_shown_key = 61;

std::string not_retrieved(const std::string& refs)
{
    return "Could not retrieve certificate: " + refs;
}

std::string unreadable_pkcs12(const std::string& error)
{
    return "The PKCS12 bundle is unreadable. Please check the PKCS12 bundle validity. In addition, make sure "
           "it does not require a pass phrase. Error: " +
           error;
}

}  // namespace

std::optional<reply> octavia::refuse_for_protocol(const std::string& protocol, const json& body)
{
    if (refs_of(body).empty() || protocol == "TERMINATED_HTTPS" || protocol == "PROMETHEUS")
    {
        return std::nullopt;
    }
    const std::string reason =
        protocol == "UDP" || protocol == "SCTP"
            ? protocol + " protocol listener does not support TLS or header insertion."
            : "Certificate container references are not allowed on " + protocol + " protocol listeners.";
    return fault(400, "Validation failure: " + reason);
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
    const auto read = [&](const std::optional<std::string>& ref) {
        const auto payload =
            ref && certificates_.grant(who, *ref) ? certificates_.secret_payload(*ref) : std::nullopt;
        if (ref && !payload)
        {
            bad.push_back(*ref);
        }
        return payload.value_or(std::nullopt).value_or("");
    };
    const auto authority = read(ca);
    const auto revocation_list = read(crl);
    if (!bad.empty())
    {
        return fault(400, not_retrieved(python_repr(bad)));
    }
    const auto problem = check_client_authority(authority, revocation_list);
    return problem.empty() ? std::nullopt : std::optional(fault(400, "Validation failure: " + problem));
}

// The second read, behind the lock: a certificate for the amphora must be complete.
std::optional<reply> octavia::refuse_unusable(const json& body)
{
    auto refs = refs_of(body);
    if (given_text(body, "default_tls_container_ref"))
    {
        std::ranges::rotate(refs, refs.end() - 1);  // Octavia reads the default first
    }
    for (const auto& ref : refs)
    {
        const auto read = certificates_.certificate(ref);
        if (!read || !read->has_private_key || !read->has_common_name)
        {
            return fault(400, not_retrieved(ref));
        }
    }
    return std::nullopt;
}

// Refuses new SNI refs whose database rows collide. The key of a row ignores case, and Octavia deletes old
// rows only after it has written the new ones.
std::optional<reply> octavia::refuse_rows(const listener& changed, const json& body)
{
    const auto refused = [&](const std::string& error, const std::string& ref, const std::string& page) {
        return fault(
            500,
            "(pymysql.err." + error +
                "\")\n[SQL: INSERT INTO sni (listener_id, tls_container_id, `position`) VALUES "
                "(%(listener_id)s, "
                "%(tls_container_id)s, %(position)s)]\n[parameters: {'listener_id': '" +
                changed.id + "', 'tls_container_id': '" + ref +
                "', 'position': None}]\n(Background on this error at: https://sqlalche.me/e/14/" + page + ")"
        );
    };
    std::set<std::string> keys;
    for (const auto& ref : changed.sni_refs)
    {
        keys.insert(to_lower(ref));
    }
    const auto sent = sni_refs_of(body);
    for (const auto& ref : std::set<std::string>(sent.begin(), sent.end()))
    {
        if (changed.sni_refs.contains(ref))
        {
            continue;
        }
        if (ref.size() > longest_sni_ref)
        {
            return refused(
                "DataError) (1406, \"Data too long for column 'tls_container_id' at row 1", ref, "9h9h"
            );
        }
        if (!keys.insert(to_lower(ref)).second)
        {
            const auto key = (changed.id + "-" + ref).substr(0, longest_shown_key) + "...";
            return refused(
                "IntegrityError) (1062, \"Duplicate entry '" + key + "' for key 'PRIMARY'", ref, "gkpj"
            );
        }
    }
    return std::nullopt;
}

}  // namespace cloudsim
