#pragma once

#include "app/controller.hpp"
#include "net/http/server.hpp"
#include "net/transport/listen_address.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace app {

// Listens for the pages for whoever looks for a fault: /debug/targets (debug_targets.hpp). Warns of an
// address that other machines reach, because the pages name every binding and nobody has to log in. `loop`
// must outlive the server. Errors: invalid, with the flag.
support::result<std::unique_ptr<net::server>> listen_for_debugging(
    const boost::asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop
);

}  // namespace app
