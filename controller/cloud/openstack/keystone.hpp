#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/catalog.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/errors.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/turn.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

// Tokens of one credential.
//
// Guarantees: there is one token at a time, and at most one authentication at a time, whose result all
// callers share. A token is renewed when nine tenths of its life are over, and is used to its end if Keystone
// cannot renew it. A refused token is renewed once, however many callers saw it refused. Failed
// authentications back off: up to minutes if Keystone refuses the credential, because the account must not be
// locked by us, and up to seconds if Keystone is unavailable. A caller during that wait gets the last failure
// at once.
namespace cloud::openstack {

// The time for an answer of Keystone, connecting included. Reads of the other services have 30 s of it at
// most.
inline constexpr support::duration default_timeout = std::chrono::minutes(1);

struct session
{
    // Counts up, so that a refusal names the token that was refused.
    std::uint64_t number = 0;
    issued_token issued;
    support::time_point since;
    support::time_point renew_at;
    support::time_point end;
};

using session_ptr = std::shared_ptr<const session>;

class keystone final
{
public:
    // All references must outlive it.
    keystone(
        net::http_client& http,
        support::clock& clock,
        const cloud_entry& entry,
        support::random_engine& random,
        support::duration timeout = default_timeout
    );

    // The current session.
    support::task<answer<session_ptr>> current();

    // `by` answered 401 to session `number`. Returns another session, or credentials_invalid if a new token
    // did not help.
    support::task<answer<session_ptr>> after_refusal(service by, std::uint64_t number);

    // `by` accepted a token, whatever its answer was.
    void accepted(service by);

    // An endpoint of session `number` is missing or unreachable. A catalog that is not fresh is read again
    // with the next current(). Returns whether that will happen.
    bool doubt_catalog(std::uint64_t number);

private:
    support::task<answer<session_ptr>> authenticate();
    void begin_session(issued_token issued, support::time_point asked_at);
    answer<session_ptr> failed(error why);

    net::http_client& http_;
    support::clock& clock_;
    const cloud_entry& entry_;
    support::random_engine& random_;
    support::duration timeout_;

    support::turn turn_;  // of authentication
    session_ptr session_;
    bool catalog_doubted_ = false;

    struct
    {
        std::optional<error> why;
        int in_a_row = 0;
        support::time_point retry_at;
    } failure_;

    struct refusal
    {
        int in_a_row = 0;
        support::time_point retry_at;
    };
    std::array<refusal, 3> refusals_;  // by service
};

}  // namespace cloud::openstack
