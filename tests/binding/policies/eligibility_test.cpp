// Eligibility: which certificates may be attached, and which may not (readable-before-write).
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using access = binding::target_state_access;

using namespace test;
using namespace std::chrono_literals;
using binding::condition_status;
using binding::condition_type;
using binding::requeue;
using cloud::failure;
using cloud::ref_state;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

cloud::answer<cloud::certificate> expiring(const std::string& name, support::wall_time at)
{
    auto certificate = active(name);
    certificate->expires_at = at;
    return certificate;
}

// ---- readable-before-write: which certificates may be attached ----

struct certificate_answer
{
    const char* name;
    cloud::answer<cloud::certificate> answer;
    const char* not_attached;  // the status of a binding that is not attached, or not yet
    const char* attached;      // the status of an attached binding
};

class plan_certificate : public testing::TestWithParam<certificate_answer>
{};

TEST_P(plan_certificate, that_may_not_be_attached_is_reported_and_not_put)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.certificates["a"] = GetParam().answer;
    w.finish();
    EXPECT_EQ(w.status("web"), GetParam().not_attached);
    EXPECT_NE(w.message("web"), "");
}

TEST_P(plan_certificate, that_is_attached_already_stays_whatever_it_has_become)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.certificates["a"] = GetParam().answer;
    w.finish();
    EXPECT_EQ(w.status("web"), GetParam().attached);
    EXPECT_EQ(w.object("web").status[condition_type::attached].status, condition_status::true_);
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
}

INSTANTIATE_TEST_SUITE_P(
    every_answer,
    plan_certificate,
    testing::Values(
        certificate_answer{
            "not_active",
            not_active("a"),
            "error CertificateNotActive []",
            "error CertificateNotActive [sni a]"
        },
        certificate_answer{
            "expired",
            expiring("a", std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)),
            "error CertificateExpired []",
            "error CertificateExpired [sni a]"
        },
        certificate_answer{
            "not_found",
            failing(failure::not_found),
            "error CertificateNotFound []",
            "error CertificateNotFound [sni a]"
        },
        certificate_answer{
            "denied",
            failing(failure::access_denied),
            "error CertificateAccessDenied []",
            "error CertificateAccessDenied [sni a]"
        },
        certificate_answer{
            "credentials",
            failing(failure::credentials_invalid),
            "error CredentialsInvalid []",
            "error CredentialsInvalid [sni a]"
        },
        certificate_answer{
            "unavailable",
            failing(failure::transient),
            "pending CloudUnavailable []",
            "active Attached [sni a]"
        }
    ),
    [](const auto& row) { return row.param.name; }
);

// ---- proven-gone: a missing answer of the certificate service never means active ----

TEST(plan_eligibility, what_is_known_to_be_wrong_with_an_attached_certificate_is_not_forgotten_for_a_503)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.certificates["a"] = failing(failure::not_found);
    w.finish();
    w.certificates["a"] = failing(failure::transient);
    w.later(5min).finish();
    EXPECT_EQ(w.status("web"), "error CloudUnavailable [sni a]");
    w.restart().finish();
    EXPECT_EQ(w.status("web"), "error CloudUnavailable [sni a]");
    EXPECT_EQ(w.object("web").status[condition_type::attached].status, condition_status::true_);
}

