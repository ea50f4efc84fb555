#pragma once

// The HTTP statuses that the API answers with (RFC 9110 section 15, RFC 6585).
namespace api::http {

inline constexpr int ok = 200;
inline constexpr int created = 201;
inline constexpr int accepted = 202;
inline constexpr int no_content = 204;
inline constexpr int bad_request = 400;
inline constexpr int unauthorized = 401;
inline constexpr int forbidden = 403;
inline constexpr int not_found = 404;
inline constexpr int method_not_allowed = 405;
inline constexpr int conflict = 409;
inline constexpr int unprocessable = 422;
inline constexpr int too_many_requests = 429;
inline constexpr int closed_by_peer = 499;  // of the log alone, as in nginx
inline constexpr int server_error = 500;
inline constexpr int unavailable = 503;

inline bool is_refusal(int status)
{
    return status >= bad_request && status < server_error;
}

}  // namespace api::http
