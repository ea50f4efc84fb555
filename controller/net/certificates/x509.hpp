#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"

#include <string_view>

namespace net {

// The notAfter of the certificate in `payload`. Reads PEM (the first certificate), DER and PKCS12 without a
// pass phrase (the certificate that belongs to its key). errc::invalid says why the payload cannot be read.
// The payload is not kept.
support::result<support::wall_time> certificate_not_after(std::string_view payload);

// Checks of configuration at start: `pem` holds at least one certificate, or one private key, that OpenSSL
// can read; `key` belongs to the first of `certificates`.
support::result<> check_certificates_pem(std::string_view pem);
support::result<> check_private_key_pem(std::string_view pem);
support::result<> check_key_fits_pem(std::string_view certificates, std::string_view key);

}  // namespace net
