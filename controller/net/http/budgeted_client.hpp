#pragma once

#include "net/http/http.hpp"
#include "net/http/request_places.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace net {

// Sends a request when it has a place (request_places); until then it waits within its deadline and its
// send_by. An error besides those of http_client: too_late where the wait took too long; nothing was sent,
// and the message says for how long it waited, and for which budget. A stream holds its place only until its
// header has come, because the streams of the program are watches, whose number is bounded where they are
// opened.
class budgeted_client final : public http_client
{
public:
    // `next` and `clock` must outlive it.
    budgeted_client(http_client& next, support::clock& clock, request_limits limits);
    // Shares the places of another one. `tenant`: who brought what the requests log in with; empty: the
    // controller itself.
    budgeted_client(http_client& next, const budgeted_client& budget, std::string_view tenant = {});
    ~budgeted_client() override;

    support::task<support::result<http_response>> send(http_request request) override;
    support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) override;

    const std::map<std::string, request_places::counts, std::less<>>& by_service() const;

private:
    class place;
    struct shared;

    http_client& next_;
    std::shared_ptr<shared> shared_;
    std::size_t tenant_ = 0;  // a digest
};

}  // namespace net
