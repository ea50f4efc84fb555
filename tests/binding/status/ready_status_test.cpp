#include "binding/status/ready_status.hpp"

#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::condition_status;
using binding::condition_type;
using binding::ready_status;
using binding::reason;
using binding::state;

const support::wall_time t0 = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

binding::certificate_binding some_binding()
{
    binding::certificate_binding object;
    object.uid = *support::uuid::parse("00000000-0000-4000-8000-000000000001");
    object.name = "web";
    object.generation = 3;
    object.spec.certificate_id = certificate_id("a");
    return object;
}

binding::binding_state state_with(cloud::answer<cloud::certificate> answer)
{
    binding::binding_state state;
    state.certificate_id = certificate_id("a");
    state.certificate = binding::observed<cloud::answer<cloud::certificate>>{{}, std::move(answer)};
    return state;
}

binding::status rendered(
    const binding::certificate_binding& object, const ready_status& ready, support::wall_time now = t0
)
{
    return render(object, ready, object.status.ledger, state_with(active("a")), now);
}

std::string text(condition_status value)
{
    switch (value)
    {
        case condition_status::absent:
            return "absent";
        case condition_status::false_:
            return "False";
        case condition_status::true_:
            return "True";
        case condition_status::unknown:
            return "Unknown";
    }
    return "?";
}

// The kstatus of a status (sigs.k8s.io/cli-utils, pkg/kstatus).
std::string kstatus(const binding::certificate_binding& object)
{
    const binding::status& status = object.status;
    if (object.deleting)
    {
        return "Terminating";
    }
    if (status.observed_generation != object.generation)
    {
        return "InProgress";
    }
    if (status[condition_type::reconciling].status == condition_status::true_)
    {
        return "InProgress";
    }
    if (status[condition_type::stalled].status == condition_status::true_)
    {
        return "Failed";
    }
    return status[condition_type::ready].status == condition_status::true_ ? "Current" : "InProgress";
}

// ---- a row for each reason ----

struct reason_row
{
    reason why;
    bool attached;
    const char* state;
    const char* ready;
    const char* reconciling;
    const char* stalled;
    const char* kstatus;
};

void PrintTo(const reason_row& row, std::ostream* out)
{
    *out << name_of(row.why) << (row.attached ? " attached" : "");
}

class ready_status_row : public testing::TestWithParam<reason_row>
{};

