#pragma once

#include "testbed/servers.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace testbed {

// The servers of one test program: started before its first test, stopped after its last. In a file of the
// program:
//
//     testbed::environment& kubernetes = testbed::environment::add({.controller_manager = true});
//
// After a failed test the folder with the logs stays until the next run, and its name is printed.
class environment final : public testing::Environment
{
public:
    static environment& add(servers_options options);

    servers& operator*() { return *servers_; }
    servers* operator->() { return &*servers_; }

private:
    explicit environment(servers_options options) : options_(std::move(options)) {}
    void SetUp() override;
    void TearDown() override;

    servers_options options_;
    std::optional<servers> servers_;
};

}  // namespace testbed
