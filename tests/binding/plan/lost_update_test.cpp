#include "binding/plan/lost_update.hpp"

#include "binding/reconcile/loop_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using binding::undone_changes;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

cloud::container_ref ref(const std::string& id)
{
    return fake_cloud::ref(id);
}

const cloud::container_ref theirs = ref("dddddddd-0000-4000-8000-000000000004");

// ---- the decision: from, meanwhile, expected, after ----

TEST(undone_changes, what_was_added_and_is_not_there)
{
    EXPECT_THAT(
        undone_changes(
            {foreign, {}}, {foreign, {theirs}}, {foreign, {ref(cert_a)}}, {foreign, {ref(cert_a)}}
        ),
        ElementsAre("added " + theirs.str())
    );
}

TEST(undone_changes, what_was_removed_and_is_there_again)
{
    EXPECT_THAT(
        undone_changes(
            {foreign, {theirs}},
            {foreign, {}},
            {foreign, {theirs, ref(cert_a)}},
            {foreign, {ref(cert_a), theirs}}
        ),
        ElementsAre("removed " + theirs.str())
    );
}

TEST(undone_changes, another_default)
{
    EXPECT_THAT(
        undone_changes({foreign, {}}, {theirs, {}}, {ref(cert_a), {}}, {ref(cert_a), {}}),
        ElementsAre("made " + theirs.str() + " the default")
    );
    EXPECT_THAT(
        undone_changes({foreign, {}}, {std::nullopt, {}}, {ref(cert_a), {}}, {ref(cert_a), {}}),
        ElementsAre("removed " + foreign.str())
    );
}

TEST(undone_changes, a_change_that_holds_is_none)
{
    EXPECT_THAT(
        undone_changes({foreign, {}}, {foreign, {theirs}}, {foreign, {ref(cert_a)}}, {foreign, {theirs}}),
        IsEmpty()
    );
    EXPECT_THAT(
        undone_changes({foreign, {theirs}}, {foreign, {}}, {foreign, {theirs}}, {foreign, {}}), IsEmpty()
    );
    EXPECT_THAT(undone_changes({foreign, {}}, {theirs, {}}, {foreign, {}}, {theirs, {}}), IsEmpty());
}

TEST(undone_changes, our_own_change_is_none_under_whatever_spelling)
{
    EXPECT_THAT(
        undone_changes(
            {foreign, {theirs}},
            {ref(cert_b), {ref(cert_a)}},
            {cloud::container_ref("https://kms.example.com/v1/containers/" + cert_b), {ref(cert_a)}},
            {ref(cert_b), {ref(cert_a)}}
        ),
        IsEmpty()
    );
}

// ---- the loop ----

class foreign_update : public the_loop
{
protected:
    // Binds cert_a by a PUT that takes five seconds, and two seconds into it does `change`.
    void while_a_put_is_under_way(const std::function<void()>& change)
    {
        cloud.put_takes = 5s;
        start();
        kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
        ASSERT_TRUE(until([&] { return !cloud.puts.empty(); }));
        advance(2s);
        change();
        ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    }

    support::log_capture log;
};

TEST_F(foreign_update, one_that_our_put_undoes_is_told)
{
    while_a_put_is_under_way([&] { row().slots.sni_refs = {theirs}; });
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
    EXPECT_THAT(log.text(), AllOf(HasSubstr("reason=ForeignUpdateLost"), HasSubstr("added " + theirs.str())));
}

TEST_F(foreign_update, the_same_one_is_told_each_time_that_it_is_undone)
{
    while_a_put_is_under_way([&] { row().slots.sni_refs = {theirs}; });
    const auto puts = cloud.puts.size();
    kube.create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return cloud.puts.size() > puts; }));
    advance(2s);
    row().slots.sni_refs.push_back(theirs);
    ASSERT_TRUE(until([&] { return kube.state("more") == "active"; }));
    EXPECT_EQ(std::ranges::count(running->recorded.events, "shop/web ForeignUpdateLost"), 2);
}

TEST_F(foreign_update, one_that_was_taken_back_before_is_not)
{
    while_a_put_is_under_way([&] {
        row().slots.sni_refs = {theirs};
        advance(1s);
        row().slots.sni_refs = {};
        advance(1s);
    });
    EXPECT_THAT(log.text(), Not(HasSubstr("ForeignUpdateLost")));
}

TEST_F(foreign_update, nothing_is_told_where_nobody_else_writes)
{
    while_a_put_is_under_way([] {});
    EXPECT_THAT(log.text(), Not(HasSubstr("ForeignUpdateLost")));
    EXPECT_EQ(cloud.most_puts_at_a_time, 1);
}

TEST_F(foreign_update, the_listener_is_read_each_half_second_while_a_put_is_under_way)
{
    cloud.put_takes = 5s;
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return !cloud.puts.empty(); }));
    const int before = cloud.listener_reads;
    advance(4900ms);
    EXPECT_EQ(cloud.listener_reads, before + 9);
}

TEST_F(foreign_update, a_read_that_fails_meanwhile_says_nothing)
{
    while_a_put_is_under_way([&] {
        cloud.listener_error = cloud::error{cloud::failure::transient, "no", {}, {}};
        advance(2s);
        cloud.listener_error.reset();
    });
    EXPECT_THAT(log.text(), Not(HasSubstr("ForeignUpdateLost")));
}

}  // namespace