TEST_P(ready_status_row, gives_its_state_and_conditions)
{
    const reason_row& row = GetParam();
    auto object = some_binding();
    ready_status ready{row.why, "why it is so"};
    ready.attached = row.attached ? condition_status::true_ : condition_status::false_;
    object.status = rendered(object, ready);
    const binding::status& status = object.status;
    EXPECT_EQ(name_of(status.state), row.state);
    EXPECT_EQ(text(status[condition_type::ready].status), row.ready);
    EXPECT_EQ(text(status[condition_type::reconciling].status), row.reconciling);
    EXPECT_EQ(text(status[condition_type::stalled].status), row.stalled);
    EXPECT_EQ(kstatus(object), row.kstatus);
    EXPECT_EQ(status[condition_type::ready].reason, row.why);
    EXPECT_EQ(text(status[condition_type::attached].status), row.attached ? "True" : "False");
    EXPECT_EQ(status.error_message.empty(), status.state == state::active);
    EXPECT_EQ(status.observed_generation, 3);
    for (const binding::condition& condition : status.conditions)
    {
        if (condition.status != condition_status::absent)
        {
            EXPECT_NE(name_of(condition.reason), "") << "a condition needs a reason";
            EXPECT_EQ(condition.observed_generation, 3);
            EXPECT_EQ(condition.last_transition, t0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    every_reason,
    ready_status_row,
    testing::Values(
        reason_row{reason::attached, true, "active", "True", "absent", "absent", "Current"},
        reason_row{reason::progressing, false, "pending", "False", "True", "absent", "InProgress"},
        reason_row{reason::load_balancer_busy, false, "pending", "False", "True", "absent", "InProgress"},
        reason_row{reason::certificate_not_active, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_not_active, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_not_found, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_not_found, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_access_denied, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_access_denied, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_expired, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_expired, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::listener_not_found, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::listener_access_denied, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::listener_protocol, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::no_default_certificate, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::conflict, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::load_balancer_error, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::listener_error, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::blocked_by_unreadable_ref, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::certificate_refused, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::contested, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::ledger_full, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::credentials_invalid, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::credentials_missing, false, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::cloud_changed, true, "error", "False", "absent", "True", "Failed"},
        reason_row{reason::cloud_unavailable, false, "pending", "False", "True", "absent", "InProgress"},
        reason_row{reason::cloud_unavailable, true, "pending", "Unknown", "True", "absent", "InProgress"}
    )
);

TEST(ready_status, a_deletion_is_detaching_unless_it_waits_for_people)
{
    binding::certificate_binding object = some_binding();
    EXPECT_EQ(status_for(object, reason::cloud_unavailable, "").reason, reason::cloud_unavailable);
    object.deleting = true;
    EXPECT_EQ(status_for(object, reason::cloud_unavailable, "").reason, reason::detaching);
    EXPECT_EQ(status_for(object, reason::listener_not_found, "").reason, reason::detaching);
    EXPECT_EQ(status_for(object, reason::last_certificate, "").reason, reason::last_certificate);
    EXPECT_EQ(status_for(object, reason::credentials_missing, "").reason, reason::credentials_missing);
}

struct deletion_row
{
    reason cause;
    reason ready;
    bool needs_person;
};

TEST(ready_status, a_deletion_is_stalled_by_what_only_a_person_ends_and_kstatus_calls_it_terminating)
{
    for (const auto& [cause, ready, needs_person] :
         {deletion_row{reason::detaching, reason::detaching, false},
          deletion_row{reason::progressing, reason::detaching, false},
          deletion_row{reason::load_balancer_busy, reason::detaching, false},
          deletion_row{reason::cloud_unavailable, reason::detaching, false},
          deletion_row{reason::last_certificate, reason::last_certificate, true},
          deletion_row{reason::credentials_missing, reason::credentials_missing, true},
          deletion_row{reason::credentials_invalid, reason::detaching, true},
          deletion_row{reason::load_balancer_error, reason::detaching, true},
          deletion_row{reason::listener_access_denied, reason::detaching, true},
          deletion_row{reason::cloud_changed, reason::detaching, true},
          deletion_row{reason::contested, reason::detaching, true}})
    {
        auto object = some_binding();
        object.deleting = true;
        object.status = rendered(object, status_for(object, cause, "it goes"));
        const binding::condition& stalled = object.status[condition_type::stalled];
        EXPECT_EQ(object.status.state, state::deleting);
        EXPECT_EQ(object.status[condition_type::ready].status, condition_status::false_);
        EXPECT_EQ(object.status[condition_type::ready].reason, ready);
        EXPECT_EQ(text(stalled.status), needs_person ? "True" : "absent") << name_of(cause);
        EXPECT_EQ(text(object.status[condition_type::reconciling].status), needs_person ? "absent" : "True");
        EXPECT_EQ(stalled.reason, needs_person ? cause : reason::unset);
        EXPECT_EQ(object.status.error_message.view(), "it goes");
        EXPECT_EQ(kstatus(object), "Terminating");
    }
}

TEST(ready_status, a_wait_that_is_overdue_has_failed_and_keeps_its_reason)
{
    for (const reason why : {reason::cloud_unavailable, reason::load_balancer_busy, reason::progressing})
    {
        auto object = some_binding();
        ready_status ready{why, "for long", condition_status::false_};
        ready.overdue = true;
        object.status = rendered(object, ready);
        EXPECT_EQ(object.status.state, state::error);
        EXPECT_EQ(object.status[condition_type::stalled].reason, why);
        EXPECT_EQ(kstatus(object), "Failed");
        object.deleting = true;
        ready = status_for(object, why, "for long");
        ready.overdue = true;
        object.status = rendered(object, ready);
        EXPECT_EQ(object.status[condition_type::stalled].reason, why);
        EXPECT_EQ(object.status[condition_type::ready].reason, reason::detaching);
    }
}

TEST(ready_status, what_may_still_come_is_pending_and_in_progress)
{
    auto object = some_binding();
    ready_status ready{reason::listener_not_found, "not there"};
    ready.within_grace_period = true;
    object.status = rendered(object, ready);
    EXPECT_EQ(object.status.state, state::pending);
    EXPECT_EQ(object.status[condition_type::ready].reason, reason::listener_not_found);
    EXPECT_EQ(kstatus(object), "InProgress");
}

TEST(ready_status, trouble_of_the_cloud_keeps_the_state_error_but_is_in_progress)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::conflict, "409", condition_status::false_});
    object.status = rendered(object, {reason::cloud_unavailable, "503", condition_status::unknown});
    EXPECT_EQ(object.status.state, state::error);
    EXPECT_EQ(object.status[condition_type::ready].status, condition_status::false_);
    EXPECT_EQ(kstatus(object), "InProgress");
}

