#pragma once

#include "cloudsim/support/text.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

// The check of a body by Octavia's API layer, before its controllers see the body: attributes by name and
// type.
namespace cloudsim {

enum class body_kind
{
    new_listener,
    listener_change,
    new_load_balancer,
};

// The object under its root key ("listener" or "loadbalancer"), or the faultstring of a 400.
std::expected<json, std::string> parse_body(const std::string& text, body_kind kind);

// A text of the object, unless the member is left out, null or empty.
std::optional<std::string> given_text(const json& body, const std::string& name);

// The refs of `sni_container_refs`, as they were sent; none if the member is left out or null.
std::vector<std::string> sni_refs_of(const json& body);

// All refs of certificates, in the order in which Octavia reads them: SNI, then the default.
std::vector<std::string> refs_of(const json& body);

}  // namespace cloudsim
