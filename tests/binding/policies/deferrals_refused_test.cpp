// quarantine: one bad certificate does not keep the others off the listener.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::ref_state;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The answer of Octavia that names the refs that it cannot retrieve.
cloud::error naming(const std::vector<std::string>& names)
{
    return {failure::refused, "Could not retrieve certificate", refs(names), {}};
}

// The answer of Octavia that names no ref.
cloud::error nameless()
{
    return {failure::refused, "The PKCS12 bundle is unreadable", {}, {}};
}

// Refuses every PUT that holds one of `bad`.
template <class Refusal>
auto refusing(const std::vector<std::string>& bad, Refusal quarantine)
{
    return [bad, quarantine](const binding::put& put) -> std::optional<cloud::error> {
        std::vector<std::string> refused;
        for (const std::string& name : bad)
        {
            const bool is_default = put.change.default_ref && *put.change.default_ref == ref(name);
            if (is_default ||
                (put.change.sni_refs && std::ranges::count(*put.change.sni_refs, ref(name)) > 0))
            {
                refused.push_back(name);
            }
        }
        return refused.empty() ? std::nullopt : std::optional(quarantine(refused));
    };
}

auto refusing_by_name(const std::vector<std::string>& bad)
{
    return refusing(bad, naming);
}

auto refusing_namelessly(const std::vector<std::string>& bad)
{
    return refusing(bad, [](const auto&) { return nameless(); });
}

// ---- a refusal that names refs ----

TEST(plan_refused, a_named_one_that_is_bad_is_left_out_and_the_others_go_through)
{
    world_builder w;
    w.shows("f", {"e"}).add("bad", "a").sni();
    w.add("good", "b").sni();
    const auto sent = w.put();
    EXPECT_EQ(text(sent), "put sni=a,b,e");
    w.certificates["a"] = failing(failure::not_found);
    w.fail(sent, naming({"a"}));
    w.finish();
    w.later(10ms);
    const auto next = w.put();
    EXPECT_EQ(text(next), "put sni=b,e");
    w.accept(next);
    w.later(1s);
    w.settle();
    w.finish();
    EXPECT_EQ(w.status("good"), "active Attached [sni b]");
    EXPECT_EQ(w.status("bad"), "error CertificateNotFound []");
}

TEST(plan_refused, the_certificate_service_is_asked_about_the_refs_that_are_named)
{
    world_builder w;
    w.shows("f", {"e"}).add("web", "a").sni();
    w.add("more", "b").sni();
    w.fail(w.put(), naming({"a", "e"}));
    w.clear_trace();
    w.finish();
    EXPECT_THAT(w.reads(), testing::Contains(HasSubstr("certificates(web)")));
    w.later(10ms).run();
    EXPECT_THAT(w.reads(), testing::Contains(HasSubstr("refs(e,f)")));
}

TEST(plan_refused, a_named_one_of_ours_that_can_be_read_is_tried_again_and_nobody_waits_for_it)
{
    world_builder w;
    w.shows("f").add("named", "a").sni();
    w.add("good", "b").sni();
    w.refuses = refusing_by_name({"a"});
    w.fail(w.put(), naming({"a"}));
    w.finish();
    w.later(10ms);
    const auto next = w.put();
    EXPECT_EQ(text(next), "put sni=b");
    w.accept(next);
    w.later(200ms);
    w.settle();
    EXPECT_LE(w.finish().wait, 1s);
    EXPECT_EQ(w.status("named"), "pending CloudUnavailable []");
    EXPECT_EQ(w.status("good"), "active Attached [sni b]");
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put sni=a,b");
}

TEST(plan_refused, after_five_tries_of_what_can_be_read_the_message_gives_the_hint)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.refuses = refusing_by_name({"a", "f"});
    EXPECT_EQ(w.converge(), 5);
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    EXPECT_THAT(w.message("web"), AllOf(HasSubstr("application credential"), HasSubstr("11.0.1")));
}

TEST(plan_refused, fewer_tries_give_no_hint)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    int refusals = 4;
    w.refuses = [&](const auto&) { return refusals-- > 0 ? std::optional(naming({"a"})) : std::nullopt; };
    EXPECT_EQ(w.converge(), 5);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_refused, an_attached_one_of_ours_that_is_refused_but_not_dead_is_kept_and_blocks)
{
    world_builder w;
    w.shows("f", {"c"}).add_attached("there", "c", sni_slot);
    w.add("web", "a").sni();
    w.fail(w.put(), naming({"c"}));
    w.refs["c"] = ref_state::unknown;
    w.finish();
    w.later(10ms);
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.slots(), "default=f sni=c");
    EXPECT_THAT(w.status("web"), StartsWith("error BlockedByUnreadableRef"));
    EXPECT_THAT(w.message("web"), HasSubstr(ref("c").str()));
    EXPECT_EQ(w.status("there"), "active Attached [sni c]");
}

