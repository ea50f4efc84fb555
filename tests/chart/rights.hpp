#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>

// What a user of the API server may do, as `kubectl auth can-i --list` says it.
namespace test {

inline constexpr auto controller_account =
    "system:serviceaccount:certificate-binding:certificate-binding-controller";

// The rights that the controller needs in a namespace, as lines "RESOURCE [VERB...]".
extern const std::set<std::string> rights_of_controller;

// Those that it needs in the namespace of the Lease.
extern const std::set<std::string> rights_of_leader_election;

// Whether `user` has exactly these rights in a namespace, beside those of every ServiceAccount. The API
// server needs a moment to apply a changed role.
testing::AssertionResult has_rights(
    const std::string& user, const std::string& in_namespace, const std::set<std::string>& expected
);

// Whether `user` may do this, such as "patch" with "lease/name", in a namespace.
testing::AssertionResult may(
    const std::string& user,
    const std::string& verb,
    const std::string& object,
    const std::string& in_namespace
);

}  // namespace test
