// Every state of small worlds: see docs/testing.md. A world that breaks an invariant prints the shortest
// story that leads there. PROVER_FAULTS=<n> lets so many more things go wrong in each story.
#include "binding/provers/explorer.hpp"
#include "support/log.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace prove {

static void PrintTo(const family& of, std::ostream* out)
{
    *out << of.name;
}

}  // namespace prove

namespace {

using prove::explorer;
using prove::family;

std::vector<family> families()
{
    const family two{.may = {.faults = 1}};
    const family one{.bindings = 1};
    std::vector<family> all;
    const auto add = [&](const char* name, const family& like, const auto& change) {
        family made = like;
        made.name = name;
        change(made);
        all.push_back(made);
    };
    // The largest first: two run at a time.
    add("two_defaults_and_another_writer", two, [](family& f) { f.may.foreign = 1; });
    add("two_defaults", two, [](family&) {});
    add("two_of_the_sni_list", two, [](family& f) {
        f.sni = {true, true};
        f.sni_there = true;
    });
    add("a_default_and_one_of_the_sni_list", two, [](family& f) { f.sni = {false, true}; });
    add("one_certificate_twice", two, [](family& f) { f.one_certificate = true; });
    add("one_certificate_in_both_slots", two, [](family& f) {
        f.one_certificate = true;
        f.sni = {true, false};
    });
    add("no_default_before", two, [](family& f) {
        f.default_there = false;
        f.sni_there = true;
    });
    add("two_that_change", two, [](family& f) { f.may = {.changes = {1, 1}}; });
    add("certificates_that_fail", two, [](family& f) { f.may = {.certificates = 1}; });
    add("a_certificate_to_come", two, [](family& f) {
        f.second_usable = false;
        f.may = {.changes = {1, 0}};
    });
    add("one_default_two_faults", one, [](family& f) { f.may = {.faults = 2, .foreign = 1}; });
    add("one_of_the_sni_list_two_faults", one, [](family& f) {
        f.sni = {true, true};
        f.default_is_written = false;
        f.sni_is_written = true;
        f.may = {.faults = 2, .foreign = 1};
    });
    add("one_that_changes_two_faults", one, [](family& f) { f.may = {.faults = 2, .changes = {1, 0}}; });
    add("one_that_changes_twice", one, [](family& f) {
        f.with_retain = true;
        f.may = {.faults = 1, .changes = {2, 0}};
    });
    add("one_that_changes_and_another_writer", one, [](family& f) {
        f.may = {.faults = 1, .foreign = 1, .changes = {1, 0}};
    });
    add("one_certificate_that_fails", one, [](family& f) { f.may = {.faults = 1, .certificates = 1}; });
    return all;
}

class prover_exhaustive : public testing::TestWithParam<family>
{
protected:
    static void SetUpTestSuite()
    {
        support::set_log(support::log_level::error, support::log_format::text);
        GTEST_FLAG_SET(fail_fast, true);  // the first story is enough
    }
    static void TearDownTestSuite()
    {
        std::cout << states << " states of " << worlds << " worlds, " << moves << " moves, "
                  << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";
    }

    static inline std::size_t worlds = 0;
    static inline std::size_t states = 0;
    static inline std::size_t moves = 0;
    static inline std::chrono::steady_clock::duration took{};
};

TEST_P(prover_exhaustive, no_state_breaks_an_invariant_and_each_comes_to_its_end)
{
    family of = GetParam();
    const char* more = std::getenv("PROVER_FAULTS");
    of.may.faults += more == nullptr ? 0 : std::atoi(more);
    explorer all(of);
    const auto began = std::chrono::steady_clock::now();
    const auto broken = all.run(PROVER_STATES);
    const auto needed = std::chrono::steady_clock::now() - began;
    std::cout << of.name << ": " << all.states() << " states, " << all.moves() << " moves, "
              << std::chrono::duration_cast<std::chrono::milliseconds>(needed).count()
              << " ms; in each story at most " << of.may.faults << " faults, " << of.may.foreign
              << " writes of others, " << of.may.changes[0] << " + " << of.may.changes[1] << " changes, "
              << of.may.certificates << " certificates that fail"
              << (all.complete() || !broken.empty() ? "\n" : "; there are more states\n");
    ++worlds;
    states += all.states();
    moves += all.moves();
    took += needed;
    std::string story;
    for (const std::string& line : broken)
    {
        story += line + "\n";
    }
    EXPECT_TRUE(broken.empty()) << story << "after " << states << " states";
}

INSTANTIATE_TEST_SUITE_P(
    worlds,
    prover_exhaustive,
    testing::ValuesIn(families()),
    [](const testing::TestParamInfo<family>& info) { return info.param.name; }
);

}  // namespace
