#pragma once

#include "cloudsim/support/message.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

// Certificates: making them for tests, and reading them as Octavia does (it decides what is "readable").
namespace cloudsim {

struct certificate_order
{
    std::vector<std::string> names;  // the first is the CN, all are SANs; empty: neither CN nor SAN
    wall_time not_before;
    wall_time not_after;
};

// A certificate with its key, issued by a CA of its own, in PEM.
struct certificate_files
{
    std::string certificate;
    std::string private_key;
    std::string intermediates;  // the issuer's certificate
    std::string pkcs12;         // all three
};

// With a pass phrase the PKCS12 is encrypted.
certificate_files make_certificate(const certificate_order& order, const std::string& pass_phrase);

// A CA's certificate and an empty revocation list of it, in PEM.
struct authority_files
{
    std::string certificate;
    std::string revocation_list;
};

authority_files make_authority(const certificate_order& order);

// What a readable certificate says.
struct certificate_view
{
    std::vector<std::string> names{};  // CN and DNS names, lower case
    bool has_common_name = false;      // without one Octavia 11 cannot read it, whatever other names it has
    bool has_private_key = false;
};

// Of a PKCS12 without a pass phrase; the error is the text that Octavia would quote.
std::expected<certificate_view, std::string> read_pkcs12(const std::string& payload);

// Of the parts of a container. The key must fit the certificate; `intermediates` may be empty.
std::optional<certificate_view> read_pem(
    const std::string& certificate,
    const std::string& private_key,
    const std::string& pass_phrase,
    const std::string& intermediates
);

// Empty if the client CA (and the revocation list, if any) are fine, else Octavia's text.
std::string check_client_authority(const std::string& certificate, const std::string& revocation_list);

}  // namespace cloudsim
