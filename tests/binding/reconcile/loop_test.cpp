// The loop of a whole controller without its network.
#include "binding/reconcile/loop_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(the_loop, attaches_the_default_certificate_with_three_writes_and_one_put)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status", "web status"));
    EXPECT_EQ(kube.object("web")["status"].value("replacedDefaultRef", ""), foreign.str());
    EXPECT_EQ(kube.attachments("web")[0]["confirmed"], true);
    advance(30min);
    EXPECT_EQ(kube.writes.size(), 3U) << "a stable binding is not written";
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(the_loop, two_bindings_of_a_listener_go_into_one_put)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    step();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active" && kube.state("b") == "active"; }));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_a), ref(cert_b)));
    EXPECT_EQ(row().slots.default_ref, foreign);
}

TEST_F(the_loop, writes_little_where_somebody_else_overwrites_each_status)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    const auto written = kube.writes.size();
    const auto overwrite = [&] {
        kube.update("web", [](auto& object) { object["status"]["attachments"] = nlohmann::json::array(); });
    };
    for (int second = 0; second < 600; ++second)
    {
        if (!kube.attachments("web").empty())
        {
            overwrite();
        }
        advance(1s);
    }
    EXPECT_GE(kube.writes.size() - written, 5U);
    EXPECT_LE(kube.writes.size() - written, 12U);
    advance(5min);
    EXPECT_EQ(kube.attachments("web").size(), 1U) << "who comes last is answered, too";
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(the_loop, waits_for_a_certificate_and_attaches_it_when_it_is_active)
{
    cloud.certificates[cert_a] = false;
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateNotActive"; }));
    EXPECT_EQ(kube.state("web"), "error");
    EXPECT_THAT(kube.message("web"), HasSubstr("its private key has no payload yet"));
    cloud.certificates[cert_a] = true;
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
}

TEST_F(the_loop, deleting_gives_the_slot_back_to_the_default_from_before)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(row().slots.default_ref, foreign);
    EXPECT_EQ(cloud.puts.size(), 2U);
}

TEST_F(the_loop, deleting_an_sni_binding_leaves_the_others)
{
    const cloud::container_ref other("http://kms/v1/secrets/eeeeeeee-0000-4000-8000-00000000000e");
    row().slots.sni_refs = {other};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active" && kube.state("b") == "active"; }));
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_b), other));
}

TEST_F(the_loop, the_last_certificate_waits_and_each_way_out_works)
{
    row().slots.default_ref.reset();
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "LastCertificate"; }));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    kube.create({.name = "next", .certificate = cert_b, .listener = listener_1});
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
    ASSERT_TRUE(until([&] { return kube.state("next") == "active"; }));
    kube.remove("next");
    ASSERT_TRUE(until([&] { return kube.ready_reason("next") == "LastCertificate"; }));
    kube.update("next", [](auto& object) { object["spec"]["deletionPolicy"] = "Retain"; });
    ASSERT_TRUE(until([&] { return !kube.exists("next"); }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
}

TEST_F(the_loop, rotation_swaps_in_one_put)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] {
        return kube.state("web") == "active" &&
               kube.attachments("web")[0]["containerRef"] == ref(cert_b).str();
    }));
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_EQ(cloud.puts.size(), 2U);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

TEST_F(the_loop, rotation_to_a_bad_certificate_keeps_the_old_and_names_both)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    cloud.certificates[cert_b] = false;
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateNotActive"; }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    EXPECT_THAT(kube.message("web"), testing::AllOf(HasSubstr(cert_a), HasSubstr(cert_b)));
}

TEST_F(the_loop, adopts_what_is_there_with_two_writes_and_no_put)
{
    row().slots.sni_refs = {cloud::container_ref("http://other-name/v1/containers/" + cert_a)};
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_THAT(cloud.puts, IsEmpty());
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status"));
}

TEST_F(the_loop, the_younger_of_two_defaults_gets_a_conflict_and_takes_over_when_the_older_goes)
{
    start();
    kube.create({.name = "old", .certificate = cert_a, .listener = listener_1, .age_seconds = 60});
    kube.create({.name = "young", .certificate = cert_b, .listener = listener_1});
    ASSERT_TRUE(until([&] {
        return kube.state("old") == "active" && kube.ready_reason("young") == "Conflict";
    }));
    EXPECT_THAT(kube.message("young"), HasSubstr("shop/old"));
    kube.remove("old");
    ASSERT_TRUE(until([&] { return !kube.exists("old") && kube.state("young") == "active"; }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
    EXPECT_EQ(kube.object("young")["status"].value("replacedDefaultRef", ""), foreign.str())
        << "the recorded default travels with the slot";
    EXPECT_EQ(cloud.puts.size(), 2U);
}

TEST_F(the_loop, a_dead_certificate_of_ours_is_left_out_of_the_next_change)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; })) << kube.object("b").dump(1);
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_TRUE(row().served);
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CertificateNotFound"; }));
}

TEST_F(the_loop, a_dead_foreign_certificate_blocks_and_is_named)
{
    row().slots.sni_refs = {ref(cert_c)};
    cloud.dead.insert(cert_c);
    start();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    EXPECT_THAT(kube.message("b"), HasSubstr(cert_c));
    EXPECT_THAT(cloud.puts, IsEmpty());
    cloud.dead.clear();
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }));
}

