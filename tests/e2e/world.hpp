#pragma once

#include "cloudsim/control.hpp"
#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// A world for each test: a cloud of its own, a namespace of its own, and the controller as the chart's
// ServiceAccount; the Kubernetes servers are started once for the program.
namespace e2e {

testbed::servers& kubernetes();

// Whether the chart brings its CustomResourceDefinition; to be set before the first test.
extern bool definition_installed;

struct wanted
{
    std::string name;
    std::string certificate;
    std::string listener;
    bool sni = false;
    std::string policy = "Detach";
};

class world : public testing::Test
{
protected:
    world();
    ~world() override;

    // The controller, with short times; it ends with the test.
    void start_controller(const std::vector<std::string>& more_flags = {});
    testbed::exit_code stop_controller(int signal);
    std::string controller_log() const;

    // kubectl in the namespace of the test. Fails the test where it fails.
    std::string kubectl(std::vector<std::string> arguments, const std::string& input = {}) const;
    testbed::outcome try_kubectl(std::vector<std::string> arguments, const std::string& input = {}) const;
    void apply(const std::vector<wanted>& bindings) const;
    void remove(const std::string& name) const;             // returns at once
    nlohmann::json binding(const std::string& name) const;  // null if it is gone
    bool exists(const std::string& name) const { return !binding(name).is_null(); }
    std::vector<nlohmann::json> events(const std::string& reason) const;  // as kubectl lists them

    testing::AssertionResult becomes(const std::string& name, const std::string& reason) const;
    testing::AssertionResult is_active(const std::string& name) const;
    testing::AssertionResult is_gone(const std::string& name) const;
    std::string message(const std::string& name) const;

    cloudsim::control::certificate certificate(const std::string& server_name) const;
    // One cloud, prod, with this application credential.
    static std::string clouds_yaml(
        const std::string& auth_url, const cloudsim::control::credential& credential
    );
    // The ref that a TLS client of that name gets; "nothing" if it is not served.
    std::string served(const std::string& listener, const std::string& server_name) const;

    std::string name_space;
    std::filesystem::path folder;
    std::unique_ptr<testbed::child> cloud;
    std::optional<cloudsim::control> sim;
    std::string identity;  // Keystone's URL
    std::string project;
    std::string balancer;
    std::string foreign;        // the ref of somebody else's certificate ...
    std::string listener;       // ... which is the default of this listener
    std::string bare_listener;  // has no certificate at all

private:
    std::filesystem::path clouds_yaml_;
    std::optional<testbed::child> controller_;
};

}  // namespace e2e
