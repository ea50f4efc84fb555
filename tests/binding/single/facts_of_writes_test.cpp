// How the answers to writes to the cloud change what is known of a binding.
#include "binding/single/facts.hpp"
#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace binding::single;
using cloud::failure;
using test::entry_of;
using test::single_case;

cloud::error failed(failure kind)
{
    return {.kind = kind, .message = "as the cloud says", .refs = {}, .retry_after = std::nullopt};
}

// ---- a POST ----

// What is known after its answer.
struct post_row
{
    const char* name;
    std::optional<failure> kind;  // empty: the cloud took it
    bool is_in_doubt;
    bool is_refused;
    bool is_disproved;
    bool has_to_read;
    bool waits_for_turn;

    friend std::ostream& operator<<(std::ostream& out, const post_row& row) { return out << row.name; }
};

class a_post : public testing::TestWithParam<post_row>
{};

TEST_P(a_post, leaves_the_facts_of_the_table)
{
    const auto& row = GetParam();
    single_case c;
    record_create_sent(c.facts, c.settings, c.now);
    EXPECT_EQ(c.facts.in_doubt_until, c.now + 33s) << "3 s until it is sent, and 30 s for its answer";
    const auto answered_at = c.now + 1s;
    record_create_answer(
        c.facts, entry_of("sni a?"), row.kind ? std::optional(failed(*row.kind)) : std::nullopt, answered_at
    );
    EXPECT_EQ(c.facts.in_doubt_until.has_value(), row.is_in_doubt);
    EXPECT_EQ(c.facts.refused.has_value(), row.is_refused);
    EXPECT_EQ(c.facts.refusals, row.is_refused ? 1 : 0);
    EXPECT_EQ(c.facts.disproved == entry_of("sni a?"), row.is_disproved);
    EXPECT_EQ(c.facts.refused_as_busy == entry_of("sni a?"), row.kind == failure::busy);
    EXPECT_EQ(c.facts.posted.size(), row.is_in_doubt ? 1U : 0U);
    EXPECT_EQ(c.facts.read_after == answered_at, row.has_to_read);
    EXPECT_EQ(c.facts.waits_for_turn, row.waits_for_turn);
}

INSTANTIATE_TEST_SUITE_P(
    that_is,
    a_post,
    testing::Values(
        // in doubt, refused, disproved, to be read, waits
        post_row{"taken", {}, true, false, false, true, false},
        post_row{"refused", failure::refused, false, true, true, true, false},
        post_row{"not_found", failure::not_found, false, true, true, true, false},
        post_row{"access_denied", failure::access_denied, false, true, true, true, false},
        post_row{"credentials_invalid", failure::credentials_invalid, false, true, true, true, false},
        post_row{"busy", failure::busy, false, true, false, true, false},
        post_row{"not_sent", failure::transient, false, true, false, true, false},
        post_row{"too_late_to_be_sent", failure::too_late, false, true, false, true, false},
        post_row{"not_answered", failure::ambiguous, true, false, false, true, false},
        post_row{"turned_away", failure::rate_limited, false, false, false, false, true}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(a_post, withdraws_the_proof_of_an_earlier_refusal)
{
    single_case c;
    record_create_sent(c.facts, c.settings, c.now);
    record_create_answer(c.facts, entry_of("sni a?"), failed(failure::busy), c.now);
    ASSERT_TRUE(c.facts.refused_as_busy);
    record_create_sent(c.facts, c.settings, c.now + 5s);
    EXPECT_FALSE(c.facts.refused_as_busy);
    record_create_answer(c.facts, entry_of("sni a?"), failed(failure::refused), c.now + 5s);
    ASSERT_TRUE(c.facts.disproved);
    record_create_sent(c.facts, c.settings, c.now + 5s);
    EXPECT_FALSE(c.facts.disproved);
    record_create_answer(c.facts, entry_of("sni a?"), failed(failure::ambiguous), c.now + 6s);
    EXPECT_FALSE(c.facts.disproved);
}

TEST(a_post, that_is_taken_ends_the_row_of_refusals)
{
    single_case c;
    c.refused(failure::busy);
    record_create_answer(c.facts, entry_of("sni a?"), std::nullopt, c.now);
    EXPECT_FALSE(c.facts.refused);
    EXPECT_EQ(c.facts.refusals, 0);
}

// ---- a DELETE ----

struct removal_row
{
    const char* name;
    std::optional<failure> kind;
    bool is_refused;
    int answers_404;
    bool is_recorded;

    friend std::ostream& operator<<(std::ostream& out, const removal_row& row) { return out << row.name; }
};

class a_removal : public testing::TestWithParam<removal_row>
{};

TEST_P(a_removal, leaves_the_facts_of_the_table)
{
    const auto& row = GetParam();
    single_case c;
    c.removing('1', failure::no_route).facts.removing->answers_404 = 1;
    c.unseen("default a/1", 1s);
    const auto answered_at = c.now + 1s;
    record_removal(
        c.facts,
        test::binding_id('1'),
        row.kind ? std::optional(failed(*row.kind)) : std::nullopt,
        answered_at
    );
    EXPECT_EQ(c.facts.removing->taken, !row.kind);
    EXPECT_EQ(c.facts.unseen.empty(), row.is_recorded);
    EXPECT_EQ(c.facts.removing->attempts, row.is_recorded ? 2 : 1);
    EXPECT_EQ(c.facts.removing->refused.has_value(), row.is_refused);
    EXPECT_EQ(c.facts.removing->answers_404, row.answers_404);
    EXPECT_EQ(c.facts.read_after == answered_at, row.is_recorded);
    EXPECT_EQ(c.facts.waits_for_turn, !row.is_recorded);
}

INSTANTIATE_TEST_SUITE_P(
    that_is,
    a_removal,
    testing::Values(
        removal_row{"taken", {}, false, 0, true},
        removal_row{"not_answered", failure::ambiguous, false, 0, true},
        removal_row{"answers_404", failure::no_route, true, 2, true},
        removal_row{"not_supported", failure::not_supported, true, 0, true},
        removal_row{"not_found", failure::not_found, true, 2, true},
        removal_row{"busy", failure::busy, true, 0, true},
        removal_row{"turned_away", failure::rate_limited, true, 1, false}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(a_removal, of_another_binding_begins_a_row_of_its_own)
{
    single_case c;
    c.removing('1', failure::no_route, 0s, 7).facts.removing->answers_404 = 7;
    record_removal(c.facts, test::binding_id('2'), failed(failure::no_route), c.now);
    EXPECT_EQ(c.facts.removing->binding, test::binding_id('2'));
    EXPECT_EQ(c.facts.removing->attempts, 1);
    EXPECT_EQ(c.facts.removing->answers_404, 1);
}

}  // namespace
