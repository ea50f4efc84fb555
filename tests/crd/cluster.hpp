#pragma once

#include "testbed/environment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// A real kube-apiserver with the CertificateBinding, and functions for the requests of the tests.
namespace test {

using nlohmann::json;
using testbed::crd_name;

inline constexpr auto certificate_id = "550e8400-e29b-41d4-a716-446655440001";
inline constexpr auto other_certificate_id = "550e8400-e29b-41d4-a716-446655440003";
inline constexpr auto listener_id = "550e8400-e29b-41d4-a716-446655440002";
inline constexpr auto other_listener_id = "550e8400-e29b-41d4-a716-446655440004";

extern testbed::environment& kubernetes;

// A CertificateBinding with the required fields alone: certificateId, resourceId and region.
json least_binding(const std::string& name);

// A part of an object that the schema accepts, or refuses with a message.
struct json_case
{
    const char* name;
    json change;
    const char* message = "";  // the message of the refusal
};

std::ostream& operator<<(std::ostream& stream, const json_case& value);
std::string name_of(const testing::TestParamInfo<json_case>& info);

// kubectl over an object as JSON.
testbed::outcome create(const json& object, std::vector<std::string> flags = {});
testbed::outcome replace(const json& object);
testbed::outcome patch(const std::string& name, const json& change);
testbed::outcome patch_status(const std::string& name, const json& change);

// The object as the API server has it.
json get(const std::string& name);

// Tests with bindings of their own, which are deleted after each test.
class crd : public testing::Test
{
protected:
    void TearDown() override;
};

}  // namespace test
