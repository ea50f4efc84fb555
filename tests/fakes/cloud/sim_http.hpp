#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/control/control.hpp"
#include "net/http/http.hpp"
#include "support/manual_clock.hpp"

#include <functional>
#include <map>

namespace test {

// The simulated cloud behind the interface of an HTTP client, without sockets. Requests and answers take the
// time that the simulator gives them on the manual clock.
class sim_http final : public net::http_client
{
public:
    explicit sim_http(manual_clock& clock);

    cloudsim::control& control() { return control_; }

    // Called with each request that is sent.
    std::function<void(const net::http_request&)> on_send;

    // From now on no request is sent and no answer arrives, as for a killed process. A request that was sent
    // goes on in the cloud.
    void cut() { cut_ = true; }
    void join() { cut_ = false; }

    support::task<support::result<net::http_response>> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    cloudsim::instant now() const;

    manual_clock& clock_;
    cloudsim::cloud cloud_;
    cloudsim::control control_;
    std::map<cloudsim::exchange_id, cloudsim::reply> left_;
    bool cut_ = false;
};

}  // namespace test
