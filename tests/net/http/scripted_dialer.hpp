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

// Connections whose other side is a script instead of a socket.
namespace test {

struct ends
{};

struct stalls  // until it is cancelled
{};

struct fails
{
    support::errc code;
};

// The script of one connection, in order. A read takes the next step; a text is given in one piece.
struct script
{
    std::variant<std::monostate, stalls, fails> connect = {};
    std::variant<std::monostate, stalls, fails> write = {};
    std::deque<std::variant<std::string, ends, stalls, fails>> reads = {};
};

// The record of one connection.
struct connection
{
    net::origin origin;
    std::shared_ptr<const net::tls_settings> tls;
    support::time_point deadline;  // of the dial
    std::vector<std::string> written;
    bool open = false;
    bool quiet = true;  // the answer of quiet()
};

// The scripts of future connections and the records of past ones. Outlives its dialers.
class scripted_network
{
public:
    explicit scripted_network(boost::asio::any_io_executor executor);

    std::unique_ptr<net::dialer> dialer();

    void expect(script next) { scripts_.push_back(std::move(next)); }

    // The records, one for each successful dial, in order.
    std::vector<std::shared_ptr<connection>> connections;
    std::size_t dials = 0;
    std::size_t open() const;

private:
    friend class scripted_dialer;
    boost::asio::any_io_executor executor_;
    std::deque<script> scripts_;
};

}  // namespace test