// The certificate service did not answer when Octavia asked for the certificate.
TEST(plan_refused, one_that_is_named_while_there_is_no_answer_about_it_is_waited_for)
{
    world_builder w;
    w.shows("f", {"c"}).add_attached("there", "c", sni_slot);
    w.add("web", "a").sni();
    w.fail(w.put(), naming({"a", "c"}));
    w.certificates["a"] = failing(failure::transient);
    w.certificates["c"] = failing(failure::transient);
    w.refs["c"] = w.refs["f"] = ref_state::unanswered;
    w.finish();
    for (int i = 0; i < 10; ++i)
    {
        w.later(10s).finish();
        EXPECT_EQ(w.status("web"), "pending CloudUnavailable []");
        EXPECT_EQ(w.status("there"), "active Attached [sni c]");
    }
    w.certificates.clear();
    w.refs.clear();
    w.later(10s);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=a,c");
}

TEST(plan_refused, a_foreign_one_or_a_client_ca_or_a_revocation_list_that_is_named_and_unreadable_blocks)
{
    for (const std::string which : {"foreign", "ca", "crl"})
    {
        world_builder w;
        w.shows("f", which == "foreign" ? std::vector<std::string>{"e"} : std::vector<std::string>{});
        (which == "ca" ? w.listener->client_ca_ref : w.listener->client_crl_ref) =
            which == "foreign" ? std::nullopt : std::optional(ref("e"));
        w.add("web", "a").sni();
        w.refs["e"] = ref_state::unknown;
        w.fail(w.put(), naming({"e"}));
        w.finish();
        w.later(10ms).finish();
        EXPECT_THAT(w.status("web"), StartsWith("error BlockedByUnreadableRef")) << which;
        EXPECT_THAT(w.message("web"), HasSubstr(ref("e").str())) << which;
        w.refs["e"] = ref_state::readable;
        w.later(10s);
        EXPECT_THAT(text(w.put()), StartsWith("put sni=a")) << which << " is readable again";
    }
}

TEST(plan_refused, what_stays_and_is_named_though_it_can_be_read_is_transient)
{
    world_builder w;
    w.shows("f", {"e"}).add_attached("web", "a", sni_slot);
    w.listener->sni_refs = refs({"a", "e"});
    w.change("web").deleting();
    w.refuses = refusing_by_name({"e"});
    w.fail(w.put(), naming({"e"}));
    w.finish();
    w.later(10ms);
    const auto wait = w.finish().wait;
    EXPECT_GT(wait, 900ms);
    EXPECT_LE(wait, 1s);
    EXPECT_THAT(w.message("web"), HasSubstr("Could not retrieve certificate"));
    w.later(wait);
    w.fail(w.put(), naming({"e"}));
    w.finish();
    w.later(10ms);
    EXPECT_GT(w.finish().wait, 1900ms) << "at growing intervals";
}

TEST(plan_refused, a_ref_that_nobody_sent_counts_as_none)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.fail(w.put(), naming({"d"}));
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

// ---- a refusal that names none ----

TEST(plan_refused, the_one_that_was_added_alone_is_the_bad_one)
{
    world_builder w;
    w.shows("f", {"c"}).add_attached("there", "c", sni_slot);
    w.add("web", "a");
    w.refuses = refusing_namelessly({"a"});
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    EXPECT_EQ(w.status("there"), "active Attached [sni c]");
    EXPECT_THAT(w.message("web"), HasSubstr("PKCS12"));
}

TEST(plan_refused, the_bad_one_is_found_in_at_most_2_and_log2_n_puts_and_the_others_are_attached_in_them)
{
    for (int n = 2; n <= 17; ++n)
    {
        for (int bad = 0; bad < n; ++bad)
        {
            world_builder w;
            w.shows("f");
            cloud::container_ref bad_ref;
            for (int i = 0; i < n; ++i)
            {
                const std::string name = "web" + std::to_string(i);
                w.add(name, "a").sni();
                char id[37];
                std::snprintf(id, sizeof id, "aaaaaaaa-0000-4000-8000-%012d", i);
                w.change(name).object().spec.certificate_id = *support::uuid::parse(id);
                w.certificates_by_id[id] = active("a");
                w.certificates_by_id[id]->container_ref =
                    cloud::container_ref("http://kms/v1/containers/" + std::string(id));
                bad_ref = i == bad ? w.certificates_by_id[id]->container_ref : bad_ref;
            }
            w.refuses = [&](const binding::put& put) {
                return std::ranges::count(*put.change.sni_refs, bad_ref) > 0 ? std::optional(nameless())
                                                                             : std::nullopt;
            };
            EXPECT_LE(w.converge(), 2 + std::bit_width(static_cast<unsigned>(n - 1))) << bad << " of " << n;
            for (int i = 0; i < n; ++i)
            {
                EXPECT_THAT(
                    w.status("web" + std::to_string(i)),
                    StartsWith(i == bad ? "error CertificateRefused []" : "active Attached")
                ) << i
                  << " of " << n;
            }
        }
    }
}

