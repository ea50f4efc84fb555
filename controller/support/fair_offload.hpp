#pragma once

#include "support/offload.hpp"

#include <memory>
#include <string>

namespace support {

// Divides one offload among tenants: one piece of work runs at a time, and the tenants take turns. So a
// tenant with much work delays the work of another one by one piece. The work of a tenant runs in the order
// of the calls. Work whose caller is cancelled before it began does not run.
class fair_offload
{
public:
    // `next` must outlive all that of_tenant() gives. The callers share one event loop.
    explicit fair_offload(offload& next);

    std::unique_ptr<offload> of_tenant(std::string tenant);

private:
    class lines;
    class share;

    offload& next_;
    std::shared_ptr<lines> lines_;
};

}  // namespace support
