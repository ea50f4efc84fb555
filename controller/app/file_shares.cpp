#include "app/file_shares.hpp"

#include <algorithm>

namespace app {
namespace {

constexpr std::size_t watches_of_secrets = 64;  // runtime/object_budget.hpp
// The streams of the process, its timers and signals, the Lease, the sockets that listen, a few connections
// of operators.
constexpr std::size_t others = 64;
constexpr std::size_t least_rest = 32;
// Of the files that requests share: half for the clouds, an eighth each for Kubernetes and for connections
// that are kept, and the rest for look-ups of names and for further addresses of a server.
constexpr std::size_t of_clouds = 2;
constexpr std::size_t of_kubernetes = 8;
constexpr std::size_t of_idle = 8;
constexpr std::size_t fewest_requests = 4;  // as the flags have it

}  // namespace

file_shares share_files(const net::request_limits& wanted, std::size_t files, std::size_t watched)
{
    file_shares shares{.requests = wanted};
    const std::size_t fixed = others + watches_of_secrets + std::max<std::size_t>(watched, 1);
    if (files >= fixed + wanted.of_the_cloud + wanted.of_kubernetes + shares.idle)
    {
        return shares;
    }
    const std::size_t rest = std::max(files, fixed + least_rest) - fixed;
    const auto at_most = [rest](std::size_t number, std::size_t share) {
        return std::min(number, std::max(rest / share, fewest_requests));
    };
    shares.requests.of_the_cloud = at_most(wanted.of_the_cloud, of_clouds);
    shares.requests.of_kubernetes = at_most(wanted.of_kubernetes, of_kubernetes);
    shares.idle = at_most(shares.idle, of_idle);
    return shares;
}

}  // namespace app
