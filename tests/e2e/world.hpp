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

// The surroundings of one test: a simulated cloud and a namespace of its own. The Kubernetes servers start
// once for the program.
namespace e2e {

testbed::servers& kubernetes();

// Whether the chart brings its CustomResourceDefinition. A program sets the flag before the first test.
extern bool definition_installed;

class world : public testbed::world
{
protected:
    world();

    void start_controller(const std::vector<std::string>& more_flags = {});

    // A second process beside it.
    testbed::child another_controller(const std::vector<std::string>& more_flags) const;

    cloudsim::control::certificate certificate(const std::string& server_name) const;
    // One cloud, prod, with this application credential.
    static std::string clouds_yaml(
        const std::string& auth_url, const cloudsim::control::credential& credential
    );
    // The ref of the certificate that a TLS client of that name gets; "nothing" if the listener serves none.
    std::string served(const std::string& listener, const std::string& server_name) const;

    std::unique_ptr<testbed::child> cloud;
    std::optional<cloudsim::remote_control> sim;
    std::string identity;  // Keystone's URL
    std::string project;
    std::string balancer;
    std::string foreign;        // the ref of a foreign certificate
    std::string listener;       // the default of this listener is `foreign`
    std::string bare_listener;  // has no certificate

private:
    std::filesystem::path clouds_yaml_;
};

}  // namespace e2e
