#pragma once

#include "testbed/environment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// A real kube-apiserver without the CertificateBinding, and helpers that install it.
namespace test {

using nlohmann::json;

inline constexpr auto chart_folder = PROJECT_FOLDER "/charts/certificate-binding-controller";
inline constexpr auto crd_name = "certificatebindings.certificates.bycloud.io";

// Of the samples of the README: name of the release and of its objects, namespace, Secret.
inline constexpr auto controller_name = "certificate-binding-controller";
inline constexpr auto controller_namespace = "certificate-binding";
inline constexpr auto needed_value = "cloudConfig.existingSecret=cloud-config";

// Namespaces of users, which exist.
inline constexpr auto team_a = "team-a";
inline constexpr auto team_b = "team-b";

extern testbed::environment& kubernetes;

// Whether a program ended with exit code 0; if not, the failure shows its output.
testing::AssertionResult succeeds(const testbed::outcome& result);

// helm VERB with the chart as in the README, and more flags.
testbed::outcome helm(const std::string& verb, const std::vector<std::string>& flags = {});

// Objects in YAML as the API server would hold them after an apply, defaults included.
std::vector<json> as_served(const std::string& yaml);

// The output of `helm template` with these values, as_served.
std::vector<json> rendered(const std::vector<std::string>& flags = {});

// The first object of this kind; a failure, and null, if there is none.
json first_of(const std::vector<json>& objects, const std::string& kind);

// Tests that install objects: all of them but namespaces are deleted after each test.
class installation : public testing::Test
{
protected:
    void TearDown() override;
};

}  // namespace test