TEST(plan_refused, where_the_payloads_tell_the_others_are_attached_at_once)
{
    world_builder w;
    w.shows("f");
    for (const std::string name : {"a", "b", "c", "d"})
    {
        w.add(name, name).sni();
    }
    w.certificates["c"] = active("c");
    w.certificates["c"]->doubt = "it needs a pass phrase";
    w.refuses = refusing_namelessly({"c"});
    EXPECT_EQ(w.converge(), 2);
    EXPECT_EQ(w.slots(), "default=f sni=a,b,d");
    EXPECT_EQ(w.status("c"), "error CertificateRefused []");
    EXPECT_THAT(w.message("c"), HasSubstr("it needs a pass phrase"));
}

TEST(plan_refused, a_payload_in_doubt_is_not_held_against_a_certificate_that_octavia_takes)
{
    world_builder w;
    w.shows("f").add("a", "a").sni();
    w.add("b", "b").sni();
    w.certificates["a"] = active("a");
    w.certificates["a"]->doubt = "it needs a pass phrase";
    w.refuses = refusing_namelessly({"b"});
    w.converge();
    EXPECT_EQ(w.slots(), "default=f sni=a");
    EXPECT_EQ(w.status("b"), "error CertificateRefused []");
}

TEST(plan_refused, two_bad_ones_are_found_and_the_others_are_attached)
{
    world_builder w;
    w.shows("f").add("a", "a").sni();
    w.add("b", "b").sni();
    w.add("c", "c").sni();
    w.add("d", "d");
    w.refuses = refusing_namelessly({"b", "d"});
    EXPECT_LE(w.converge(), 8);
    EXPECT_EQ(w.status("b"), "error CertificateRefused []");
    EXPECT_EQ(w.status("d"), "error CertificateRefused []");
    EXPECT_EQ(w.slots(), "default=f sni=a,c");
}

TEST(plan_refused, during_the_bisection_a_removal_goes_along)
{
    world_builder w;
    w.shows("f", {"e"}).add_attached("going", "e", sni_slot);
    w.change("going").deleting();
    w.add("a", "a").sni();
    w.add("b", "b").sni();
    w.refuses = refusing_namelessly({"a", "b"});
    w.converge();
    EXPECT_EQ(w.status("going"), "gone");
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_refused, who_waits_for_the_bisection_is_in_progress_and_says_why)
{
    world_builder w;
    w.shows("f").add("a", "a").sni();
    w.add("b", "b").sni();
    w.fail(w.put(), nameless());
    w.finish();
    w.later(10ms);
    EXPECT_EQ(text(w.put()), "put sni=a");
    EXPECT_EQ(w.status("b"), "pending Progressing []");
    EXPECT_THAT(w.message("b"), HasSubstr("refused"));
}

TEST(plan_refused, when_one_of_the_suspects_changes_the_bisection_begins_again)
{
    world_builder w;
    w.shows("f").add("a", "a").sni();
    w.add("b", "b").sni();
    w.add("c", "c").sni();
    w.fail(w.put(), nameless());
    w.finish();
    w.change("c").wants("d");
    w.later(10ms);
    EXPECT_EQ(text(w.put()), "put sni=a,b,d");
}

TEST(plan_refused, nothing_of_ours_added_and_still_refused_blocks)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.fail(w.put(), nameless());
    const auto wait = w.finish().wait;
    EXPECT_GT(wait, 59s);
    EXPECT_LE(wait, 1min);
    EXPECT_EQ(w.status("web"), "deleting Detaching [sni a?]");
    EXPECT_THAT(w.message("web"), HasSubstr("PKCS12"));
    w.add("more", "b").sni();
    w.later(1s).finish();
    EXPECT_THAT(w.status("more"), StartsWith("error BlockedByUnreadableRef"));
    w.later(61s);
    w.put();
}

// ---- the quarantine ----

// "web" is quarantined for "a".
world_builder quarantined()
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.refuses = refusing_namelessly({"a"});
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    return w;
}

