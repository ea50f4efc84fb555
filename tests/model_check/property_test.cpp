// Worlds made from seeds: see docs/testing.md. A seed that fails prints its story. PROVER_SEED=<seed> runs
// that seed alone, and with PROVER_WORLDS=<n> the n seeds from that one on.
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
    for (std::string& sentence : random_world(seed).run())
    {
        story.push_back("BROKEN  " + std::move(sentence));
    }
    prove::model::story = nullptr;
    return story;
}

struct counts
{
    std::size_t steps = 0;
    std::size_t spared = 0;  // passes
};

// Empty, or the story of the world and what broke.
std::string broken_story(std::uint64_t seed, counts& all)
{
    random_world world(seed);
    const auto broken = world.run();
    all.steps += world.steps();
    all.spared += static_cast<std::size_t>(world.spared());
    std::string story;
    if (!broken.empty())
    {
        for (const std::string& line : story_of(seed))
        {
            story += line + "\n";
        }
        story += broken.front() + "\nPROVER_SEED=" + std::to_string(seed) + " runs it again";
    }
    return story;
}

TEST(prover_property, no_world_breaks_an_invariant_and_each_comes_to_its_end)
{
    support::set_log(support::log_level::error, support::log_format::text);
    const bool alone = std::getenv("PROVER_SEED") != nullptr;
    const std::uint64_t first = number_in("PROVER_SEED", 1);
    const std::uint64_t worlds = number_in("PROVER_WORLDS", alone ? 1 : PROVER_WORLDS);
    counts all;
    for (std::uint64_t seed = first; seed < first + worlds; ++seed)
    {
        const auto story = broken_story(seed, all);
        ASSERT_TRUE(story.empty()) << story << "\nafter " << seed - first + 1 << " worlds";
    }
    std::cout << worlds << " worlds, " << all.steps << " steps of the controller, " << all.spared
              << " passes spared by lists\n";
    EXPECT_TRUE(alone || all.spared > worlds / 2) << "the lists spare next to nothing";
    if (worlds == 1)
    {
        for (const std::string& line : story_of(first))
        {
            std::cout << line << "\n";
        }
    }
}

// Seeds beyond the first worlds that broke an invariant once.
TEST(prover_property, no_world_breaks_an_invariant_again)
{
    support::set_log(support::log_level::error, support::log_format::text);
    counts all;
    // A forged default entry, in conflict, kept the deletion of another binding waiting.
    EXPECT_EQ(broken_story(19115, all), "");
    EXPECT_GT(all.steps, 0U);
}

}  // namespace
