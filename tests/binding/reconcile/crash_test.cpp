// A crash at each write to Kubernetes or the cloud, before and after the write took effect: a new process
// goes on and reaches the same end. Or the process lives, and the write or its answer is lost. The invariants
// are checked at every write.
#include "binding/reconcile/loop_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// The parameter is the number of the write; even: before it takes effect, odd: after.
class lost_write : public the_loop, public testing::WithParamInterface<int>
{
protected:
    lost_write()
    {
        kube.before_write = [this](const auto&) { return crash_of_kube(false); };
        kube.after_write = [this](const auto&) { return crash_of_kube(true); };
        cloud.before_put = [this](const auto&) { return crash_of_cloud(false); };
        cloud.after_put = [this](const auto&) { return crash_of_cloud(true); };
    }

    // Whether the process dies at the write.
    virtual bool kills() const = 0;

    // Runs until `done`, with a new process after a crash.
    [[nodiscard]] bool until_in_spite_of_it(const std::function<bool()>& done)
    {
        const auto end = clock().now() + 10min;
        while (clock().now() < end)
        {
            if (!run_until([&] { return dead_ || done(); }, 10min))
            {
                return false;
            }
            if (!dead_)
            {
                return true;
            }
            stop();
            dead_ = false;
            start();
        }
        return false;
    }

    // The scenarios.
    void attach_rotate_and_detach();
    void pass_the_slot_on_and_back();
    void let_several_go_at_once();

    bool active(const std::string& name) { return kube.exists(name) && kube.state(name) == "active"; }

    void TearDown() override
    {
        EXPECT_TRUE(lost_ || GetParam() >= 2 * writes_) << "it did not happen";
        EXPECT_LT(2 * writes_, cases + 2) << "the last writes are lost in no case";
        the_loop::TearDown();
    }

private:
    bool now(bool after)
    {
        writes_ += after ? 0 : 1;
        const bool here = !lost_ && writes_ == GetParam() / 2 + 1 && (GetParam() % 2 == 1) == after;
        lost_ = lost_ || here;
        dead_ = dead_ || (here && kills());
        return here;
    }

    std::optional<support::error> crash_of_kube(bool after)
    {
        if (dead_ || now(after))
        {
            return support::error{support::errc::interrupted, "crashed", 0, {}};
        }
        return std::nullopt;
    }

    std::optional<cloud::error> crash_of_cloud(bool after)
    {
        if (dead_ || now(after))
        {
            return cloud::error{cloud::failure::ambiguous, "crashed", {}, {}};
        }
        return std::nullopt;
    }

    static constexpr int cases = 66;
    int writes_ = 0;
    bool lost_ = false;
    bool dead_ = false;  // nothing that it sends arrives any more
};

void lost_write::attach_rotate_and_detach()
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until_in_spite_of_it([&] { return active("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until_in_spite_of_it([&] { return active("web") && row().slots.default_ref == ref(cert_b); }))
        << kube.object("web").dump(1);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
    kube.create({.name = "next", .certificate = cert_c, .listener = listener_1});
    ASSERT_TRUE(until_in_spite_of_it([&] { return kube.ready_reason("next") == "Conflict"; }));
    kube.remove("web");
    ASSERT_TRUE(until_in_spite_of_it([&] { return !kube.exists("web") && active("next"); }))
        << kube.object("next").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_c));
    kube.remove("next");
    ASSERT_TRUE(until_in_spite_of_it([&] { return !kube.exists("next"); })) << kube.object("next").dump(1);
    EXPECT_EQ(row().slots.default_ref, foreign);
}

void lost_write::pass_the_slot_on_and_back()
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until_in_spite_of_it([&] { return active("web"); }));
    kube.create({.name = "old", .certificate = cert_a, .listener = listener_1, .age_seconds = 60});
    ASSERT_TRUE(until_in_spite_of_it([&] {
        return active("old") && kube.ready_reason("web") == "Conflict" && kube.attachments("web").empty();
    })) << kube.object("web").dump(1);
    EXPECT_EQ(kube.object("old")["status"].value("replacedDefaultRef", ""), foreign.str());
    kube.remove("old");
    ASSERT_TRUE(until_in_spite_of_it([&] { return !kube.exists("old") && active("web"); }));
    EXPECT_EQ(kube.object("web")["status"].value("replacedDefaultRef", ""), foreign.str());
    kube.update("web", [](auto& object) { object["spec"]["options"]["sni"] = true; });
    ASSERT_TRUE(until_in_spite_of_it([&] { return active("web") && row().slots.default_ref == foreign; }))
        << kube.object("web").dump(1);
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_a)));
    kube.update("web", [](auto& object) { object["spec"]["options"]["sni"] = false; });
    ASSERT_TRUE(until_in_spite_of_it([&] {
        return active("web") && row().slots.default_ref == ref(cert_a) && row().slots.sni_refs.empty();
    }));
    kube.remove("web");
    ASSERT_TRUE(until_in_spite_of_it([&] { return !kube.exists("web"); }));
    EXPECT_EQ(row().slots.default_ref, foreign);
}

void lost_write::let_several_go_at_once()
{
    row().slots.default_ref.reset();
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    kube.create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    kube.create({.name = "most", .certificate = cert_c, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until_in_spite_of_it([&] { return active("web") && active("more") && active("most"); }));
    for (const std::string name : {"web", "more", "most"})
    {
        kube.remove(name);
    }
    ASSERT_TRUE(until_in_spite_of_it([&] {
        return !kube.exists("more") && !kube.exists("most") && kube.ready_reason("web") == "LastCertificate";
    })) << kube.object("web").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
    kube.create({.name = "next", .certificate = cert_b, .listener = listener_1});
    ASSERT_TRUE(until_in_spite_of_it([&] { return !kube.exists("web") && active("next"); }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
}

// The process dies at the write.
class crash_at : public lost_write
{
    bool kills() const override { return true; }
};

TEST_P(crash_at, while_attaching_rotating_and_detaching_ends_in_the_same_state)
{
    attach_rotate_and_detach();
}

TEST_P(crash_at, while_the_slot_passes_between_duplicates_and_to_sni_and_back_ends_in_the_same_state)
{
    pass_the_slot_on_and_back();
}

TEST_P(crash_at, while_several_go_at_once_ends_in_the_same_state)
{
    let_several_go_at_once();
}

INSTANTIATE_TEST_SUITE_P(every_write, crash_at, testing::Range(0, 56));

// The process lives.
class answer_lost_at : public lost_write
{
    bool kills() const override { return false; }
};

TEST_P(answer_lost_at, while_attaching_rotating_and_detaching_ends_in_the_same_state)
{
    attach_rotate_and_detach();
}

TEST_P(answer_lost_at, while_the_slot_passes_between_duplicates_and_to_sni_and_back_ends_in_the_same_state)
{
    pass_the_slot_on_and_back();
}

TEST_P(answer_lost_at, while_several_go_at_once_ends_in_the_same_state)
{
    let_several_go_at_once();
}

INSTANTIATE_TEST_SUITE_P(every_write, answer_lost_at, testing::Range(0, 56));

}  // namespace
