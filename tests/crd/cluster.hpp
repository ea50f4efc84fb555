#pragma once

#include "testbed/environment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// A real kube-apiserver with the CertificateBinding, and helpers for the requests of the tests.
namespace test {

using nlohmann::json;

inline constexpr auto crd_name = "certificatebindings.certificates.bycloud.io";
inline constexpr auto certificate_id = "550e8400-e29b-41d4-a716-446655440001";
inline constexpr auto other_certificate_id = "550e8400-e29b-41d4-a716-446655440003";
inline constexpr auto listener_id = "550e8400-e29b-41d4-a716-446655440002";
inline constexpr auto other_listener_id = "550e8400-e29b-41d4-a716-446655440004";

extern testbed::environment& kubernetes;

// Whether a program ended with exit code 0; if not, the failure shows its output.
testing::AssertionResult succeeds(const testbed::outcome& result);

// The smallest valid spec: certificateId, resourceId and region.
json least_binding(const std::string& name);

// kubectl over an object as JSON.
testbed::outcome create(const json& object, std::vector<std::string> flags = {});
testbed::outcome replace(const json& object);
testbed::outcome patch(const std::string& name, const json& change);
testbed::outcome patch_status(const std::string& name, const json& change);

// The object as the API server holds it.
json get(const std::string& name);

// Tests with bindings of their own, which are deleted after each test.
class crd : public testing::Test
{
protected:
    void TearDown() override;
};

}  // namespace test
