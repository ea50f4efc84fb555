#include "testbed/environment.hpp"

#include <iostream>
#include <unistd.h>

namespace testbed {

environment& environment::add(servers_options options)
{
    auto* const result = new environment(std::move(options));
    testing::AddGlobalTestEnvironment(result);  // which owns it
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
