#include "api/failure.hpp"

#include "api/http_status.hpp"

namespace api {
namespace {

using support::errc;

constexpr int too_many_seconds = 1;  // to wait, where the server does not say how long

failure refused_by_server(const support::error& error)
{
    const std::string& words = error.message;
    switch (error.http_status)
    {
        case http::bad_request:
        case http::unprocessable:
            return {http::bad_request, "Kubernetes refuses the object: " + words, "Correct the request."};
        case http::unauthorized:
            return {
                http::unauthorized,
                "Kubernetes does not accept the token",
                "Send a valid Kubernetes token of the cluster: Authorization: Bearer TOKEN.",
                {{"WWW-Authenticate", "Bearer"}}
            };
        case http::forbidden:
            return {
                http::forbidden,
                "the token has no right to this: " + words,
                "Grant its account the verb on certificatebindings.certificates.bycloud.io in the namespace."
            };
        case http::not_found:
            return {http::not_found, "Kubernetes answers 404: " + words, "Check the namespace and the ids."};
        case http::conflict:
            return {
                http::conflict, "Kubernetes answers 409: " + words, "Repeat the request, if this is over."
            };
        case http::too_many_requests:
            return {
                http::too_many_requests,
                "Kubernetes has too many requests",
                "Repeat the request after the time in Retry-After.",
                {{"Retry-After",
                  std::to_string(error.retry_after ? error.retry_after->count() : too_many_seconds)}}
            };
        default:
            return {http::unavailable, "Kubernetes cannot answer now", "Repeat the request later."};
    }
}

}  // namespace

failure kubernetes_failure(const support::error& error)
{
    switch (error.code)
    {
        case errc::status:
            return refused_by_server(error);
        case errc::unreachable:
            return {http::unavailable, "Kubernetes cannot be reached", "Repeat the request later."};
        case errc::too_late:
            return {
                http::unavailable,
                "too many requests of the controller wait for Kubernetes",
                "Repeat the request later."
            };
        case errc::interrupted:
            return {
                http::unavailable,
                "Kubernetes did not answer in time, and may have done what was asked",
                "Read the binding, or repeat the request."
            };
        default:
            return {
                http::server_error,
                "the answer of Kubernetes cannot be read",
                "The log of the controller tells more; look there for the request_id."
            };
    }
}

}  // namespace api
