#pragma once

#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The controller between a real API server and a real OpenStack; both are started once for the program. Each
// test has a namespace and a load balancer of its own.
namespace openstack_test {

// What the script `seed` says to these arguments. Fails the test where it fails.
std::string seed(const std::vector<std::string>& arguments);

struct wanted
{
    std::string name;
    std::string certificate;  // a ref or an id
    std::string listener;
    bool sni = false;
};

class world : public testing::Test
{
protected:
    world();
    ~world() override;

    // The controller as the chart's ServiceAccount, with an entry of the cloud's clouds.yaml; ends with the
    // test.
    void start_controller(const std::string& cloud = "shop");

    void apply(const std::vector<wanted>& bindings) const;
    void remove(const std::string& name) const;             // returns at once
    nlohmann::json binding(const std::string& name) const;  // null if it is gone
    std::string message(const std::string& name) const;
    std::string log() const { return controller_->output(); }
    testing::AssertionResult becomes(const std::string& name, const std::string& reason) const;
    testing::AssertionResult is_attached(const std::string& name) const { return becomes(name, "Attached"); }
    testing::AssertionResult is_gone(const std::string& name) const;

    // As Octavia shows it.
    nlohmann::json shown(const std::string& listener) const;
    std::string default_of(const std::string& listener) const;
    std::vector<std::string> sni_of(const std::string& listener) const;

    std::string name_space;
    std::filesystem::path folder;
    std::string balancer;
    std::string foreign;   // the ref of somebody else's certificate ...
    std::string listener;  // ... which is the default of this listener

private:
    testbed::outcome kubectl(std::vector<std::string> arguments, const std::string& input = {}) const;

    std::optional<testbed::child> controller_;
};

}  // namespace openstack_test
