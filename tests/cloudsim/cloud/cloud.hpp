#pragma once

#include "cloudsim/support/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// A simulated OpenStack cloud (Keystone, and for each region a Barbican and an Octavia), and beside it the
// certificate API of ByCloud, which shares no object with OpenStack.
//
// The cloud has no sockets, threads or clock. Its caller gives it requests and the time, and takes the
// answers that have left. The same calls at the same times give the same answers. The program `cloudsim` puts
// the cloud behind HTTP. Component tests call it directly:
//
//     cloud c({}, now);
//     const auto id = c.submit({"GET", "127.0.0.1:19876", "/v2/lbaas/listeners/…", {}}, now);
//     c.advance(later);  // at every next_event(), and when time has passed
//     for (auto& departure : c.take_departures())
//     {
//         // departure.id == id: departure.answer has left
//     }
//
// A request takes effect although its client has gone (abandon), as in a real cloud. Tests set, break and
// read the cloud by control/control.hpp.
namespace cloudsim {

using exchange_id = std::uint64_t;
struct cloud_parts;

struct region_options
{
    std::string name;
    std::string key_manager_url;    // without the version; refs are spelled with it
    std::string load_balancer_url;  // without the version
};

struct cloud_options
{
    std::string identity_url = "http://127.0.0.1:15000";  // without /v3
    std::vector<region_options> regions = {
        {"sao1", "http://127.0.0.1:19311", "http://127.0.0.1:19876"},
        {"RegionOne", "http://127.0.0.1:29311", "http://127.0.0.1:29876"},
    };
    std::string bycloud_url = "http://127.0.0.1:17000";  // without /v1; of all regions
    std::string control_url = "http://127.0.0.1:15999";
    std::uint64_t seed = 1;
};

struct departure
{
    exchange_id id = 0;
    reply answer;
};

class cloud
{
public:
    cloud(cloud_options options, instant now);
    ~cloud();
    cloud(cloud&&) noexcept;

    // Takes a request in. Every call first runs the actions that are due until `now`, which never goes back.
    exchange_id submit(const request& asked, instant now);

    // The client has gone, so its answer will not depart. The request goes on.
    void abandon(exchange_id id, instant now);

    // For the control API, which may read and change more than any user.
    cloud_parts& parts(instant now);

    // The next time at which advance() has something to do; empty: none until the next call.
    std::optional<time_point> next_event() const;
    void advance(instant now);

    // The answers that have left since the last call, in their order.
    std::vector<departure> take_departures();

private:
    std::unique_ptr<cloud_parts> parts_;
    exchange_id last_id_ = 0;
};

}  // namespace cloudsim
