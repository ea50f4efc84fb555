#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace e2e {

// A request that changes something, and its answer.
struct seen_write
{
    std::string method;
    std::string path;  // without the query
    std::string body;  // of the request
    int status = 0;
};

// Certificate and key of a TLS server, as files.
struct tls_pair
{
    std::filesystem::path certificate;
    std::filesystem::path key;
};

// Stands before one server of 127.0.0.1, with a thread of its own, and shows each write of its clients when
// the server has answered it, before the client gets the answer. Where either side hangs up, so does the
// gate. All gates and clients have this machine alone, so that the certificate of the server is not verified.
class write_gate final
{
public:
    // Called in the thread of the gate.
    using observer = std::function<void(const seen_write&)>;

    // `tls`: the server speaks TLS, and the gate shows this certificate.
    write_gate(int server_port, const std::optional<tls_pair>& tls, observer seen);
    write_gate(const write_gate&) = delete;
    write_gate& operator=(const write_gate&) = delete;
    ~write_gate();  // ends all connections

    int port() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace e2e
