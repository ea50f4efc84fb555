#pragma once

#include "cloud/client.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// A cloud that attaches single bindings itself, through one credential: the controller asks, watches and
// reports. Of its certificates and bindings it shows what https://docs.bycoded.cloud/api/certificates says.
namespace cloud {

// What a request is for. Requests wait for their turn in this order, because the cloud admits only so many.
enum class purpose : std::uint8_t
{
    detach,  // somebody waits for a deletion
    attach,  // somebody waits for a binding
    wait,    // for what the cloud has under way: a certificate that is issued, a binding that is pending
    verify,  // a look at what is attached
};
inline constexpr std::size_t purposes = 4;

// A binding as the cloud shows it. A field is empty if the cloud does not show it.
struct service_binding
{
    support::uuid id;
    std::string crn = {};
    std::string resource_type = {};
    support::uuid resource_id = {};
    std::optional<bool> sni = {};
    std::string status = {};  // in the words of the cloud; "active" is the one that is documented
    std::string error_message = {};
    std::optional<support::wall_time> created_at = {};
    std::optional<support::wall_time> updated_at = {};

    bool operator==(const service_binding&) const = default;
};

enum class certificate_state : std::uint8_t
{
    pending_dns,
    pending_issuance,
    active,
    expired,
    error,
    revoked,
    unknown,  // a status that is not documented
};

struct service_certificate
{
    support::uuid id;
    certificate_state state = certificate_state::unknown;
    std::string status = {};  // the same in the words of the cloud
    std::string error_message = {};
    std::optional<support::wall_time> expires_at = {};
    // The records that the owner of the domains has to create: "<name> CNAME <value>".
    std::vector<std::string> dns_records = {};
    std::vector<service_binding> bindings = {};
};

// One answer about a certificate. Requests that wait for the same certificate share one.
struct certificate_reading
{
    // When the request was sent: the answer was true then or later.
    support::time_point asked_at{};
    answer<std::shared_ptr<const service_certificate>> value;
};

// Failures: a request that has to wait longer than a pass may is not sent; it is rate_limited, and
// retry_after says when to come again. busy is a 409, which does not tell its cause.
class binding_service
{
public:
    virtual ~binding_service() = default;

    virtual support::task<certificate_reading> get_certificate(
        std::string region, support::uuid id, purpose what_for
    ) = 0;

    // Binds the certificate to the listener. The answer is awaited until `timeout` after it was sent; empty:
    // the cloud took the request, and does not show the binding.
    virtual support::task<answer<std::optional<service_binding>>> create_binding(
        std::string region,
        support::uuid certificate,
        support::uuid listener,
        bool sni,
        support::duration timeout
    ) = 0;

    // Removes the binding. not_found: there is none, or the cloud does not know the call; not_supported: the
    // cloud does not know the call; no_route: so, or the cloud is away. All three are for a read to confirm.
    virtual support::task<answer<std::monostate>> delete_binding(
        std::string region, support::uuid certificate, support::uuid id, support::duration timeout
    ) = 0;

    // For operators: the requests that may be sent now, and those that wait.
    virtual std::size_t requests_left() const = 0;
    virtual std::size_t requests_waiting() const = 0;
};

}  // namespace cloud
