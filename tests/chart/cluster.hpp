#pragma once

#include "testbed/environment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// A real kube-apiserver without the CertificateBinding, and words for installing it.
namespace test {

using nlohmann::json;
using testbed::crd_name;

inline constexpr auto chart_folder = PROJECT_FOLDER "/charts/certificate-binding-controller";

// Of the samples of the README: name of the release and of its objects, namespace, Secret.
inline constexpr auto controller_name = "certificate-binding-controller";
inline constexpr auto controller_namespace = "certificate-binding";
inline constexpr auto needed_value = "cloudConfig.existingSecret=cloud-config";

// Namespaces of users, which are there.
inline constexpr auto team_a = "team-a";
inline constexpr auto team_b = "team-b";

extern testbed::environment& kubernetes;

// helm VERB with the chart as the README does it, and more flags.
testbed::outcome helm(const std::string& verb, const std::vector<std::string>& flags = {});

// Objects in YAML as the API server would have them, defaults included, if they were applied now.
std::vector<json> as_served(const std::string& yaml);

// What `helm template` makes with these values, as_served.
std::vector<json> rendered(const std::vector<std::string>& flags = {});

// The first one of this kind; a failure, and null, if there is none.
json first_of(const std::vector<json>& objects, const std::string& kind);

// Tests that install something: all of it goes after each, but for namespaces.
class installation : public testing::Test
{
protected:
    void TearDown() override;
};

}  // namespace test
