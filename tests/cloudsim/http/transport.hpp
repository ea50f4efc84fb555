#pragma once

#include "cloudsim/control/control.hpp"

#include <cstdint>

namespace cloudsim {

// The control API of the program behind 127.0.0.1:port. Each call is a connection of its own, and waits for
// the answer; a broken one throws.
control::transport over_http(std::uint16_t port);

}  // namespace cloudsim
