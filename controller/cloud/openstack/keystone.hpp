#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/catalog.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/errors.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

// Tokens of one credential.
//
// Guarantees: one token at a time, and one authentication at a time that all who wait share; it is renewed
// when nine tenths of its life are over, and used to its end if Keystone cannot renew it. A refused token is
// renewed once, whoever and however many saw it refused. Failed authentications back off: to minutes where
// the credential is refused (an account is not locked by us), to seconds where Keystone is not there; whoever
// asks meanwhile gets the failure at once.
namespace cloud::openstack {

struct session
{
    std::uint64_t number = 0;  // counts up: which token was refused
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
        support::random_engine& random
    );
    ~keystone();

    // The session to use now.
    support::task<answer<session_ptr>> current();

    // `by` answered 401 to session `number`: another one, or credentials_invalid if a fresh one did not help.
    support::task<answer<session_ptr>> after_refusal(service by, std::uint64_t number);

    // `by` took a token, whatever else it answered.
    void accepted(service by);

    // An endpoint of session `number` is missing or unreachable: a catalog that is not fresh is read again
    // with the next current(). Returns whether it will be.
    bool doubt_catalog(std::uint64_t number);

private:
    class turn;

    support::task<answer<session_ptr>> authenticate();
    answer<session_ptr> failed(error why);

    net::http_client& http_;
    support::clock& clock_;
    const cloud_entry& entry_;
    support::random_engine& random_;

    std::shared_ptr<turn> turn_;  // of authentication
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
