#pragma once

#include "net/transport/dialer.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// Connections whose other side is written down beforehand, instead of sockets.
namespace test {

struct ends
{};

struct stalls  // until it is cancelled
{};

struct fails
{
    support::errc code;
};

// What one connection does, in order. A read takes the next step; text is given in one piece.
struct script
{
    std::variant<std::monostate, stalls, fails> connect = {};
    std::variant<std::monostate, stalls, fails> write = {};
    std::deque<std::variant<std::string, ends, stalls, fails>> reads = {};
};

// What became of it.
struct connection
{
    net::origin origin;
    std::shared_ptr<const net::tls_settings> tls;
    std::vector<std::string> written;
    bool open = false;
    bool quiet = true;  // what the stream says of itself
};

// The scripts of the connections to come, and those there were. Outlives its dialers.
class scripted_network
{
public:
    explicit scripted_network(boost::asio::any_io_executor executor);

    std::unique_ptr<net::dialer> dialer();

    void expect(script next) { scripts_.push_back(std::move(next)); }

    // One for each dial that succeeded, in their order.
    std::vector<std::shared_ptr<connection>> connections;
    std::size_t dials = 0;
    std::size_t open() const;

private:
    friend class scripted_dialer;
    boost::asio::any_io_executor executor_;
    std::deque<script> scripts_;
};

}  // namespace test
