#pragma once

#include "support/error.hpp"

#include <string>
#include <string_view>

namespace net {

// The certificate of the private key in a PKCS12 bundle without a pass phrase; in DER, because OpenSSL's
// types stay in .cpp files. How often the keys that it is encrypted with are derived says the bundle itself,
// whoever made it: one that asks for more than a moment is refused before that, and so is a key that is no
// TLS server's. errc::invalid says what is wrong with it.
support::result<std::string> read_pkcs12(std::string_view bytes);

}  // namespace net