TEST_F(the_loop, a_dead_certificate_on_another_listener_is_removed_first)
{
    add_listener(listener_2);
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }))
        << kube.object("b").dump(1) << kube.object("a").dump(1);
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
    EXPECT_THAT(row(listener_2).slots.sni_refs, IsEmpty());
}

TEST_F(the_loop, an_ambiguous_put_that_took_effect_counts_at_once)
{
    bool once = true;
    cloud.after_put = [&](const auto&) -> std::optional<cloud::error> {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_LT(clock().now() - began, 10s);
}

TEST_F(the_loop, an_ambiguous_put_without_effect_is_sent_again_only_after_its_deadline)
{
    bool once = true;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - began, 30s);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
}

TEST_F(the_loop, objects_of_before_a_rotation_bring_the_old_certificate_back_and_keep_the_new_one)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    const auto backup = kube.object("web");
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] { return row().slots.sni_refs == std::vector{ref(cert_b)}; }));
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    stop();
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("web");
    kube.create({.name = "restored", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.update("restored", [&](auto& object) { object["status"] = backup["status"]; });
    start();
    ASSERT_TRUE(until([&] { return row().slots.sni_refs.size() == 2; }));
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_a), ref(cert_b)));
    ASSERT_TRUE(until([&] { return kube.state("restored") == "active"; }));
    kube.update("restored", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    EXPECT_TRUE(until([&] { return row().slots.sni_refs == std::vector{ref(cert_b)}; }));
}

TEST_F(the_loop, a_refused_change_gives_certificate_refused)
{
    cloud.unreadable = {cert_a};
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateRefused"; }));
    EXPECT_THAT(kube.message("web"), HasSubstr("PKCS12"));
    EXPECT_THAT(kube.attachments("web"), IsEmpty());
    kube.remove("web");
    EXPECT_TRUE(until([&] { return !kube.exists("web"); }));
}

TEST_F(the_loop, one_bad_certificate_is_found_and_the_others_are_attached_and_a_start_knows_it)
{
    cloud.unreadable = {cert_b};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    kube.create({.name = "c", .certificate = cert_c, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] {
        return kube.state("a") == "active" && kube.ready_reason("b") == "CertificateRefused" &&
               kube.state("c") == "active";
    }));
    EXPECT_LE(cloud.puts.size(), 4U);
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_a), ref(cert_c)));
    const auto puts = cloud.puts.size();
    const auto writes = kube.writes.size();
    stop();
    start();
    advance(30min);
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_EQ(kube.writes.size(), writes);
    EXPECT_EQ(kube.ready_reason("b"), "CertificateRefused");
}

TEST_F(the_loop, an_unknown_listener_is_waited_for_five_minutes_and_then_an_error)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_2});
    ASSERT_TRUE(until([&] { return kube.state("web") == "error"; }));
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] { return kube.state("web") == "pending"; })) << "a generation that began now";
    const auto began = clock().now();
    EXPECT_EQ(kube.ready_reason("web"), "ListenerNotFound");
    ASSERT_TRUE(run_until([&] { return kube.state("web") == "error"; }, 20min));
    EXPECT_GE(clock().now() - began, 5min);
    kube.remove("web");
    EXPECT_TRUE(until([&] { return !kube.exists("web"); }));
}

TEST_F(the_loop, a_listener_that_is_gone_lets_deletions_go_after_two_answers)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    cloud.listeners.clear();
    kube.remove("web");
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_GE(clock().now() - began, 5s);
}

TEST_F(the_loop, a_write_of_ours_that_is_undone_is_repaired_at_the_resync)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    row().slots.sni_refs.clear();
    ASSERT_TRUE(run_until([&] { return cloud.puts.size() == 2; }, 12min + 1s))
        << "a resync period and its jitter";
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
}

TEST_F(the_loop, a_foreign_writer_that_undoes_us_every_time_is_not_fought_at_full_speed)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    std::vector<std::size_t> puts_at;
    std::vector<int> reads_at;
    for (int minute = 0; minute < 6 * 60; ++minute)
    {
        advance(1min);
        row().slots.sni_refs.clear();
        puts_at.push_back(cloud.puts.size());
        reads_at.push_back(cloud.listener_reads);
    }
    EXPECT_LE(puts_at[59], 6U);
    EXPECT_LE(puts_at[239] - puts_at[179], 2U);
    EXPECT_LE(puts_at[359] - puts_at[239], 3U);
    for (std::size_t hour = 2; hour <= 6; ++hour)
    {
        const int reads = reads_at[60 * hour - 1] - reads_at[60 * hour - 61];
        EXPECT_LT(reads, reads_at[59]) << "hour " << hour;
        EXPECT_LE(reads, 6 + 5) << "the resyncs, and a repair with the read that proves the change";
    }
    EXPECT_EQ(kube.ready_reason("web"), "Contested");
    EXPECT_THAT(kube.message("web"), HasSubstr(ref(cert_a).str()));
    kube.update("web", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = "now";
    });
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
}

TEST_F(the_loop, a_forged_ledger_entry_is_put_back_and_never_acted_on)
{
    row().slots.sni_refs = {ref(cert_c)};
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.update("web", [](auto& object) {
        object["status"]["attachments"].push_back(
            {{"containerRef", ref(cert_c).str()}, {"slot", "sni"}, {"confirmed", true}}
        );
    });
    ASSERT_TRUE(until([&] { return kube.attachments("web").size() == 1; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_c)));
}

}  // namespace
