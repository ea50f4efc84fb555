#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace test {

// An http_client that answers from a script and remembers what it was asked.
class fake_http final : public net::http_client
{
public:
    using reply = support::result<net::http_response>;

    explicit fake_http(support::clock& clock) : clock_(clock) {}

    // Replies to "GET http://host:port/path", one after the other, the last for ever.
    void on(const std::string& request, std::vector<reply> replies);
    // The same, decided when asked.
    void on(const std::string& request, std::function<reply(const net::http_request&)> decide);
    // Every answer takes that long from now on.
    void take(support::duration each) { takes_ = each; }

    const std::vector<net::http_request>& seen() const { return seen_; }
    // How often "GET http://host:port/path" was asked.
    std::size_t count(const std::string& request) const;
    void forget() { seen_.clear(); }

    support::task<reply> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    support::clock& clock_;
    support::duration takes_{};
    std::map<std::string, std::function<reply(const net::http_request&)>> script_;
    std::vector<net::http_request> seen_;
};

// "GET http://host:port/path"
std::string line_of(const net::http_request& request);

}  // namespace test
