#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

// Reads certificates as Octavia does, which decides what is "readable".
namespace cloudsim {

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