TEST(plan_refused, a_quarantine_ends_with_another_certificate)
{
    auto w = quarantined();
    w.change("web").wants("b");
    EXPECT_EQ(text(w.later(1s).put()), "put default=b");
}

TEST(plan_refused, a_quarantine_ends_when_the_certificate_changes)
{
    auto w = quarantined();
    w.certificates["a"] = not_active("a");
    w.later(10min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotActive []");
    w.certificates["a"] = active("a");
    w.later(5min);
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_refused, a_quarantine_ends_when_a_retry_is_asked_for)
{
    auto w = quarantined();
    w.change("web").asked_again("now");
    EXPECT_EQ(text(w.later(1s).put()), "put default=a");
}

TEST(plan_refused, a_quarantine_ends_when_a_retry_was_asked_for_while_nobody_ran)
{
    auto w = quarantined();
    w.change("web").asked_again("now");
    EXPECT_EQ(text(w.later(1s).restart().put()), "put default=a");
    EXPECT_EQ(w.object("web").status.handled_request.view(), "now");
}

TEST(plan_refused, a_quarantine_ends_after_an_hour_where_it_is_in_no_conflict)
{
    auto w = quarantined();
    w.later(58min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    w.later(2min);
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_refused, in_a_conflict_a_quarantine_does_not_end_by_itself)
{
    auto w = quarantined();
    w.add("young", "b");
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
    EXPECT_EQ(w.later(10h).converge(), 0);
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    w.change("young").deleting();
    w.refuses = {};
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan_refused, a_start_believes_the_quarantine_in_status_and_sends_nothing)
{
    auto w = quarantined();
    w.add("young", "b");
    EXPECT_EQ(w.later(1s).converge(), 1);
    w.clear_trace();
    EXPECT_EQ(w.restart().converge(), 0);
    EXPECT_THAT(w.steps(), testing::Each(StartsWith("end"))) << "nor is anything written";
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

TEST(plan_refused, a_start_believes_the_quarantine_though_the_cloud_did_not_answer_before_it)
{
    auto w = quarantined();
    const auto listener = w.listener;
    w.listener = failing(cloud::failure::transient);
    w.later(1min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
    w.listener = listener;
    EXPECT_EQ(w.restart().converge(), 0);
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

TEST(plan_refused, a_start_ends_the_quarantine_after_the_rest_of_its_hour)
{
    auto w = quarantined();
    w.later(40min).restart();
    EXPECT_LE(w.finish().wait, 20min);
    w.later(21min);
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_refused, a_refused_rotation_is_believed_with_the_words_that_status_has)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants("b");
    w.refuses = refusing_namelessly({"b"});
    EXPECT_EQ(w.converge(), 1);
    const auto message = w.message("web");
    EXPECT_THAT(message, HasSubstr(certificate_id("a").str() + " stays attached"));
    w.clear_trace();
    EXPECT_EQ(w.restart().converge(), 0);
    EXPECT_EQ(w.message("web"), message);
    EXPECT_THAT(w.steps(), testing::Each(StartsWith("end")));
}

TEST(plan_refused, an_older_bad_one_gives_way_to_the_younger_at_once)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    w.refuses = refusing_namelessly({"a"});
    EXPECT_EQ(w.converge(), 2);
    EXPECT_EQ(w.status("old"), "error CertificateRefused []");
    EXPECT_EQ(w.status("young"), "active Attached [default b, was f]");
}

// ---- a quarantine of an earlier process, and other reasons in the status since ----

TEST(plan_refused, a_quarantine_from_before_a_start_is_reported_again_after_an_outage)
{
    for (const auto failure : {cloud::failure::transient, cloud::failure::access_denied})
    {
        world_builder w;
        w.shows("f").add("web", "a").sni();
        w.refuses = refusing_namelessly({"a"});
        w.converge();
        ASSERT_EQ(w.status("web"), "error CertificateRefused []");
        w.restart();
        const auto listener = w.listener;
        w.listener = failing(failure);
        w.run();
        w.listener = listener;
        w.later(1min).run();
        EXPECT_EQ(w.status("web"), "error CertificateRefused []") << w.message("web");
    }
}

TEST(plan_refused, a_quarantine_from_before_a_start_is_reported_again_after_a_conflict)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants("b");
    w.refuses = refusing_namelessly({"b"});
    EXPECT_EQ(w.converge(), 1);
    w.restart();
    EXPECT_EQ(w.converge(), 0);
    w.add("old", "c").older();
    w.later(1s).converge();
    w.change("old").deleting();
    w.later(1s).converge();
    EXPECT_THAT(w.status("web"), StartsWith("error CertificateRefused"));
    EXPECT_THAT(w.message("web"), testing::Not(HasSubstr("shop/old")));
}

}  // namespace
