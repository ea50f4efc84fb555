#pragma once

namespace testbed {

// A TCP port of 127.0.0.1 that nobody listens on, outside the range that the kernel uses for outgoing
// connections. No program gets the same port twice. Another process may take the port before the server does;
// the caller then tries another port.
int free_port();

}  // namespace testbed
