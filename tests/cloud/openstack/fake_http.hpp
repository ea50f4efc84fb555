#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace test {

// An http_client that answers from a script and records its requests.
class fake_http final : public net::http_client
{
public:
    using reply = support::result<net::http_response>;

    explicit fake_http(support::clock& clock) : clock_(clock) {}

    // The replies to "GET http://host:port/path", in order; the last one is repeated.
    void on(const std::string& request, std::vector<reply> replies);
    // A reply that is chosen at the request.
    void on(const std::string& request, std::function<reply(const net::http_request&)> decide);
    // Every further answer takes this long.
    void take(support::duration time) { takes_ = time; }

    const std::vector<net::http_request>& requests() const { return requests_; }
    // The number of requests "GET http://host:port/path".
    std::size_t count(const std::string& request) const;
    void forget() { requests_.clear(); }

    support::task<reply> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    support::clock& clock_;
    support::duration takes_{};
    std::map<std::string, std::function<reply(const net::http_request&)>> script_;
    std::vector<net::http_request> requests_;
};

// "GET http://host:port/path"
std::string line_of(const net::http_request& request);

}  // namespace test
