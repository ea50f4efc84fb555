// oldest-wins, clause by clause.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A new process draws the same conclusion, and writes neither to the cloud nor to Kubernetes.
void expect_the_same_after_a_start(world_builder& w, const std::vector<std::string>& names)
{
    std::vector<std::string> before;
    for (const std::string& name : names)
    {
        before.push_back(w.status(name));
    }
    w.clear_trace();
    EXPECT_EQ(w.restart().converge(), 0);
    EXPECT_THAT(w.steps(), Each(StartsWith("end")));
    for (std::size_t i = 0; i < names.size(); ++i)
    {
        EXPECT_EQ(w.status(names[i]), before[i]);
    }
}

// ---- who conflicts: two bindings that want the default, or the same certificate in the same slot ----

TEST(plan_conflict, two_that_want_the_default_of_one_listener)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
    expect_the_same_after_a_start(w, {"old", "young"});
}

TEST(plan_conflict, two_that_want_the_same_certificate_in_the_same_slot)
{
    for (const bool sni : {true, false})
    {
        world_builder w;
        w.shows("f").add("old", "a").object().spec.sni = sni;
        w.add("young", "a").object().spec.sni = sni;
        EXPECT_EQ(w.converge(), 1);
        EXPECT_THAT(w.status("old"), StartsWith("active Attached"));
        EXPECT_EQ(w.status("young"), "error Conflict []");
        expect_the_same_after_a_start(w, {"old", "young"});
    }
}

TEST(plan_conflict, the_same_certificate_in_two_slots_is_none)
{
    world_builder w;
    w.shows("f").add("one", "a");
    w.add("two", "a").sni();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=a sni=a");
    EXPECT_EQ(w.status("one"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("two"), "active Attached [sni a]");
    expect_the_same_after_a_start(w, {"one", "two"});
}

TEST(plan_conflict, two_sni_certificates_are_none)
{
    world_builder w;
    w.shows("f").add("one", "a").sni();
    w.add("two", "b").sni();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=a,b");
}

// ---- who takes part: bindings that are not being deleted ----

TEST(plan_conflict, a_deletion_takes_no_part)
{
    world_builder w;
    w.shows("a").add_attached("old", "a", default_slot).remembers("f");
    w.change("old").deleting();
    w.add("young", "b");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
}

// ---- who takes part: bindings whose certificate is attached, by their ledger ----

TEST(plan_conflict, an_attached_one_takes_part_whatever_has_become_of_its_certificate)
{
    auto expired = active("a");
    for (const auto& became :
         {not_active("a"),
          cloud::answer<cloud::certificate>(failing(failure::not_found)),
          cloud::answer<cloud::certificate>(failing(failure::access_denied)),
          cloud::answer<cloud::certificate>(failing(failure::transient)),
          expired})
    {
        world_builder w;
        w.certificates["a"] = became;
        if (became)
        {
            w.certificates["a"]->expires_at = w.wall() - 1h;
        }
        w.shows("a").add_attached("old", "a", default_slot);
        w.add("young", "b");
        EXPECT_EQ(w.converge(), 0);
        EXPECT_EQ(w.slots(), "default=a sni=");
        EXPECT_EQ(w.status("young"), "error Conflict []");
        EXPECT_THAT(w.status("old"), testing::EndsWith("[default a]"));
        expect_the_same_after_a_start(w, {"old", "young"});
    }
}

TEST(plan_conflict, what_only_the_ledger_of_another_holds_is_not_attached_for_it)
{
    for (const slot in : {default_slot, sni_slot})
    {
        world_builder w;
        in == sni_slot ? w.shows("f", {"a"}) : w.shows("a");
        w.certificates["a"] = not_active("a");
        w.add_attached("young", "a", in);
        w.add("old", "a").older().object().spec.sni = in == sni_slot;
        EXPECT_EQ(w.converge(), 0);
        EXPECT_EQ(w.status("old"), "error CertificateNotActive []");
        EXPECT_THAT(w.status("young"), StartsWith("error CertificateNotActive ["));
        expect_the_same_after_a_start(w, {"old", "young"});
    }
}

TEST(plan_conflict, what_no_ledger_holds_is_adopted_though_it_could_not_be_attached)
{
    world_builder w;
    w.certificates["a"] = not_active("a");
    w.shows("a").add("web", "a");
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("web"), "error CertificateNotActive [default a]");
}

TEST(plan_conflict, a_rotation_that_waits_takes_part_by_what_it_holds)
{
    world_builder w;
    w.shows("a").add_attached("old", "a", default_slot);
    w.change("old").wants("c");
    w.certificates["c"] = not_active("c");
    w.add("young", "b");
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.slots(), "default=a sni=");
    EXPECT_EQ(w.status("young"), "error Conflict []");
    expect_the_same_after_a_start(w, {"old", "young"});
}

// ---- who takes part: bindings whose certificate could be attached now ----

