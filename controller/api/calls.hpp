#pragma once

#include "api/bindings.hpp"
#include "api/body.hpp"
#include "api/failure.hpp"
#include "api/request.hpp"
#include "api/waiting.hpp"
#include "kube/client.hpp"
#include "net/http/handler.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

// The operations of the API, each from the read request to its answer.
namespace api {

struct call
{
    kube::client& as_caller;
    support::clock& clock;
    find_binding find;  // in the index of the controller
    parameters where;
};

// 201; or the failure that the loop tells. A binding that is refused with 4xx is deleted again, unless it may
// be attached. `place` waits until `deadline`.
support::task<result<net::page>> create_binding(
    call call, new_binding wanted, waiting::place& place, support::time_point deadline
);

// 204; or 202 with the binding if its deletion waits beyond `deadline` or for a person.
support::task<result<net::page>> delete_binding(
    call call, waiting::place& place, support::time_point deadline
);

support::task<result<net::page>> read_binding(call call);
support::task<result<net::page>> list_bindings(call call);
support::task<result<net::page>> read_certificate(call call);
support::task<result<net::page>> list_listener_certificates(call call);

}  // namespace api
