#pragma once

#include "cloud/container_ref.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The operations of a cloud that the controller needs, through one credential.
namespace cloud {

// Why an operation failed, by what can be done about it.
enum class failure
{
    not_found,      // the service's own JSON 404 for exactly this object; anything less certain is transient
    access_denied,  // 403: the object may exist, but this credential may not use it
    no_endpoint,    // the catalog has no such service in this region
    // 409 of Octavia: the load balancer is being changed, or in ERROR; a read of the load balancer tells
    // which.
    busy,
    // 400 of Octavia: the message says why, `refs` holds the refs that it names.
    refused,
    // Keystone refuses the credential, or a service refuses it even after one re-authentication.
    credentials_invalid,
    rate_limited,  // 429, see retry_after
    transient,     // a read without a usable answer: unreachable, 5xx, cut, timed out, malformed
    // A write that was not sent, because the token or the connection for it took too long. Both are there
    // now, but what the write was planned from is too old.
    too_late,
    // A write without Octavia's own answer: the write may still take effect (unanswered-writes).
    ambiguous,
    // The cloud does not know the call (405, 501), or a list is longer than its reader bears. A read of the
    // single object may do.
    not_supported,
    // A 404 that is not in the format of the cloud: the cloud does not know the path of the call, or a proxy
    // answers while the cloud is away. A read by the same credential tells which.
    no_route,
};

struct error
{
    failure kind = failure::transient;
    std::string message;              // one line, cleaned, without secrets
    std::vector<container_ref> refs;  // set for refused: the container refs that the message names
    std::optional<support::duration> retry_after;
    // transient: the host is unknown, refuses the connection or is not trusted, which mostly lasts until
    // somebody corrects the address, the server or the CA.
    bool misdirected = false;
};

template <class T>
using answer = std::expected<T, error>;

// A write that cannot be sent within this time, because of a connection or a token, is not sent at all: it
// could overwrite what others wrote since the read that it was planned from, and take effect long after it
// was decided.
inline constexpr support::duration sent_within = std::chrono::seconds(3);

// The scope for which a ledger was written: the cloud as this credential sees it.
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
    std::string status;                  // in the words of the service, such as ACTIVE
    // ACTIVE with all its parts. The caller, who knows the time, decides whether the certificate has expired.
    bool usable = false;
    // If not usable: what is missing, for people ("secret … has no payload yet").
    std::string missing;
    // If not usable: the certificate cannot become usable, because a container cannot be changed.
    bool hopeless = false;
    std::optional<support::wall_time> expires_at;  // notAfter, if the payload could be read
    // A property of the payload, if that was read, for which load balancers may refuse the certificate.
    std::string doubt;
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
    std::vector<container_ref> sni_refs;  // sorted by text, each text once
    std::optional<container_ref> client_ca_ref;
    std::optional<container_ref> client_crl_ref;
};

struct load_balancer
{
    support::uuid id;
    provisioning_status status = provisioning_status::active;
    std::vector<support::uuid> listeners = {};  // all that are on it, sorted
};

// A load balancer as a list shows it, without its listeners.
struct listed_load_balancer
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

// Ordered from best to worst: the state of a ref is that of its worst part.
enum class ref_state
{
    readable,
    // This credential cannot tell: not a URL of the certificate service, 401, 403, or not a certificate.
    unknown,
    // The certificate service is unavailable, busy, or its answer is malformed.
    unanswered,
    // The certificate service's own JSON 404 for the ref or for one of its parts, or a part that a
    // certificate needs is not listed.
    dead,
};

class client
{
public:
    virtual ~client() = default;

    // The project scope of `region`; asks Keystone only if there is no token.
    virtual support::task<answer<project_scope>> locate(std::string region) = 0;

    // Looks `id` up as a container, then as a secret. The payload is not read for notAfter if
    // `known_expires_at` is given.
    virtual support::task<answer<certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    ) = 0;

    virtual support::task<answer<listener>> get_listener(std::string region, support::uuid id) = 0;
    virtual support::task<answer<load_balancer>> get_load_balancer(std::string region, support::uuid id) = 0;

    // One PUT. It is sent within `sent_within` or not at all (too_late), and its answer is awaited until
    // `deadline`. The answer is the listener as Octavia has stored it, mostly PENDING_UPDATE.
    virtual support::task<answer<listener>> update_listener(
        std::string region, support::uuid id, listener_change change, support::time_point deadline
    ) = 0;

    // Whether the certificate behind a container ref, ours or foreign, can be read now.
    virtual support::task<ref_state> look_up(std::string region, container_ref ref) = 0;

    // The lists of the credential's project. Each is given away page by page, so that no list of a large
    // project is in memory at once; `take` runs on the loop, between the requests. An object that is not
    // listed may exist nevertheless: it is of another project, its item is malformed, or the list changed
    // between two pages. So a list never proves that an object is gone.
    // At most `most_pages` pages are asked for, each a few times if need be; a longer list ends with
    // not_supported, and so does a cloud without lists. After any error, what was given away before stays
    // true. Neither access_denied nor credentials_invalid says anything about single reads: lists need roles
    // of their own, and the access rules of an application credential may leave them out (401).
    virtual support::task<answer<std::monostate>> list_listeners(
        std::string /*region*/,
        std::size_t /*most_pages*/,
        std::function<void(std::vector<listener>)> /*take*/
    )
    {
        return no_list();
    }
    virtual support::task<answer<std::monostate>> list_load_balancers(
        std::string /*region*/,
        std::size_t /*most_pages*/,
        std::function<void(std::vector<listed_load_balancer>)> /*take*/
    )
    {
        return no_list();
    }

    // The ids that get_certificate() would find usable since the call began, as far as lists show that: a
    // container that is ACTIVE with all its parts, or a secret; each secret is ACTIVE with a payload and not
    // expired in the certificate service. Two things are not shown: notAfter, and an access list that keeps
    // this credential out of a container or secret of its own project.
    virtual support::task<answer<std::monostate>> list_usable_certificates(
        std::string /*region*/,
        std::size_t /*most_pages*/,
        std::function<void(std::vector<support::uuid>)> /*take*/
    )
    {
        return no_list();
    }

private:
    static support::task<answer<std::monostate>> no_list()
    {
        co_return std::unexpected(error{
            .kind = failure::not_supported,
            .message = "the cloud has no lists",
            .refs = {},
            .retry_after = std::nullopt
        });
    }
};

}  // namespace cloud
