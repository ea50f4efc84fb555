#pragma once

#include "cloudsim/barbican/barbican.hpp"
#include "cloudsim/support/pki.hpp"

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>

// Octavia's way to certificates: it lets its service user into the access lists with the sender's token and
// reads with that user (barbican_acl_auth and barbican_cert_manager of Octavia 11 to 19).
namespace cloudsim {

struct certificate_fault
{
    bool pkcs12 = false;  // a 400 of its own, with `text` in it; else the ref counts as not retrieved
    std::string text{};
};

class certificate_manager
{
public:
    certificate_manager(const environment& env, barbican& secrets, identity service_user)
        : env_(env), secrets_(secrets), service_user_(std::move(service_user))
    {}

    // Whether the sender may let Octavia read `ref` and all its parts; done if so. The host of a ref does not
    // matter: only "secrets" or "containers" and the uuid at its end do.
    bool grant(const identity& sender, const std::string& ref);

    std::expected<certificate_view, certificate_fault> certificate(const std::string& ref);

    // Of a client CA or revocation list. Inner empty: a secret without a payload.
    std::optional<std::optional<std::string>> secret_payload(const std::string& ref);

private:
    template <class T>
    bool grant_one(const identity& sender, T* object);
    std::optional<std::string> part_payload(const container& listing, std::string_view name);
    std::expected<certificate_view, certificate_fault> container_certificate(const container& listing);

    using read_result = std::expected<certificate_view, std::string>;
    // Reading the same bytes again gives the same: a PUT of 1,000 refs reads each of them three times.
    const read_result& remember(const std::string& content, const std::function<read_result()>& read);

    const environment& env_;
    barbican& secrets_;
    identity service_user_;
    std::map<std::string, read_result> read_;
};

}  // namespace cloudsim
