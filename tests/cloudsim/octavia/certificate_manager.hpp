#pragma once

#include "cloudsim/barbican/barbican.hpp"
#include "cloudsim/support/pki.hpp"

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>

// Octavia's way to certificates: with the sender's token it adds its service user to the access lists, and
// then reads with that user (barbican_acl_auth and barbican_cert_manager of Octavia 11 to 19).
namespace cloudsim {

struct certificate_fault
{
    bool pkcs12 = false;  // true: a 400 with `text`; false: the ref counts as not retrieved
    std::string text{};
};

class certificate_manager
{
public:
    certificate_manager(const environment& env, barbican& secrets, identity service_user)
        : env_(env), secrets_(secrets), service_user_(std::move(service_user))
    {}

    // Lets Octavia read `ref` and all its parts, if the sender may do that; answers whether. Only "secrets"
    // or "containers" and the uuid at the end of a ref count, its host does not.
    bool grant(const identity& sender, const std::string& ref);

    std::expected<certificate_view, certificate_fault> certificate(const std::string& ref);

    // The payload of a client CA or revocation list. Outer empty: Octavia cannot read the secret. Inner
    // empty: no payload.
    std::optional<std::optional<std::string>> secret_payload(const std::string& ref);

private:
    template <class T>
    bool grant_one(const identity& sender, T* object);
    std::optional<std::string> part_payload(const container& listing, std::string_view name);
    std::expected<certificate_view, certificate_fault> container_certificate(const container& listing);

    using read_result = std::expected<certificate_view, std::string>;
    // Keeps the results, because the same bytes give the same result and a PUT of 1,000 refs reads each ref
    // three times.
    const read_result& remember(const std::string& content, const std::function<read_result()>& read);

    const environment& env_;
    barbican& secrets_;
    identity service_user_;
    std::map<std::string, read_result> read_;
};

}  // namespace cloudsim
