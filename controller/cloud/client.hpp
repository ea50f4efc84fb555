#pragma once

#include "cloud/container_ref.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

// What the controller needs of a cloud, seen through one credential.
namespace cloud {

// Why something did not succeed, by what can be done about it.
enum class failure
{
    not_found,      // the service's own JSON 404 for exactly this object; anything less certain is transient
    access_denied,  // 403: it may exist, but not for us
    no_endpoint,    // the catalog has no such service in this region
    busy,           // 409 of Octavia: the load balancer is being changed, or in ERROR; a read of it tells
    refused,        // 400 of Octavia: the message says why, `refs` what it named
    credentials_invalid,  // Keystone refuses us, or a service still does after one re-authentication
    rate_limited,         // 429, see retry_after
    transient,            // a read without a usable answer: unreachable, 5xx, cut, timed out, wrong shape
    ambiguous,            // a write without Octavia's own answer: it may still take effect (rule 9)
};

struct error
{
    failure kind = failure::transient;
    std::string message;              // one line, cleaned, without secrets
    std::vector<container_ref> refs;  // of refused: the container refs that the message names
    std::optional<support::duration> retry_after;
};

template <class T>
using answer = std::expected<T, error>;

// A write that takes longer to be sent, for a connection or a token, is not: it could take effect long after
// it was decided.
inline constexpr support::duration sent_within = std::chrono::seconds(3);

// Where a ledger was written: the cloud as this credential sees it.
struct project_scope
{
    std::string identity;  // the Keystone URL, normalised: lower-case host, no trailing '/', with /v3
    std::string project_id;
    std::string region;
    std::string load_balancer_endpoint;  // the URL in use, normalised

    bool operator==(const project_scope&) const = default;
};

struct certificate
{
    cloud::container_ref container_ref;  // as the certificate service names it
    std::string status;                  // the service's own word, such as ACTIVE
    bool usable =
        false;  // ACTIVE and all its parts are there; whether it has expired is for whoever knows the time
    std::string missing;  // if not usable: what is missing, for people ("secret … has no payload yet")
    std::optional<support::wall_time> expires_at;  // notAfter, where the payload could be read
    std::string doubt;  // what the payload, where it was read, has in it that load balancers may refuse
};

enum class provisioning_status
{
    active,
    pending,  // PENDING_CREATE, PENDING_UPDATE, PENDING_DELETE
    error,
    deleted,
};

struct listener
{
    support::uuid id;
    support::uuid load_balancer_id;
    std::string project_id;
    std::string protocol;
    provisioning_status status = provisioning_status::active;
    std::optional<container_ref> default_ref;
    std::vector<container_ref> sni_refs;  // a set: no two of the same text, sorted by it
    std::optional<container_ref> client_ca_ref;
    std::optional<container_ref> client_crl_ref;
};

struct load_balancer
{
    support::uuid id;
    provisioning_status status = provisioning_status::active;
};

// The keys of one PUT: an empty optional leaves the key out.
struct listener_change
{
    std::optional<std::optional<container_ref>> default_ref;  // inner empty: null
    std::optional<std::vector<container_ref>> sni_refs;

    bool operator==(const listener_change&) const = default;
};

// In this order: a ref is what the worst of its parts is.
enum class ref_state
{
    readable,
    unknown,     // it is not for us to know: no URL of the certificate service, 401, 403, no certificate
    unanswered,  // the certificate service is away, or busy, or its answer makes no sense
    dead,        // the certificate service's own JSON 404 for it or for one of its parts, or a part that a
                 // certificate needs is not listed
};

class client
{
public:
    virtual ~client() = default;

    // The place for `region`; asks Keystone only if no token is held.
    virtual support::task<answer<project_scope>> locate(std::string region) = 0;

    // Looks `id` up as a container, then as a secret. `known_expires_at` saves reading the payload for
    // notAfter.
    virtual support::task<answer<certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    ) = 0;

    virtual support::task<answer<listener>> get_listener(std::string region, support::uuid id) = 0;
    virtual support::task<answer<load_balancer>> get_load_balancer(std::string region, support::uuid id) = 0;

    // One PUT, sent within `sent_within` or not at all (transient), and given up at `deadline`. Its answer is
    // what Octavia has stored, mostly PENDING_UPDATE.
    virtual support::task<answer<listener>> update_listener(
        std::string region, support::uuid id, listener_change change, support::time_point deadline
    ) = 0;

    // Whether the certificate behind a container ref, ours or foreign, can be read now.
    virtual support::task<ref_state> look_up(std::string region, container_ref ref) = 0;
};

}  // namespace cloud
