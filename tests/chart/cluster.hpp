#pragma once

#include "testbed/environment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// A real kube-apiserver without the CertificateBinding, and functions that install it.
namespace test {

using nlohmann::json;
using testbed::crd_name;

inline constexpr auto chart_folder = PROJECT_FOLDER "/charts/certificate-binding-controller";

// The names in the samples of the README: the release and its objects, the namespace, the Secret.
inline constexpr auto controller_name = "certificate-binding-controller";
inline constexpr auto controller_namespace = "certificate-binding";
inline constexpr auto needed_value = "cloudConfig.existingSecret=cloud-config";

// Namespaces of users, which exist.
inline constexpr auto team_a = "team-a";
inline constexpr auto team_b = "team-b";

extern testbed::environment& kubernetes;

// Runs helm VERB with the chart and the flags of the README, and with `flags`.
testbed::outcome helm(const std::string& verb, const std::vector<std::string>& flags = {});

// Installs the chart a second time, with another release, into team-b.
testbed::outcome install_second(const std::vector<std::string>& flags = {});

// The objects of a YAML text as the API server would store them now, defaults included.
std::vector<json> as_served(const std::string& yaml);

// The output of `helm template` with these values, as_served.
std::vector<json> rendered(const std::vector<std::string>& flags = {});

// The first object of this kind; null, and a failure of the test, if there is none.
json first_of(const std::vector<json>& objects, const std::string& kind);

// The value of a flag among the arguments of the Deployment's container; "(absent)" if it is not there.
std::string argument_of(const json& deployment, const std::string& flag);

// Whether the API server serves CertificateBindings. The condition Established becomes True before discovery
// lists the resource.
testing::AssertionResult serves_bindings();

inline constexpr auto sample = PROJECT_FOLDER "/manifests/samples/default-certificate.yaml";

// Tests that install something. All of it is removed after each test, except namespaces.
class installation : public testing::Test
{
protected:
    void TearDown() override;
};

}  // namespace test
