#pragma once

#include "api/failure.hpp"
#include "api/routes.hpp"
#include "net/http/handler.hpp"
#include "support/secret.hpp"
#include "support/uuid.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads a request of the API. Nothing here asks anybody.
namespace api {

// The token of Authorization: Bearer (RFC 6750 section 2.1). Failure: 401.
result<support::secret> read_token(const std::vector<net::header>& headers);

// Whether the text can be the name of a namespace, an RFC 1123 label.
bool is_namespace(std::string_view text);

// Whether the text can be a region; the schema of spec.region has the same pattern.
bool is_region(std::string_view text);

struct defaults
{
    std::string name_space;  // empty: X-Namespace is required
    std::string region;      // empty: X-Region is required
};

struct parameters
{
    // Those that the operation has in its path; the others are nil.
    support::uuid certificate_id;
    support::uuid binding_id;
    support::uuid listener_id;
    std::string name_space;
    std::string region;
    std::size_t limit = 20;
    std::optional<support::uuid> marker;
    std::optional<std::chrono::seconds> wait;
};

inline constexpr std::size_t most_listed = 1000;          // of `limit`
inline constexpr std::chrono::seconds longest_wait{300};  // of `wait`

// Failure: 400, with the name of the parameter.
result<parameters> read_parameters(
    const route& route, const net::server_request& request, const defaults& defaults
);

}  // namespace api
