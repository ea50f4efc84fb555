// Worlds made from seeds: see docs/testing.md. A seed that fails prints its story; PROVER_SEED=<seed> runs
// that one alone, with PROVER_WORLDS=<n> that many from it on.
#include "model_check/random_world.hpp"
#include "support/log.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace {

using prove::random_world;

std::uint64_t number_in(const char* variable, std::uint64_t otherwise)
{
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::string> story_of(std::uint64_t seed)
{
    std::vector<std::string> story;
    prove::model::story = &story;
    for (std::string& each : random_world(seed).run())
    {
        story.push_back("BROKEN  " + std::move(each));
    }
    prove::model::story = nullptr;
    return story;
}

TEST(prover_property, no_world_breaks_an_invariant_and_each_comes_to_its_end)
{
    support::set_log(support::log_level::error, support::log_format::text);
    const std::uint64_t first = number_in("PROVER_SEED", 1);
    const std::uint64_t worlds =
        number_in("PROVER_WORLDS", std::getenv("PROVER_SEED") == nullptr ? PROVER_WORLDS : 1);
    std::size_t steps = 0;
    for (std::uint64_t seed = first; seed < first + worlds; ++seed)
    {
        random_world world(seed);
        const auto broken = world.run();
        steps += world.steps();
        if (broken.empty())
        {
            continue;
        }
        std::string story;
        for (const std::string& line : story_of(seed))
        {
            story += line + "\n";
        }
        FAIL() << story << broken.front() << "\nafter " << seed - first + 1 << " worlds; PROVER_SEED=" << seed
               << " runs it again";
    }
    std::cout << worlds << " worlds, " << steps << " steps of the controller\n";
    if (worlds == 1)
    {
        for (const std::string& line : story_of(first))
        {
            std::cout << line << "\n";
        }
    }
}

}  // namespace
