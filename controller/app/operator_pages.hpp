#pragma once

#include "app/controller.hpp"
#include "app/rights_check.hpp"
#include "net/http/server.hpp"
#include "net/transport/listen_address.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace app {

// Listens for the pages for operators: /metrics, /livez and /healthz (200 while the program works, whatever
// the API server does) and /readyz; with ?verbose, their checks by name, as kube-apiserver has it
// (https://kubernetes.io/docs/reference/using-api/health-checks/). `loop` and `rights` must outlive the
// server. Errors: invalid, with the flag.
support::result<std::unique_ptr<net::server>> listen_for_operators(
    const boost::asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop,
    const rights_check& rights
);

}  // namespace app
