#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace net {

// One request, once it has ended.
struct measured_request
{
    std::string_view service;  // as http_request has it
    std::string_view method;
    const net::origin& origin;
    int status;                  // of the answer; 0: there was none
    support::duration duration;  // to the end of the answer, or to its header where a stream was asked for
    std::string_view path = {};  // without the query
    // By which the server's own log knows the request; empty: the answer names none.
    std::string_view request_id = {};
};

// Tells an observer about each request that ended; a request that was cancelled has not.
class measured_client final : public http_client
{
public:
    using observer = std::function<void(const measured_request&)>;

    // `next` and `clock` must outlive it.
    measured_client(http_client& next, support::clock& clock, observer ended)
        : next_(next), clock_(clock), ended_(std::move(ended))
    {}

    support::task<support::result<http_response>> send(http_request request) override;
    support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) override;

private:
    http_client& next_;
    support::clock& clock_;
    observer ended_;
};

}  // namespace net