TEST(plan_conflict, who_could_not_be_attached_now_takes_no_part)
{
    auto expired = active("a");
    expired->expires_at = support::wall_time{};
    auto too_long = active("a");
    too_long->container_ref = cloud::container_ref(
        "http://" + std::string(255, 'h') + "/v1/containers/" + certificate_id("a").str()
    );
    const cloud::answer<cloud::certificate> reasons[] = {
        not_active("a"),
        failing(failure::not_found),
        failing(failure::access_denied),
        failing(failure::transient),
        expired,
        too_long,
    };
    for (const auto& why : reasons)
    {
        world_builder w;
        w.shows("f").add("old", "a");
        w.add("young", "b");
        w.certificates["a"] = why;
        EXPECT_EQ(w.converge(), 1);
        EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
        EXPECT_THAT(w.status("old"), Not(HasSubstr("Conflict")));
        w.later(1s);
        w.restart();
        EXPECT_EQ(w.converge(), 0) << "the same winner without a PUT";
        EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
    }
}

TEST(plan_conflict, who_is_quarantined_takes_no_part)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.refuses = [](const binding::put& put) {
        return put.change.default_ref == std::optional(std::optional(ref("a")))
                   ? std::optional(cloud::error{failure::refused, "no", {}, {}})
                   : std::nullopt;
    };
    EXPECT_EQ(w.converge(), 2);
    EXPECT_EQ(w.status("old"), "error CertificateRefused []");
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
    expect_the_same_after_a_start(w, {"old", "young"});
}

TEST(plan_conflict, who_only_cannot_be_written_in_kubernetes_now_keeps_its_part)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.add("more", "c").sni();
    int failures = 3;
    w.write_fails = [&](const std::string& name) { return name == "old" && failures-- > 0; };
    EXPECT_LE(w.converge(), 2);
    EXPECT_THAT(w.steps(), Each(Not(HasSubstr("put default=b"))));
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
}

TEST(plan_conflict, who_is_only_deferred_keeps_its_part)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    int refusals = 2;
    w.refuses = [&](const auto&) {
        return refusals-- > 0 ? std::optional(cloud::error{failure::refused, "no", refs({"a"}), {}})
                              : std::nullopt;
    };
    EXPECT_EQ(w.converge(), 3);
    EXPECT_THAT(w.steps(), Each(Not(HasSubstr("put default=b"))));
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
}

// ---- the oldest wins ----

TEST(plan_conflict, created_at_the_same_time_the_smaller_uid_is_the_older)
{
    world_builder w;
    w.shows("f").add("first", "a");
    w.add("second", "b").object().created = w.object("first").created;
    w.converge();
    EXPECT_EQ(w.status("second"), "error Conflict []");
}

// "large" has the larger uid.
struct tie : world_builder
{
    binding_builder same_second(binding_builder binding) const
    {
        binding.object().created = second;
        return binding;
    }

    const support::wall_time second = wall() - 1h;
};

TEST(plan_conflict, created_at_the_same_time_who_is_attached_keeps_the_default)
{
    tie w;
    w.shows("b");
    w.same_second(w.add("small", "a"));
    w.same_second(w.add_attached("large", "b", default_slot)).remembers("f");
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.slots(), "default=b sni=");
    EXPECT_EQ(w.status("large"), "active Attached [default b, was f]");
    EXPECT_EQ(w.status("small"), "error Conflict []");
    EXPECT_THAT(w.message("small"), HasSubstr("409: binding shop/large"));
    expect_the_same_after_a_start(w, {"small", "large"});
    EXPECT_EQ(w.later(1h).converge(), 0);
    w.change("large").deleting();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("small"), "active Attached [default a, was f]");
}

TEST(plan_conflict, created_at_the_same_time_who_has_the_same_certificate_attached_keeps_it)
{
    for (const slot in : {default_slot, sni_slot})
    {
        tie w;
        in == sni_slot ? w.shows("f", {"a"}) : w.shows("a");
        w.same_second(w.add("small", "a")).object().spec.sni = in == sni_slot;
        w.same_second(w.add_attached("large", "a", in));
        EXPECT_EQ(w.converge(), 0);
        EXPECT_THAT(w.status("large"), StartsWith("active Attached"));
        EXPECT_EQ(w.status("small"), "error Conflict []");
        expect_the_same_after_a_start(w, {"small", "large"});
    }
}

TEST(plan_conflict, created_at_the_same_time_whose_certificate_becomes_active_later_takes_nothing_over)
{
    tie w;
    w.shows("f");
    w.same_second(w.add("small", "a"));
    w.same_second(w.add("large", "b"));
    w.certificates["a"] = not_active("a");
    EXPECT_EQ(w.converge(), 1);
    w.certificates.clear();
    EXPECT_EQ(w.later(1min).converge(), 0);
    EXPECT_EQ(w.status("large"), "active Attached [default b, was f]");
    EXPECT_EQ(w.status("small"), "error Conflict []");
    w.shows("e");
    EXPECT_EQ(w.later(1h).converge(), 1) << "a repair is no occasion either";
    EXPECT_EQ(w.status("large"), "active Attached [default b, was e]");
    expect_the_same_after_a_start(w, {"small", "large"});
}

