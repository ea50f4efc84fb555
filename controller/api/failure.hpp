#pragma once

#include "net/http/http.hpp"
#include "support/error.hpp"

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace api {

// Why a call is not answered as it asked: the `error` object of the API.
struct failure
{
    int status = 0;       // the HTTP status, which is also the `code`
    std::string message;  // what is wrong, and with which field
    std::string details;  // what to do
    std::vector<net::header> headers = {};
};

template <class T = void>
using result = std::expected<T, failure>;

inline std::unexpected<failure> fail(int status, std::string message, std::string details)
{
    return std::unexpected(failure{status, std::move(message), std::move(details)});
}

// What an error of the Kubernetes API server means for the caller, with whose token it was asked: 400, 401,
// 403, 404, 409 and 429 pass through, and the caller gets the server's words. Everything else is 500 or 503,
// without them.
failure kubernetes_failure(const support::error& error);

}  // namespace api
