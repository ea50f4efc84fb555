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
// be attached. Waits until `deadline`. A place is taken when Kubernetes has accepted the token, so that
// made-up tokens keep nobody out; where none is left by then, the answer is 201 at once.
support::task<result<net::page>> create_binding(
    call call, new_binding wanted, waiting& places, support::time_point deadline
);

// 204; or 202 with the binding if its deletion waits beyond `deadline` or for a person, or if there is no
// place to wait.
support::task<result<net::page>> delete_binding(call call, waiting& places, support::time_point deadline);

support::task<result<net::page>> read_binding(call call);
support::task<result<net::page>> list_bindings(call call);
support::task<result<net::page>> read_certificate(call call);
support::task<result<net::page>> list_listener_certificates(call call);

}  // namespace api
