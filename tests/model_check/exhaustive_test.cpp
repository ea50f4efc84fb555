// Reaches every state of small worlds: see docs/testing.md. A world that breaks an invariant prints the
// shortest story that breaks it. PROVER_FAULTS=<n> allows n more faults in each story.
#include "model_check/explorer.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
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

template <class F>
family made_from(family variant, const char* name, const F& change)
{
    variant.name = name;
    change(variant);
    return variant;
}

const family two{.may = {.faults = 1}};
const family one{.bindings = 1};

std::vector<family> worlds()
{
    return {
        made_from(two, "two_defaults", [](family&) {}),
        made_from(two, "two_defaults_of_two_ages", [](family& f) { f.of_two_ages = true; }),
        made_from(
            two,
            "one_certificate_twice_of_two_ages",
            [](family& f) {
                f.one_certificate = true;
                f.of_two_ages = true;
            }
        ),
        made_from(
            two,
            "two_of_the_sni_list",
            [](family& f) {
                f.sni = {true, true};
                f.sni_there = true;
            }
        ),
        made_from(two, "a_default_and_one_of_the_sni_list", [](family& f) { f.sni = {false, true}; }),
        made_from(two, "one_certificate_twice", [](family& f) { f.one_certificate = true; }),
        made_from(
            two,
            "one_certificate_in_both_slots",
            [](family& f) {
                f.one_certificate = true;
                f.sni = {true, false};
            }
        ),
        made_from(
            two,
            "no_default_before",
            [](family& f) {
                f.default_there = false;
                f.sni_there = true;
            }
        ),
        made_from(two, "two_that_change", [](family& f) { f.may = {.changes = {1, 1}}; }),
        made_from(one, "one_default_two_faults", [](family& f) { f.may = {.faults = 2, .foreign = 1}; }),
        made_from(
            one,
            "one_of_the_sni_list_two_faults",
            [](family& f) {
                f.sni = {true, true};
                f.default_is_written = false;
                f.sni_is_written = true;
                f.may = {.faults = 2, .foreign = 1};
            }
        ),
        made_from(
            one, "one_that_changes_two_faults", [](family& f) { f.may = {.faults = 2, .changes = {1, 0}}; }
        ),
        made_from(
            one,
            "one_that_changes_twice",
            [](family& f) {
                f.with_retain = true;
                f.may = {.faults = 1, .changes = {2, 0}};
            }
        ),
        made_from(
            one,
            "one_that_changes_and_another_writer",
            [](family& f) { f.may = {.faults = 1, .foreign = 1, .changes = {1, 0}}; }
        ),
        made_from(
            one,
            "one_that_changes_and_a_replica_that_lags",
            [](family& f) { f.may = {.foreign = 1, .changes = {1, 0}, .stale = 2}; }
        ),
        made_from(
            one,
            "one_of_the_sni_list_and_a_replica_that_lags",
            [](family& f) {
                f.sni = {true, true};
                f.default_is_written = false;
                f.sni_is_written = true;
                f.may = {.faults = 1, .foreign = 1, .stale = 1};
            }
        ),
        made_from(two, "two_leaders", [](family& f) { f.may = {.faults = 1, .take_overs = 1}; }),
        made_from(
            two,
            "two_leaders_and_one_sni_list",
            [](family& f) {
                f.sni = {true, true};
                f.sni_there = true;
                f.may = {.take_overs = 1};
            }
        ),
        made_from(
            one, "three_leaders", [](family& f) { f.may = {.faults = 1, .changes = {1, 0}, .take_overs = 2}; }
        ),
        made_from(
            one, "one_certificate_that_fails", [](family& f) { f.may = {.faults = 1, .certificates = 1}; }
        ),
    };
}

// Each of these worlds has hundreds of thousands of states.
std::vector<family> large_worlds()
{
    return {
        made_from(two, "one_of_two_changes", [](family& f) { f.may.changes = {1, 0}; }),
        made_from(two, "certificates_that_fail", [](family& f) { f.may.certificates = 1; }),
        made_from(
            two,
            "a_certificate_to_come",
            [](family& f) {
                f.second_usable = false;
                f.may.changes = {1, 0};
            }
        ),
        made_from(two, "two_defaults_and_another_writer", [](family& f) { f.may.foreign = 1; }),
    };
}

class prover_exhaustive : public testing::TestWithParam<family>
{
protected:
    static void SetUpTestSuite()
    {
        support::set_log(support::log_level::error, support::log_format::text);
        GTEST_FLAG_SET(fail_fast, true);  // one story is enough
    }
    static void TearDownTestSuite()
    {
        std::cout << states << " states of " << families << " worlds, " << moves << " moves, "
                  << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";
    }

    static inline std::size_t families = 0;
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
              << of.may.certificates << " certificates that fail, " << of.may.take_overs << " take-overs"
              << (all.complete() || !broken.empty() ? "\n" : "; there are more states\n");
    ++families;
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

// Leaders that keep less than they must. What the version in a write to a binding fences is in the worlds
// above; here is what it does not fence.
struct unfenced
{
    family of;
    std::string breaks;
};

void PrintTo(const unfenced& world, std::ostream* out)
{
    *out << world.of.name;
}

std::vector<unfenced> unfenced_worlds()
{
    return {
        {made_from(
             two,
             "a_leader_whose_watch_is_behind",
             [](family& f) {
                 f.sni = {true, true};
                 f.starts_behind = true;
             }
         ),
         "unanswered-writes"},
        {made_from(
             one,
             "a_put_after_the_deadline",
             [](family& f) {
                 f.sends_too_late = true;
                 f.may = {.faults = 1};
             }
         ),
         "S4"},
        {made_from(
             one,
             "a_release_that_promises_too_much",
             [](family& f) {
                 f.promises_too_much = true;
                 f.may = {.faults = 1, .take_overs = 1};
             }
         ),
         "unanswered-writes"},
    };
}

class prover_unfenced : public testing::TestWithParam<unfenced>
{};

TEST_P(prover_unfenced, breaks_an_invariant)
{
    support::set_log(support::log_level::error, support::log_format::text);
    explorer all(GetParam().of);
    const auto broken = all.run(UINT32_MAX);
    std::string story;
    for (const std::string& line : broken)
    {
        story += line + "\n";
    }
    EXPECT_THAT(story, testing::HasSubstr("\nBROKEN  " + GetParam().breaks + ": "))
        << "after " << all.states() << " states";
}

std::string name_of_unfenced(const testing::TestParamInfo<unfenced>& info)
{
    return info.param.of.name;
}

std::string name_of(const testing::TestParamInfo<family>& info)
{
    return info.param.name;
}

// The largest worlds come first, because two run at a time.
INSTANTIATE_TEST_SUITE_P(large_worlds, prover_exhaustive, testing::ValuesIn(large_worlds()), name_of);
INSTANTIATE_TEST_SUITE_P(leaders, prover_unfenced, testing::ValuesIn(unfenced_worlds()), name_of_unfenced);
INSTANTIATE_TEST_SUITE_P(worlds, prover_exhaustive, testing::ValuesIn(worlds()), name_of);

}  // namespace