TEST(ready_status, an_unseen_object_is_in_progress)
{
    const auto object = some_binding();
    EXPECT_EQ(object.status.observed_generation, -1);
    EXPECT_EQ(kstatus(object), "InProgress");
}

// ---- which fields change, and which do not ----

TEST(ready_status, the_time_of_a_transition_moves_with_the_status_of_its_condition_alone)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::progressing, "one", condition_status::false_}, t0);
    object.status = rendered(object, {reason::conflict, "two", condition_status::false_}, t0 + 1min);
    EXPECT_EQ(object.status[condition_type::ready].last_transition, t0) << "False all the time";
    EXPECT_EQ(object.status[condition_type::stalled].last_transition, t0 + 1min);
    EXPECT_EQ(object.status[condition_type::ready].reason, reason::conflict);
    object.status = rendered(object, {reason::attached, "", condition_status::true_}, t0 + 2min);
    EXPECT_EQ(object.status[condition_type::ready].last_transition, t0 + 2min);
}

TEST(ready_status, updated_at_moves_only_with_something_else)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::attached, "", condition_status::true_}, t0);
    EXPECT_EQ(object.status.updated_at, t0);
    const auto same = rendered(object, {reason::attached, "", condition_status::true_}, t0 + 1min);
    EXPECT_EQ(same, object.status);
    const auto other = rendered(object, {reason::conflict, "409", condition_status::true_}, t0 + 1min);
    EXPECT_EQ(other.updated_at, t0 + 1min);
}

TEST(ready_status, observed_generation_never_falls)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::attached, "", condition_status::true_});
    object.generation = 2;  // as a lagging API server shows the object
    const auto status = rendered(object, {reason::attached, "", condition_status::true_}, t0 + 1min);
    EXPECT_EQ(status.observed_generation, 3);
    EXPECT_EQ(status[condition_type::ready].observed_generation, 3);
}

TEST(ready_status, a_status_that_was_restored_with_another_object_becomes_that_of_this_one)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::attached, "", condition_status::true_});
    object.generation = 1;
    object.status.identified = false;  // the status carries the id of an earlier object
    const auto status = rendered(object, {reason::attached, "", condition_status::true_}, t0 + 1min);
    EXPECT_EQ(status.observed_generation, 1);
    EXPECT_EQ(status[condition_type::ready].observed_generation, 1);
    EXPECT_TRUE(status.identified);
}

TEST(ready_status, the_error_message_is_never_empty_while_the_state_is_not_active)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::listener_access_denied, "", condition_status::false_});
    EXPECT_NE(object.status.error_message.view(), "");
}

