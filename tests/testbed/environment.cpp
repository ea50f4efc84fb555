#include "testbed/environment.hpp"

#include <iostream>
#include <unistd.h>

namespace testbed {

environment& environment::add(servers_options options)
{
    auto* const result = new environment(std::move(options));
    // GoogleTest owns the environment from here on.
    testing::AddGlobalTestEnvironment(result);
    return *result;
}

void environment::SetUp()
{
    const std::filesystem::path parent = TESTBED_FOLDER;
    remove_abandoned(parent);
    if (options_.folder.empty())
    {
        options_.folder = parent / std::to_string(::getpid());
    }
    servers_.emplace(options_);
}

void environment::TearDown()
{
    if (servers_ && testing::UnitTest::GetInstance()->Failed())
    {
        servers_->keep_folder();
        std::cerr << "The logs of the servers are in " << servers_->folder().string() << "\n";
    }
    servers_.reset();
}

}  // namespace testbed