TEST(plan_eligibility, a_certificate_whose_known_end_has_come_expires_though_the_service_does_not_answer)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.certificates["a"] = expiring("a", w.wall() + 10min);
    w.finish();
    w.certificates["a"] = failing(failure::transient);
    w.later(9min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    w.later(2min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateExpired [sni a]");
}

TEST(plan_eligibility, a_ready_binding_stays_ready_for_three_resync_periods_without_the_certificate_service)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    access::facts(w.target_state()).bindings.begin()->second.verified_at = w.now;
    w.certificates["a"] = failing(failure::transient);
    w.later(29min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    w.later(2min).finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [sni a]");
}

TEST(plan_eligibility, an_adopted_certificate_is_ready_once_the_certificate_service_has_answered)
{
    world_builder w;
    w.shows("f", {"a"}).add("web", "a").sni();
    w.certificates["a"] = failing(failure::transient);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [sni a]");
    w.certificates["a"] = active("a");
    w.later(1min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_eligibility, what_is_missing_is_reported)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.certificates["a"] = not_active("a");
    w.finish();
    EXPECT_THAT(
        w.message("web"), AllOf(HasSubstr(certificate_id("a").str()), HasSubstr("private key has no payload"))
    );
}

TEST(plan_eligibility, a_certificate_that_is_not_there_may_still_come_for_five_minutes)
{
    world_builder w;
    w.shows("f").add("web", "a").object().created = w.wall();
    w.certificates["a"] = failing(failure::not_found);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending CertificateNotFound []");
    w.later(5min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotFound []");
}

TEST(plan_eligibility, a_certificate_that_is_waited_for_is_asked_after_15_s_doubling_to_5_min)
{
    world_builder w;
    w.settings.resync_period = 1h;
    w.shows("f").add("web", "a");
    w.certificates["a"] = not_active("a");
    for (const auto wait : {15s, 30s, 60s, 120s, 240s, 300s, 300s})
    {
        const auto end = w.finish();
        EXPECT_EQ(end.next, requeue::poll);
        EXPECT_NEAR(std::chrono::duration<double>(end.wait).count(), static_cast<double>(wait.count()), 0.01);
        w.later(end.wait);
    }
}

// As often as the catalog is asked for again.
TEST(plan_eligibility, a_certificate_service_that_the_catalog_lacks_is_looked_for_each_minute)
{
    world_builder w;
    w.settings.resync_period = 1h;
    w.shows("f").add("web", "a");
    w.certificates["a"] = failing(failure::no_endpoint);
    for (int i = 0; i < 6; ++i)
    {
        const auto end = w.finish();
        EXPECT_GT(end.wait, 0s);
        EXPECT_LE(end.wait, 1min);
        w.later(end.wait);
    }
}

TEST(plan_eligibility, a_certificate_that_is_waited_for_is_never_asked_slower_than_the_resync_period)
{
    world_builder w;
    w.settings.resync_period = 20s;
    w.shows("f").add("web", "a");
    w.certificates["a"] = not_active("a");
    for (int i = 0; i < 5; ++i)
    {
        w.finish();
        w.later(20s);
        w.clear_trace();
    }
    w.finish();
    EXPECT_THAT(w.reads(), Contains(HasSubstr("certificates(web)")));
}

TEST(plan_eligibility, a_certificate_that_is_waited_for_is_not_asked_in_between)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.certificates["a"] = not_active("a");
    w.finish();
    w.clear_trace();
    w.later(5s).finish();
    EXPECT_THAT(w.reads(), Not(Contains(HasSubstr("certificates(web)"))));
}

TEST(plan_eligibility, a_request_to_reconcile_ends_every_wait)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.fail(w.put(), {failure::refused, "no", {}, {}});
    w.finish();
    w.change("web").asked_again("now");
    w.later(1s);
    EXPECT_EQ(text(w.put()), "put default=a");
}

TEST(plan_eligibility, an_attached_certificate_is_read_again_by_the_resync)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.finish();
    w.certificates["a"] = expiring("a", w.wall());
    w.later(w.settings.resync_period * 8 / 10).finish();
    EXPECT_EQ(w.status("web"), "error CertificateExpired [default a]");
}

TEST(plan_eligibility, an_expiry_is_reported_when_it_comes)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.certificates["a"] = expiring("a", w.wall() + 3min);
    EXPECT_NEAR(std::chrono::duration<double>(w.finish().wait).count(), 180, 1);
    w.later(3min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateExpired [default a]");
}

}  // namespace
