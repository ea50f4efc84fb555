#pragma once

#include "testbed/process.hpp"
#include "testbed/servers.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace testbed {

// The name of the chart's release, which is also the name of its ServiceAccount, and the namespace of the
// release.
inline constexpr auto release_name = "certificate-binding-controller";
inline constexpr auto release_namespace = "certificate-binding";

// Installs the chart, so that account and rights are those of a user's installation. The chart brings the
// CRD, unless a test installs the CRD later. The pod of the chart never runs, because there is no kubelet. A
// failure fails the test.
void install_chart(servers& kubernetes, bool with_definition = true);

struct wanted
{
    std::string name;
    std::string certificate;  // an id or a ref
    std::string listener;
    bool sni = false;
    std::string policy = "Detach";
};

// A namespace for each test, with its bindings, and a controller that acts as the ServiceAccount of the
// chart.
class world : public testing::Test
{
protected:
    world(servers& kubernetes, const std::string& prefix);
    ~world() override;

    // Starts the controller with short times; it ends with the test.
    void start_controller(
        const std::filesystem::path& clouds_yaml,
        const std::vector<std::string>& more_flags = {},
        const std::map<std::string, std::string>& environment = {}
    );
    // A further process of the controller, with the log folder/<log>.
    child another_controller(
        const std::filesystem::path& clouds_yaml,
        const std::vector<std::string>& more_flags,
        const std::string& log,
        const std::map<std::string, std::string>& environment = {}
    ) const;
    exit_code stop_controller(int signal);
    std::string controller_log() const;  // of the running controller

    // Runs kubectl in the namespace of the test. A failure fails the test.
    std::string kubectl(std::vector<std::string> arguments, const std::string& input = {}) const;
    outcome try_kubectl(std::vector<std::string> arguments, const std::string& input = {}) const;
    void apply(const std::vector<wanted>& bindings) const;
    void remove(const std::string& name) const;             // returns at once
    nlohmann::json binding(const std::string& name) const;  // null if it is gone
    bool exists(const std::string& name) const { return !binding(name).is_null(); }
    std::vector<nlohmann::json> events(const std::string& reason) const;  // as kubectl lists them
    // A token of a new account with these verbs on bindings; empty: none.
    std::string token_of(const std::string& account, const std::string& verbs) const;

    testing::AssertionResult becomes(const std::string& name, const std::string& reason) const;
    testing::AssertionResult is_active(const std::string& name) const { return becomes(name, "Attached"); }
    testing::AssertionResult is_gone(const std::string& name) const;
    std::string message(const std::string& name) const;

private:
    servers& kubernetes_;

protected:
    std::string name_space;
    const std::filesystem::path folder;  // for files of the test

private:
    std::optional<child> controller_;
};

}  // namespace testbed
