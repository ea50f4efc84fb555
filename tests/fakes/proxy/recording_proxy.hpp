#pragma once

#include "fakes/certificates/certificates.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace test {

enum class proxy_protocol
{
    connect,  // HTTP's CONNECT
    socks5,
};

struct proxy_options
{
    proxy_protocol protocol = proxy_protocol::connect;
    std::optional<certificate> tls = {};  // the proxy speaks TLS with this certificate
    std::string login = {};               // "user:password", which clients must give; empty: none
};

// A request for a connection, as it came.
struct proxy_request
{
    std::string to;          // "keystone.test:5000"
    std::string login = {};  // "user:password"; empty: none was given
    bool client_certificate = false;

    bool operator==(const proxy_request&) const = default;
};

// A proxy on 127.0.0.1 that records who is asked for. Every host is this machine, so that tests can use any
// name: a request for keystone.test:5000 is connected to 127.0.0.1:5000.
class recording_proxy
{
public:
    recording_proxy(boost::asio::io_context& context, proxy_options options = {});
    ~recording_proxy();  // ends all connections
    recording_proxy(const recording_proxy&) = delete;
    recording_proxy& operator=(const recording_proxy&) = delete;

    std::uint16_t port() const { return port_; }
    std::vector<proxy_request> requests() const;  // from any thread

    struct state;

private:
    std::shared_ptr<state> state_;
    std::uint16_t port_;
};

// A recording_proxy with a thread of its own, for a program as its client.
class background_proxy
{
public:
    explicit background_proxy(proxy_options options = {});
    ~background_proxy();

    std::uint16_t port() const { return proxy_->port(); }
    std::vector<proxy_request> requests() const { return proxy_->requests(); }

private:
    boost::asio::io_context context_;
    std::unique_ptr<recording_proxy> proxy_;
    std::thread thread_;
};

}  // namespace test
