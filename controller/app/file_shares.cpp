#include "app/file_shares.hpp"

#include <algorithm>

namespace app {
namespace {

constexpr std::size_t watches_of_secrets = 64;  // runtime/object_budget.hpp
// The streams of the process, its timers and signals, the Lease, the sockets that listen, a few connections
// of operators.
constexpr std::size_t others = 64;
constexpr std::size_t least_rest = 32;
// Of the files that requests share: an eighth at least for connections that are kept, and an eighth for
// look-ups of names and for further addresses of a server.
constexpr std::size_t part = 8;
constexpr std::size_t fewest_requests = 4;  // as the flags have it

}  // namespace

file_shares share_files(const net::request_limits& wanted, std::size_t files, std::size_t watched)
{
    const std::size_t fixed = others + watches_of_secrets + std::max<std::size_t>(watched, 1);
    const std::size_t rest = std::max(files, fixed + least_rest) - fixed;
    const std::size_t for_requests = rest * (part - 2) / part;
    file_shares shares{.requests = wanted};
    auto& [of_a_server, of_kubernetes, of_the_cloud] = shares.requests;
    if (of_the_cloud + of_kubernetes > for_requests)
    {
        of_kubernetes = std::min(of_kubernetes, std::max(rest / part, fewest_requests));
        of_the_cloud = std::min(of_the_cloud, std::max(for_requests - of_kubernetes, fewest_requests));
    }
    const std::size_t taken = of_the_cloud + of_kubernetes + (rest / part);
    shares.idle = std::min(shares.idle, std::max(rest, taken) - taken);
    return shares;
}

}  // namespace app
