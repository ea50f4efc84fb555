#pragma once

#include "support/error.hpp"

#include <string>
#include <string_view>

namespace net {

// Returns, in DER, the certificate that belongs to the private key in a PKCS12 bundle without a pass phrase.
// The bundle chooses its own iteration counts of key derivation, and it is untrusted: run this apart from the
// event loop (support/offload.hpp). A bundle that asks for more than 2,000,000 iterations in total, which is
// about half a second, is refused before the derivation that would exceed them. Only RSA, EC and EdDSA keys
// are read. errc::invalid: the message says what is wrong.
support::result<std::string> read_pkcs12(std::string_view bytes);

}  // namespace net
