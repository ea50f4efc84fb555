#pragma once

#include "app/controller.hpp"
#include "app/leader_options.hpp"
#include "app/rights_check.hpp"
#include "kube/client.hpp"
#include "kube/rest_client.hpp"
#include "net/http/http.hpp"
#include "net/http/measured_client.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace app {

// The clients with which the program takes part in the election of a leader. The Lease has a client of its
// own, so that no other request delays a renewal.
class election
{
public:
    struct parts
    {
        std::unique_ptr<net::http_client> http;  // of the Lease alone
        support::clock& clock;
        support::random_engine& random;
        kube::request_credentials& credentials;
        net::http_client& fenced;  // sends no write unless this process leads
        std::string manager;       // the field manager of those writes
        net::measured_client::observer requested;
    };

    // `host` becomes part of the identity. `own_namespace`: of the pod or of the kubeconfig's context; may be
    // empty.
    election(
        parts with, const leader_options& options, const std::string& host, const std::string& own_namespace
    );

    leader_election for_controller() const { return taking_part_; }
    std::vector<right> rights() const
    {
        return rights_of_candidate(taking_part_.name_space, taking_part_.name);
    }
    // Of the Lease, for people: "kube-system/certificate-binding-controller".
    std::string full_name() const { return taking_part_.name_space + "/" + taking_part_.name; }

private:
    std::unique_ptr<net::http_client> http_;
    net::measured_client measured_;
    std::unique_ptr<kube::client> lease_;
    std::unique_ptr<kube::client> writes_;
    leader_election taking_part_;
};

}  // namespace app
