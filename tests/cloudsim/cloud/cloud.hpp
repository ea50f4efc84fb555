#pragma once

#include "cloudsim/support/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// A simulated OpenStack cloud: Keystone, and for each region a Barbican and an Octavia.
//
// It has no sockets, threads or clock: it is given requests and the time, and says what leaves when. The same
// calls at the same times give the same answers. The program `cloudsim` puts it behind HTTP; component tests
// call it directly:
//
//     cloud c({}, now);
//     const auto id = c.submit({"GET", "127.0.0.1:19876", "/v2/lbaas/listeners/…", {{"X-Auth-Token", t}}},
//     now); c.advance(later);                      // at every next_event() and whenever time has passed for
//     (auto& left : c.take_departures()) // left.id == id: left.answer has left
//
// What a request does happens although its client has gone (abandon), as in a real cloud. What tests set,
// break and read is in control/control.hpp.
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

    // Takes a request in. Every call first does what has become due until `now`, which never goes back.
    exchange_id submit(const request& asked, instant now);

    // The client has gone: its answer will not depart. Everything else goes on.
    void abandon(exchange_id id, instant now);

    // For the control API, which sees and changes what no user can.
    cloud_parts& parts(instant now);

    // When advance() has something to do; empty: nothing until the next call.
    std::optional<time_point> next_event() const;
    void advance(instant now);

    // The answers that have left since the last call, in their order.
    std::vector<departure> take_departures();

private:
    std::unique_ptr<cloud_parts> parts_;
    exchange_id last_id_ = 0;
};

}  // namespace cloudsim
