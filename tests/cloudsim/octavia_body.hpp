#pragma once

#include "cloudsim/text.hpp"

#include <expected>
#include <string>

// What Octavia's API layer accepts in a body, before its controllers see it: the attributes by name and type.
namespace cloudsim {

enum class body_kind
{
    new_listener,
    listener_change,
    new_load_balancer,
};

// The object under its root key ("listener" or "loadbalancer"), or the faultstring of a 400.
std::expected<json, std::string> parse_body(const std::string& text, body_kind kind);

}  // namespace cloudsim
