#pragma once

#include "cloud/openstack/create_client.hpp"
#include "fakes/cloud/sim_http.hpp"
#include "support/loop.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace test {

// A tenant of the cloud simulator, and the whole client in front of it.
class simulated_tenant : public loop
{
protected:
    // The entry of the lab, without a login.
    static cloud::openstack::cloud_entry lab_entry()
    {
        cloud::openstack::cloud_entry entry;
        entry.cloud = "lab";
        entry.keystone = net::parse_url("http://127.0.0.1:15000/v3").value();
        entry.interfaces = {"public"};
        return entry;
    }

    static cloud::openstack::cloud_entry entry_of(const cloudsim::control::credential& by)
    {
        cloud::openstack::cloud_entry entry = lab_entry();
        entry.how = cloud::openstack::cloud_entry::login::application_credential;
        entry.application_credential_id = by.id;
        entry.secret = support::secret(by.secret);
        return entry;
    }

    // From now on the client has this entry, and its requests go through `http`.
    void use(net::http_client& http, cloud::openstack::cloud_entry entry)
    {
        client =
            cloud::openstack::create_client(http, clock(), random, std::move(entry), std::chrono::minutes(1));
    }

    static support::uuid id(const std::string& text) { return support::uuid::parse(text).value(); }

    sim_http simulated{clock()};
    const cloudsim::control& sim = simulated.control();
    std::string project = sim.add_project("tenant-a");
    std::string user = sim.add_user("user-a", project);
    cloudsim::control::credential credential = sim.add_application_credential(user, project);
    std::string foreign_project = sim.add_project("tenant-b");
    std::string foreign_user = sim.add_user("user-b", foreign_project);
    support::random_engine random{3};
    std::unique_ptr<cloud::client> client;
};

}  // namespace test
