#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

// A failure as a value: a code for the caller to decide on, and one line for people.
namespace support {

enum class errc
{
    invalid,      // an input is malformed or missing (configuration, a file, an argument)
    unreachable,  // nothing of the request was sent (no address, connection refused, TLS refused)
    // Nothing was sent, because reaching the server, or getting a place among the requests under way, took
    // longer than the request is worth sending.
    too_late,
    interrupted,  // the request was sent, perhaps in part, and no complete answer came (cut, reset, deadline)
    bad_answer,   // the answer breaks its protocol (wrong type, not JSON)
    too_large,    // the answer is larger than the caller accepts
    status,       // the server answered with an error status; http_status holds it
};

struct error
{
    errc code = errc::invalid;
    // One line, without secrets: what is wrong, with which object and, where it helps, what to do.
    std::string message;
    int http_status = 0;  // set for errc::status
    // How long the server asks to wait (Retry-After, RFC 9110 section 10.2.3).
    std::optional<std::chrono::seconds> retry_after;
    // errc::unreachable: the host is unknown, refuses the connection or is not trusted.
    bool misdirected = false;
};

template <class T = void>
using result = std::expected<T, error>;

inline std::unexpected<error> fail(errc code, std::string message)
{
    return std::unexpected(error{code, std::move(message), 0, std::nullopt, false});
}

// The error `e`, its message led by the step that failed: "kubeconfig /etc/kc: no context \"prod\"".
inline std::unexpected<error> fail(const std::string& doing, error e)
{
    e.message = doing + ": " + e.message;
    return std::unexpected(std::move(e));
}

}  // namespace support
