#pragma once

#include "fakes/certificates/certificates.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kubeconfigs {

// What a client showed of itself in one request.
struct seen_request
{
    bool tls = false;
    std::string server_name;                 // SNI
    std::string target;                      // path and query
    std::string authorization;               // the header's value
    std::string certificate;                 // common name of the client certificate
    std::vector<std::string> impersonation;  // "name: value", names in lower case, sorted
};

// Answers every request over http and https on one port of 127.0.0.1 with 200, and remembers what it saw.
// Takes every client certificate.
class recording_server final
{
public:
    explicit recording_server(const test::certificate& certificate);
    ~recording_server();
    recording_server(const recording_server&) = delete;
    recording_server& operator=(const recording_server&) = delete;

    std::uint16_t port() const;

    // The requests since the last call.
    std::vector<seen_request> take();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace kubeconfigs
