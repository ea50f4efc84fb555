#include "support/secret.hpp"

#include <cstring>

namespace support {

void wipe(std::string& text)
{
    // Wipes the whole allocation, because it may have held a longer text before.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

}  // namespace support
