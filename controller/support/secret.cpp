#include "support/secret.hpp"

#include <cstring>

namespace support {

void wipe(std::string& text)
{
    // The whole allocation: a longer text may have been there before.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

}  // namespace support
