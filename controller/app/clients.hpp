#pragma once

#include "app/cloud_credentials.hpp"
#include "app/controller.hpp"
#include "app/election.hpp"
#include "app/leader_options.hpp"
#include "app/outgoing_requests.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "kube/client.hpp"
#include "kube/rest_client.hpp"
#include "net/http/http.hpp"
#include "net/http/measured_client.hpp"
#include "net/http/request_places.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/fair_offload.hpp"
#include "support/offload.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace app {

// The clients of the program, and which of them are fenced: what a leader sends to the cloud and what it
// writes to Kubernetes. A login is a write, too.
class clients
{
public:
    struct parts
    {
        std::function<std::unique_ptr<net::http_client>()> create_http;  // with connections of its own
        support::clock& clock;
        support::random_engine& random;
        net::request_limits limits;
        net::measured_client::observer ended;
        kube::request_credentials& credentials;
        std::string manager;  // the field manager of the writes to bindings
        cloud::openstack::allowed_urls allowed;
        support::duration cloud_timeout;
        support::fair_offload& certificates;  // reads them, by tenant
    };

    explicit clients(parts with);

    // ---- not fenced ----
    net::http_client& for_callers() { return outgoing_.unfenced(); }  // with tokens of others
    kube::client& kube() { return *kube_; }                           // for reads, reviews and Events

    // ---- fenced ----
    // Sends what is fenced while `loop` leads; before it is called, nothing. `loop` must outlive the
    // requests.
    void send_while_leading(const controller& loop) { loop_ = &loop; }
    cloud_credentials& cloud() { return cloud_; }

    // Without it this process leads without an election. The arguments are those of app::election.
    void take_part(const leader_options& options, const std::string& host, const std::string& own_namespace);
    const app::election* election() const { return election_.get(); }  // null: there is none

    const std::map<std::string, net::request_places::counts, std::less<>>& by_service() const
    {
        return outgoing_.by_service();
    }

private:
    support::time_point may_send_until() const
    {
        return loop_ != nullptr ? loop_->may_send_until() : support::time_point::min();
    }

    parts parts_;
    const controller* loop_ = nullptr;
    outgoing_requests outgoing_;
    std::unique_ptr<kube::client> kube_;
    std::unique_ptr<support::offload> own_share_;
    cloud_credentials cloud_;
    std::unique_ptr<app::election> election_;
};

}  // namespace app
