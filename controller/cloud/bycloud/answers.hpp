#pragma once

#include "cloud/binding_service.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

// Strict readers of the bodies of the ByCloud API
// (https://docs.bycoded.cloud/api/certificates/get-certificate,
// .../create-binding). Errors are oddities: what is wrong with the body, for people.
namespace cloud::bycloud {

template <class T>
using reading = std::expected<T, std::string>;

// The certificate `id` with its bindings. A body without `bindings` is odd, because it would read as "none".
reading<service_certificate> read_certificate(std::string_view body, const support::uuid& id);

// The binding of a 201; empty if the answer shows none, which the page permits. A binding of another
// certificate or listener is odd.
reading<std::optional<service_binding>> read_created_binding(
    std::string_view body, const support::uuid& certificate, const support::uuid& listener
);

}  // namespace cloud::bycloud
