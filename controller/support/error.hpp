#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

// A failure as a value: what the caller decides on, and one line for people.
namespace support {

enum class errc
{
    invalid,      // what we were given is malformed or missing (configuration, a file, an argument)
    unreachable,  // nothing of the request was sent: no address, connection refused, TLS refused
    interrupted,  // the request was sent, perhaps in part, and no complete answer came: cut, reset, deadline
    bad_answer,   // the answer is not what the protocol promises: wrong type, not JSON
    too_large,    // the answer is larger than whoever asked takes
    status,       // the server answered with an error status, see http_status
};

struct error
{
    errc code = errc::invalid;
    std::string message;  // one line, without secrets: what is wrong and, where it helps, what to do
    int http_status = 0;  // of errc::status
    std::optional<std::chrono::seconds> retry_after;  // the server's wish (RFC 9110 section 10.2.3)
};

template <class T = void>
using result = std::expected<T, error>;

inline std::unexpected<error> fail(errc code, std::string message)
{
    return std::unexpected(error{code, std::move(message), 0, std::nullopt});
}

// `e` with what was being done in front: "kubeconfig /etc/kc: no context \"prod\"".
inline std::unexpected<error> fail(const std::string& doing, error e)
{
    e.message = doing + ": " + e.message;
    return std::unexpected(std::move(e));
}

}  // namespace support
