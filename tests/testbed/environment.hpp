#pragma once

#include "testbed/servers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

namespace testbed {

inline constexpr auto crd_name = "certificatebindings.certificates.bycloud.io";

// Whether a program ended with 0. A failure shows the output of the program.
testing::AssertionResult succeeds(const outcome& result);

// The servers of one test program. They start before its first test and stop after its last. In a file of the
// program:
//
//     testbed::environment& kubernetes = testbed::environment::add({.controller_manager = true});
//
// `prepare` is called once, before the first test, when the servers are ready.
// After a failed test the folder with the logs stays until the next run, and its name is printed.
class environment final : public testing::Environment
{
public:
    using preparation = std::function<void(servers&)>;

    static environment& add(servers_options options, preparation prepare = {});

    servers& operator*() { return *servers_; }
    servers* operator->() { return &*servers_; }

private:
    environment(servers_options options, preparation prepare)
        : options_(std::move(options)), prepare_(std::move(prepare))
    {}
    void SetUp() override;
    void TearDown() override;

    servers_options options_;
    preparation prepare_;
    std::optional<servers> servers_;
};

}  // namespace testbed
