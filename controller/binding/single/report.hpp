#pragma once

#include "binding/single/decide.hpp"
#include "binding/status/ready_status.hpp"

#include <optional>
#include <string>

// Reasons and messages of the short path.
namespace binding::single {

// The status of the object with `ready` and `written`; id, crn, times and, where the cloud shows the binding,
// its state and words are the cloud's.
status render_single(
    const view& of, const ready_status& ready, const ledger& written, const cloud::service_binding* shown
);

// Why the certificate cannot be attached: of its six statuses every one but active.
ready_status of_inactive(const certificate_binding& object, const cloud::service_certificate& certificate);

// A read of the certificate failed. `is_new`: what is missing may still be created.
ready_status of_failed_read(const certificate_binding& object, const cloud::error& error, bool is_new);

// The cloud refused to bind. `is_new`: what is missing may still be created.
ready_status of_refused_create(const certificate_binding& object, const refusal& refused, bool is_new);

// The cloud shows the binding, but not as active.
ready_status of_shown(const certificate_binding& object, const cloud::service_binding& shown);

// The cloud did not remove a binding.
ready_status of_failed_removal(const certificate_binding& object, const removal& removing);

// The words of an error without the id of the request, which differs each time; the log has it.
std::string stable(const std::string& message);

}  // namespace binding::single
