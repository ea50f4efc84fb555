#pragma once

#include "net/http/server_core.hpp"

namespace net {

// Serves the requests of a connection until its end.
support::task<> serve(std::shared_ptr<server_core> core, std::shared_ptr<server_connection> peer);

// Says to the peer that there are too many connections, and ends the connection.
support::task<> turn_away(std::shared_ptr<server_core> core, std::shared_ptr<server_connection> peer);

}  // namespace net
