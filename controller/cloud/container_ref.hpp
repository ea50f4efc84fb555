#pragma once

#include "support/uuid.hpp"

#include <optional>
#include <string>
#include <string_view>

// The URLs by which Octavia knows certificates.
namespace cloud {

enum class ref_kind
{
    container,
    secret,
};

// What a container ref names, whatever host name it is spelled with.
struct ref_name
{
    ref_kind kind = ref_kind::container;
    support::uuid id;

    bool operator==(const ref_name&) const = default;

    // "containers/<id>" or "secrets/<id>", the id in lower case.
    std::string str() const;
};

// Reads "http(s)://<host>[/<path>]/v1/containers/<id>" or the same with "secrets", an id of either case and,
// as python-barbicanclient does, slashes at the end; empty for anything else.
std::optional<ref_name> parse_container_ref(std::string_view container_ref);

// ref_name::str() of what `container_ref` names. A text that is no URL of a certificate service is its own
// key.
std::string ref_key(std::string_view container_ref);

// Same kind and id (or, for other texts, the same text).
bool same_ref(std::string_view a, std::string_view b);

}  // namespace cloud