TEST(ready_status, a_message_of_a_server_is_cleaned_and_cut)
{
    auto object = some_binding();
    object.status = rendered(
        object,
        {reason::listener_access_denied,
         "line\nline\x1b[31m " + std::string(5000, 'x'),
         condition_status::false_}
    );
    const auto message = object.status.error_message.view();
    EXPECT_LE(message.size(), 1024U);
    EXPECT_EQ(message.find_first_of("\n\x1b"), std::string_view::npos);
}

TEST(ready_status, left_as_it_is_only_the_ledger_is_written)
{
    auto object = some_binding();
    object.status = rendered(object, {reason::attached, "", condition_status::true_}, t0);
    ready_status ready{reason::cloud_unavailable, "503"};
    ready.keep_status = true;
    EXPECT_EQ(rendered(object, ready, t0 + 1min), object.status);
    binding::ledger changed;
    changed.attachments.push_back({ref("a"), sni_slot, true});
    const auto status = render(object, ready, changed, state_with(active("a")), t0 + 1min);
    EXPECT_EQ(status.ledger, changed);
    EXPECT_EQ(status[condition_type::ready], object.status[condition_type::ready]);
    EXPECT_EQ(status.updated_at, t0 + 1min);
}

// ---- the certificate ----

struct certificate_row
{
    const char* name;
    cloud::answer<cloud::certificate> answer;
    const char* status;
    reason why;
};

cloud::answer<cloud::certificate> expired()
{
    auto certificate = active("a");
    certificate->expires_at = t0;
    return certificate;
}

TEST(ready_status, the_certificate_has_a_condition_of_its_own)
{
    const certificate_row rows[] = {
        {"active", active("a"), "True", reason::certificate_active},
        {"not active", not_active("a"), "False", reason::certificate_not_active},
        {"expired", expired(), "False", reason::certificate_expired},
        {"gone", failing(cloud::failure::not_found), "False", reason::certificate_not_found},
        {"denied", failing(cloud::failure::access_denied), "Unknown", reason::certificate_access_denied},
        {"refused", failing(cloud::failure::credentials_invalid), "Unknown", reason::credentials_invalid},
        {"silent", failing(cloud::failure::transient), "Unknown", reason::cloud_unavailable},
    };
    for (const certificate_row& row : rows)
    {
        const auto object = some_binding();
        const auto status = render(object, {reason::progressing, "on it"}, {}, state_with(row.answer), t0);
        const binding::condition& active = status[condition_type::certificate_active];
        EXPECT_EQ(text(active.status), row.status) << row.name;
        EXPECT_EQ(active.reason, row.why) << row.name;
    }
}

TEST(ready_status, what_is_known_of_the_certificate_is_kept_while_it_does_not_answer)
{
    auto object = some_binding();
    object.status = render(object, {reason::progressing, "on it"}, {}, state_with(expired()), t0);
    const auto status = render(
        object, {reason::progressing, "on it"}, {}, state_with(failing(cloud::failure::transient)), t0
    );
    EXPECT_EQ(status.certificate.id, certificate_id("a"));
    EXPECT_EQ(status.certificate.status.view(), "ACTIVE");
    EXPECT_EQ(status.certificate.expires_at, t0);
}

TEST(ready_status, what_was_known_of_another_certificate_is_not_said_of_this_one)
{
    auto object = some_binding();
    object.status.certificate = {certificate_id("b"), support::interned("ACTIVE"), t0};
    for (const auto& state : {binding::binding_state{}, state_with(failing(cloud::failure::transient))})
    {
        const auto status = render(object, {reason::progressing, "on it"}, {}, state, t0);
        EXPECT_EQ(status.certificate.id, certificate_id("a"));
        EXPECT_TRUE(status.certificate.status.empty());
        EXPECT_EQ(status.certificate.expires_at, std::nullopt);
    }
}

// ---- is_ready ----

TEST(ready_status, ready_is_ready_for_this_generation)
{
    auto object = some_binding();
    EXPECT_FALSE(is_ready(object));
    object.status = rendered(object, {reason::attached, "", condition_status::true_});
    EXPECT_TRUE(is_ready(object));
    ++object.generation;
    EXPECT_FALSE(is_ready(object));
}

}  // namespace
