#pragma once

#include "kube/client.hpp"
#include "support/turn.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace api {

// The calls of all callers at Kubernetes: so many are under way, and so many wait for that. A call of an
// unknown token costs a connection and its buffers, so without a bound anybody could take the memory and the
// descriptors of the loop. Few lists are under way, because all pages of a list are in memory until its last
// one.
struct calls_under_way
{
    support::turn turn{64};
    support::turn lists{4};
    std::size_t most_waiting = 2000;
    std::size_t waiting = 0;
};

// The client, whose reads and creations wait for their turn, and fail like an answer 429 of the server where
// too many wait. Deletions do not wait: they follow an accepted creation or read. A list has its turn from
// its first page to its last one, or to a failure. So the client reads one list at a time, and who gives up a
// list between two pages gives up the client. `calls` must outlive the client. `accepted` is called when the
// server has answered such a call as one of an account that it knows.
std::unique_ptr<kube::client> bounded(
    std::unique_ptr<kube::client> client, calls_under_way& calls, std::function<void()> accepted
);

}  // namespace api