TEST(plan_conflict, created_at_the_same_time_who_has_entered_it_goes_on_after_a_crash)
{
    tie w;
    w.shows("f");
    w.same_second(w.add("large", "b"));
    w.cut(w.put(), false);
    w.same_second(w.add("small", "a")).object().uid =
        *support::uuid::parse("00000000-0000-4000-8000-000000000000");
    w.later(2min).restart();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("large"), "active Attached [default b, was f]");
    EXPECT_EQ(w.status("small"), "error Conflict []");
}

TEST(plan_conflict, the_older_wins_over_a_younger_attached_one_in_one_put)
{
    world_builder w;
    w.shows("b").add_attached("young", "b", default_slot).remembers("f");
    w.add("old", "a").older();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=a sni=");
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
    expect_the_same_after_a_start(w, {"old", "young"});
}

TEST(plan_conflict, the_older_wins_over_a_younger_that_has_the_same_certificate_attached_without_a_put)
{
    world_builder w;
    w.shows("f", {"b"}).add_attached("young", "b", sni_slot);
    w.add("old", "b").sni().older();
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("old"), "active Attached [sni b]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
    expect_the_same_after_a_start(w, {"old", "young"});
}

TEST(plan_conflict, an_older_one_whose_certificate_becomes_active_takes_over_in_one_put)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.certificates["a"] = not_active("a");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
    w.certificates.clear();
    EXPECT_EQ(w.later(1min).converge(), 1);
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
    EXPECT_EQ(w.later(1h).converge(), 0);
}

TEST(plan_conflict, of_three_the_oldest_wins_and_is_named_to_both)
{
    world_builder w;
    w.shows("f").add("one", "a");
    w.add("two", "b");
    w.add("three", "c");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_THAT(w.message("two"), HasSubstr("shop/one"));
    EXPECT_THAT(w.message("three"), HasSubstr("shop/one"));
}

// ---- the loser's status: 409 with the winner's name ----

TEST(plan_conflict, the_loser_says_409_with_the_winners_name_and_what_can_be_done)
{
    for (const char* certificate : {"a", "b"})
    {
        world_builder w;
        w.shows("f").add("old", "a");
        w.add("young", certificate);
        w.converge();
        const bool same = certificate == std::string("a");
        EXPECT_THAT(w.message("young"), AllOf(HasSubstr("409"), HasSubstr("shop/old")));
        EXPECT_EQ(w.message("young").contains("set options.sni to true"), !same) << w.message("young");
        EXPECT_EQ(w.message("young").contains("binds this certificate to the listener already"), same);
    }
}

// ---- the winner leaves: the slot passes on in the same PUT, or without one for a duplicate ----

TEST(plan_conflict, when_the_winner_is_deleted_the_default_passes_in_the_same_put)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.converge();
    w.change("old").deleting();
    w.clear_trace();
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.status("old"), "gone");
    EXPECT_EQ(w.slots(), "default=b sni=");
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
}

TEST(plan_conflict, when_the_winner_moves_to_sni_the_default_passes_in_the_same_put)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.converge();
    w.change("old").wants_sni(true);
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put default=b sni=a");
}

TEST(plan_conflict, when_the_winner_of_a_duplicate_is_deleted_the_ref_passes_without_a_put)
{
    for (const bool sni : {true, false})
    {
        world_builder w;
        w.shows("f").add("old", "a").object().spec.sni = sni;
        w.add("young", "a").object().spec.sni = sni;
        w.converge();
        w.change("old").deleting();
        EXPECT_EQ(w.later(1s).converge(), 0);
        EXPECT_EQ(w.status("old"), "gone");
        EXPECT_EQ(w.status("young"), sni ? "active Attached [sni a]" : "active Attached [default a, was f]");
    }
}

TEST(plan_conflict, when_the_winner_of_a_duplicate_rotates_the_ref_stays_for_the_other)
{
    world_builder w;
    w.shows("f").add("old", "a").sni();
    w.add("young", "a").sni();
    w.converge();
    w.change("old").wants("b");
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=a,b");
    EXPECT_EQ(w.status("old"), "active Attached [sni b]");
    EXPECT_EQ(w.status("young"), "active Attached [sni a]");
}

TEST(plan_conflict, when_the_winner_of_a_duplicate_is_retained_the_ref_passes_without_a_put)
{
    world_builder w;
    w.shows("f").add("old", "a").sni().retain();
    w.add("young", "a").sni();
    w.converge();
    w.change("old").deleting();
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_EQ(w.status("young"), "active Attached [sni a]");
}

TEST(plan_conflict, a_crash_while_it_passes_reaches_the_same_winner)
{
    // A crash between any two steps of the take-over.
    for (int steps = 0; steps < 40; ++steps)
    {
        world_builder w;
        w.shows("f").add("old", "a");
        w.add("young", "b");
        w.converge();
        w.change("old").deleting();
        w.later(1s);
        w.most_steps = steps;
        w.run();
        w.most_steps.reset();
        w.restart();
        EXPECT_EQ(w.converge(), 1) << steps;
        EXPECT_EQ(w.status("old"), "gone") << steps;
        EXPECT_EQ(w.status("young"), "active Attached [default b, was f]") << steps;
    }
}

}  // namespace
