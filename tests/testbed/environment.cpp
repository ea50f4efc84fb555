#include "testbed/environment.hpp"

#include <iostream>
#include <unistd.h>

namespace testbed {

testing::AssertionResult succeeds(const outcome& result)
{
    return testing::AssertionResult(result.code == 0) << result;
}

environment& environment::add(servers_options options, preparation prepare)
{
    auto* const result = new environment(std::move(options), std::move(prepare));
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
    if (prepare_)
    {
        prepare_(*servers_);
    }
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
