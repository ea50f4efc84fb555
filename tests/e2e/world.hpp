#pragma once

#include "cloudsim/http/remote_control.hpp"
#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/world.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The surroundings of one test: a simulated cloud and a namespace of its own. The Kubernetes servers are
// started once for the program.
namespace e2e {

testbed::servers& kubernetes();

// Whether the chart brings its CustomResourceDefinition; to be set before the first test.
extern bool definition_installed;

class world : public testbed::world
{
protected:
    world();

    void start_controller(const std::vector<std::string>& more_flags = {});

    cloudsim::control::certificate certificate(const std::string& server_name) const;
    // One cloud, prod, with this application credential.
    static std::string clouds_yaml(
        const std::string& auth_url, const cloudsim::control::credential& credential
    );
    // The ref that a TLS client of that name gets; "nothing" if it is not served.
    std::string served(const std::string& listener, const std::string& server_name) const;

    std::unique_ptr<testbed::child> cloud;
    std::optional<cloudsim::remote_control> sim;
    std::string identity;  // Keystone's URL
    std::string project;
    std::string balancer;
    std::string foreign;        // the ref of somebody else's certificate ...
    std::string listener;       // ... which is the default of this listener
    std::string bare_listener;  // has no certificate at all

private:
    std::filesystem::path clouds_yaml_;
};

}  // namespace e2e
