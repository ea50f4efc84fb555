#pragma once

#include "api/failure.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "net/http/handler.hpp"
#include "support/uuid.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

// The answers of the API as JSON, with its keys and no others.
namespace api {

// {"binding": {...}}
net::page binding_page(int status, const binding::certificate_binding& object);

// A part of a list: the items behind `marker` in the order of their ids, so that a marker whose item is gone
// still has its place.
struct part
{
    std::size_t first = 0;
    std::size_t count = 0;
};
part part_of(
    std::span<const support::uuid> sorted, const std::optional<support::uuid>& marker, std::size_t limit
);

// {"bindings": [...], "meta": {...}}; `all` is sorted by uid.
net::page bindings_page(
    const std::vector<binding::certificate_binding>& all,
    const std::optional<support::uuid>& marker,
    std::size_t limit
);

// {"certificate": {...}} with its bindings, as these show it; there is at least one. Of more than `most` it
// has the first.
net::page certificate_page(const std::vector<binding::certificate_binding>& bindings, std::size_t most);

// {"certificates": [...], "meta": {...}}: the certificates of these bindings, without the bindings.
net::page certificates_page(
    const std::vector<binding::certificate_binding>& bindings,
    const std::optional<support::uuid>& marker,
    std::size_t limit
);

// {"error": {...}}
net::page failure_page(const failure& why, const std::string& request_id);

}  // namespace api
