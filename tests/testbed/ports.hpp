#pragma once

namespace testbed {

// A TCP port of 127.0.0.1 that nobody listens on, outside the range that the kernel gives to outgoing
// connections. Somebody may take it before its server does: who starts one tries again with another port.
int free_port();

}  // namespace testbed
