#pragma once

#include "cloudsim/cloud.hpp"
#include "cloudsim/control.hpp"
#include "net/http.hpp"
#include "support/clock.hpp"

#include <map>
#include <set>
#include <string>

namespace test {

// An http_client whose network is the cloud simulator, in this process and by this clock.
class simulated_http final : public net::http_client
{
public:
    explicit simulated_http(support::clock& clock);

    const cloudsim::control& control() const { return control_; }
    // Every token that was sent.
    const std::set<std::string>& tokens() const { return tokens_; }

    support::task<support::result<net::http_response>> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    cloudsim::instant now() const;
    void collect();

    support::clock& clock_;
    cloudsim::cloud cloud_;
    cloudsim::control control_;
    std::map<cloudsim::exchange_id, cloudsim::reply> departed_;
    std::set<std::string> tokens_;
};

}  // namespace test
