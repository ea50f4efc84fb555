#pragma once

#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <functional>

namespace net {

// Sends no request that may change something (every method but GET and HEAD) after a time that may move. Such
// a request is too_late. The time is asked for when the request comes, and compared with the clock right
// before the first byte is sent.
class fenced_client final : public http_client
{
public:
    // `next` and `clock` must outlive it.
    fenced_client(
        http_client& next, support::clock& clock, std::function<support::time_point()> may_send_until
    )
        : next_(next), clock_(clock), may_send_until_(std::move(may_send_until))
    {}

    support::task<support::result<http_response>> send(http_request request) override;
    support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) override;

private:
    support::result<> fence(http_request& request) const;

    http_client& next_;
    support::clock& clock_;
    std::function<support::time_point()> may_send_until_;
};

}  // namespace net
