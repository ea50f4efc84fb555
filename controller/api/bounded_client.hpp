#pragma once

#include "kube/client.hpp"
#include "support/turn.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace api {

// The calls of all callers at Kubernetes: so many are under way, and so many wait for that. A call of an
// unknown token costs a connection and its buffers, so without a bound anybody could take the memory and the
// descriptors of the loop.
struct calls_under_way
{
    support::turn turn{64};
    std::size_t most_waiting = 2000;
    std::size_t waiting = 0;
};

// The client, whose reads and creations wait for their turn, and fail like an answer 429 of the server where
// too many wait. Deletions do not wait: they follow an accepted creation or read. `calls` must outlive the
// client.
// `accepted` is called when the server has answered such a call as one of an account that it knows.
std::unique_ptr<kube::client> bounded(
    std::unique_ptr<kube::client> client, calls_under_way& calls, std::function<void()> accepted
);

}  // namespace api
