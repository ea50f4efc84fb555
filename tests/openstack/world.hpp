#pragma once

#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/world.hpp"

#include <string>
#include <vector>

// The controller between a real API server and a real OpenStack. Both start once for the program. Each test
// has a namespace and a load balancer of its own.
namespace openstack_test {

// The output of the script `seed` for these arguments. A failure of the script fails the test.
std::string seed(const std::vector<std::string>& arguments);

class world : public testbed::world
{
protected:
    world();
    ~world() override;

    // Starts the controller with an entry of the cloud's clouds.yaml.
    void start_controller(const std::string& entry = "shop", const std::vector<std::string>& flags = {});

    // The listener as Octavia shows it.
    nlohmann::json shown(const std::string& listener) const;
    std::string default_of(const std::string& listener) const;
    std::vector<std::string> sni_of(const std::string& listener) const;

    std::string balancer;
    std::string foreign;   // the ref of a foreign certificate
    std::string listener;  // the default of this listener is `foreign`
};

}  // namespace openstack_test
