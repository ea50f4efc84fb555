#pragma once

#include "cloudsim/support/message.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

// Reads certificates as Octavia does. Octavia decides which certificates are readable.
namespace cloudsim {

// The facts of a readable certificate.
struct certificate_view
{
    std::vector<std::string> names{};  // CN and DNS names, lower case
    bool has_common_name = false;  // false: Octavia 11 cannot read the certificate, whatever its other names
    bool has_private_key = false;
    wall_time not_after{};
};

// Reads a PKCS12 without a pass phrase. The error is the text that Octavia would quote.
std::expected<certificate_view, std::string> read_pkcs12(const std::string& payload);

// Reads the parts of a container. The key must fit the certificate; `intermediates` may be empty.
std::optional<certificate_view> read_pem(
    const std::string& certificate,
    const std::string& private_key,
    const std::string& pass_phrase,
    const std::string& intermediates
);

// Octavia's text about a bad client CA or revocation list; empty if both are good.
std::string check_client_authority(const std::string& certificate, const std::string& revocation_list);

}  // namespace cloudsim
