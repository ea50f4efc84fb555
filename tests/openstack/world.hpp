#pragma once

#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/world.hpp"

#include <string>
#include <vector>

// The controller between a real API server and a real OpenStack; both are started once for the program. Each
// test has a namespace and a load balancer of its own.
namespace openstack_test {

// What the script `seed` says to these arguments. Fails the test where it fails.
std::string seed(const std::vector<std::string>& arguments);

class world : public testbed::world
{
protected:
    world();
    ~world() override;

    // With an entry of the cloud's clouds.yaml.
    void start_controller(const std::string& entry = "shop");

    // As Octavia shows it.
    nlohmann::json shown(const std::string& listener) const;
    std::string default_of(const std::string& listener) const;
    std::vector<std::string> sni_of(const std::string& listener) const;

    std::string balancer;
    std::string foreign;   // the ref of somebody else's certificate ...
    std::string listener;  // ... which is the default of this listener
};

}  // namespace openstack_test
