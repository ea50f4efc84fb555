#pragma once

#include <string>
#include <string_view>

namespace cloud {

// The text of a server with three stars in place of each occurrence of the secret that was sent. Where the
// secret is so short that the words around the stars would tell it, no word of the text remains. The secret
// may be empty.
std::string without_secret(const std::string& text, std::string_view secret);

}  // namespace cloud
