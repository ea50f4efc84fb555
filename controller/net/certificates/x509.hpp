#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"

#include <string_view>

namespace net {

// When the certificate in `payload` ends: its notAfter. Reads PEM (the first certificate), DER and PKCS12
// without a pass phrase (the certificate of its key). errc::invalid says which it is not; the payload is not
// kept.
support::result<support::wall_time> certificate_not_after(std::string_view payload);

// Whether `pem` holds at least one certificate / one private key that OpenSSL can read, and whether the key
// is that of the first certificate; for configuration errors at start.
support::result<> check_certificates_pem(std::string_view pem);
support::result<> check_private_key_pem(std::string_view pem);
support::result<> check_key_fits_pem(std::string_view certificates, std::string_view key);

}  // namespace net
