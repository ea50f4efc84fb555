#include "binding/events/event_builders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace binding;
using std::chrono::days;
using testing::AllOf;
using testing::HasSubstr;

constexpr support::wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const auto certificate = *support::uuid::parse("aaaaaaaa-0000-4000-8000-000000000001");

certificate_binding binding_with(state state, reason why, const std::string& message = "")
{
    certificate_binding object;
    object.name_space = support::interned("shop");
    object.name = "web";
    object.spec.certificate_id = certificate;
    object.finalizers = {finalizer};
    object.status.state = state;
    object.status[condition_type::ready].reason = why;
    object.status[condition_type::ready].message = support::interned(message);
    return object;
}

// ---- changes of state ----

TEST(news, of_a_change_is_its_reason_and_message)
{
    const auto event = change_of_state(
        binding_with(state::pending, reason::progressing),
        binding_with(state::error, reason::conflict, "older: shop/first")
    );
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->warning);
    EXPECT_EQ(event->reason, "Conflict");
    EXPECT_EQ(event->action, "Attach");
    EXPECT_EQ(event->note, "older: shop/first");
}

certificate_binding deletion_stalled_by(reason why)
{
    auto object = binding_with(state::deleting, reason::detaching, "it is detached");
    object.deleting = true;
    object.status[condition_type::stalled] = {
        condition_status::true_, why, 1, now, support::interned("it is detached")
    };
    return object;
}

TEST(news, of_a_deletion_that_needs_a_person_is_a_warning_with_why)
{
    const auto before = binding_with(state::deleting, reason::detaching);
    const auto blocked = deletion_stalled_by(reason::load_balancer_error);
    const auto event = change_of_state(before, blocked);
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->warning);
    EXPECT_EQ(event->reason, "LoadBalancerError");
    EXPECT_EQ(event->action, "Detach");
    EXPECT_EQ(event->note, "it is detached");
    EXPECT_FALSE(change_of_state(blocked, blocked));
    EXPECT_EQ(change_of_state(blocked, deletion_stalled_by(reason::cloud_changed))->reason, "CloudChanged");
    EXPECT_FALSE(change_of_state(blocked, before)->warning) << "it goes on";
}

// ---- reminders ----

TEST(reminders, of_a_deletion_that_needs_a_person_come_each_hour)
{
    const auto object = deletion_stalled_by(reason::last_certificate);
    EXPECT_FALSE(deletion_reminder(object, now, now + 59min));
    const auto first = deletion_reminder(object, now + 59min, now + 61min);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->warning);
    EXPECT_EQ(first->reason, "LastCertificate");
    EXPECT_EQ(first->note, "it is detached");
    EXPECT_FALSE(deletion_reminder(object, now + 61min, now + 119min));
    const auto second = deletion_reminder(object, now + 119min, now + 120min);
    ASSERT_TRUE(second);
    EXPECT_NE(first->key, second->key) << "Kubernetes would keep one of them";
    EXPECT_TRUE(deletion_reminder(object, now - 1h, now + 1h)) << "the last check was before the wait began";
}

TEST(reminders, are_of_no_other_binding)
{
    auto goes_on = deletion_stalled_by(reason::last_certificate);
    goes_on.status[condition_type::stalled] = {};
    auto released = deletion_stalled_by(reason::last_certificate);
    released.finalizers.clear();
    auto alive = deletion_stalled_by(reason::conflict);
    alive.deleting = false;
    for (const certificate_binding& object : {goes_on, released, alive})
    {
        EXPECT_FALSE(deletion_reminder(object, now, now + 2h));
    }
}

TEST(news, that_are_good_are_no_warnings)
{
    auto after = binding_with(state::active, reason::attached);
    const auto event = change_of_state(binding_with(state::error, reason::conflict), after);
    ASSERT_TRUE(event);
    EXPECT_FALSE(event->warning);
    EXPECT_EQ(event->note, "the binding is active");
    after = binding_with(state::deleting, reason::detaching);
    after.deleting = true;
    EXPECT_EQ(change_of_state(binding_with(state::active, reason::attached), after)->action, "Detach");
}

TEST(news, are_none_where_state_and_reason_stay)
{
    const auto before = binding_with(state::error, reason::conflict, "older: shop/first");
    EXPECT_FALSE(change_of_state(before, binding_with(state::error, reason::conflict, "older: shop/second")));
    EXPECT_FALSE(change_of_state(before, binding_with(state::unset, reason::unset)))
        << "a status that was lost";
    EXPECT_TRUE(change_of_state(before, binding_with(state::pending, reason::conflict)));
    EXPECT_TRUE(change_of_state(before, binding_with(state::error, reason::certificate_expired)));
}

// ---- orphans ----

const std::vector<attachment> left{{cloud::container_ref("http://kms/v1/containers/a"), slot::default_, true}
};

TEST(orphans, are_what_a_binding_without_its_finalizer_left)
{
    auto before = binding_with(state::active, reason::attached);
    before.spec.resource_id = *support::uuid::parse("11111111-0000-4000-8000-000000000001");
    const auto event = orphaned(before, nullptr, left);
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->warning);
    EXPECT_EQ(event->reason, "RefsOrphaned");
    EXPECT_THAT(
        event->note,
        AllOf(
            HasSubstr("CertificateBinding web"),
            HasSubstr("listener 11111111-0000-4000-8000-000000000001"),
            HasSubstr("http://kms/v1/containers/a (default)")
        )
    );
    EXPECT_FALSE(orphaned(before, nullptr, {})) << "it held nothing";
    before.spec.retain = true;
    EXPECT_FALSE(orphaned(before, nullptr, left)) << "they stay because that was wanted";
    before.spec.retain = false;
    before.abandoned = true;
    EXPECT_FALSE(orphaned(before, nullptr, left)) << "they stay because that was wanted";
}

TEST(orphans, are_told_of_at_the_moment_when_the_binding_is_out_of_our_hands)
{
    auto before = binding_with(state::deleting, reason::last_certificate);
    before.deleting = true;
    auto after = before;
    EXPECT_FALSE(orphaned(before, &after, left));
    after.finalizers = {"example.com/another"};
    EXPECT_TRUE(orphaned(before, &after, left)) << "another finalizer keeps the object";
    EXPECT_FALSE(orphaned(after, nullptr, left)) << "told already";

    auto live = binding_with(state::active, reason::attached);
    auto stripped = live;
    stripped.finalizers.clear();
    EXPECT_FALSE(orphaned(live, &stripped, left)) << "it is put on again";
    EXPECT_TRUE(orphaned(stripped, nullptr, left)) << "it went before that";
}

TEST(orphans, are_what_the_listener_still_shows)
{
    const cloud::container_ref a("http://kms/v1/containers/aaaaaaaa-0000-4000-8000-000000000001");
    const cloud::container_ref b("http://kms/v1/containers/bbbbbbbb-0000-4000-8000-000000000002");
    const ledger held{{{a, slot::default_, true}, {b, slot::sni, true}}, {}, {}};
    target_facts facts;
    EXPECT_EQ(still_there(held, facts).size(), 2U) << "it was not read";
    cloud::listener listener;
    listener.sni_refs = {
        a,
        cloud::container_ref("https://other.example.com/v1/containers/bbbbbbbb-0000-4000-8000-000000000002")
    };
    facts.answers.listener = observed<cloud::answer<cloud::listener>>{{}, listener};
    EXPECT_EQ(still_there(held, facts), std::vector{held.attachments[1]}) << "a is in another slot";
    listener.default_ref = a;
    facts.answers.listener->value = listener;
    EXPECT_EQ(still_there(held, facts), held.attachments);
    facts.puts.under_way.emplace();
    facts.answers.listener->value = cloud::listener{};
    EXPECT_EQ(still_there(held, facts), held.attachments) << "a PUT may still take effect";
    facts.puts.under_way.reset();
    EXPECT_TRUE(still_there(held, facts).empty());
    const auto failed = [](cloud::failure why) { return std::unexpected(cloud::error{why, "", {}, {}}); };
    facts.answers.listener->value = failed(cloud::failure::not_found);
    EXPECT_TRUE(still_there(held, facts).empty());
    facts.answers.listener->value = failed(cloud::failure::transient);
    EXPECT_EQ(still_there(held, facts).size(), 2U);
}

// ---- the end of certificates ----

const std::vector<int> warn_days{30, 14, 7, 3, 1};

certificate_binding expiring(support::duration in)
{
    auto object = binding_with(state::active, reason::attached);
    object.status.certificate.id = certificate;
    object.status.certificate.expires_at = now + std::chrono::floor<std::chrono::seconds>(in);
    return object;
}

// The days of the warning that is due now, if the last check was `last_check_ago` ago; 0: no warning is due.
int days_told(support::duration until_end, std::optional<support::duration> last_check_ago)
{
    const auto last = last_check_ago
                          ? std::optional(now - std::chrono::floor<std::chrono::seconds>(*last_check_ago))
                          : std::nullopt;
    const auto event = expiry_warning(expiring(until_end), warn_days, last, now);
    return event ? std::stoi(event->key.substr(event->key.rfind(' '))) : 0;
}

TEST(expiry, is_warned_of_when_a_day_has_come_since_the_last_check)
{
    EXPECT_EQ(days_told(days(30) + 1s, 10min), 0);
    EXPECT_EQ(days_told(days(30), 10min), 30);
    EXPECT_EQ(days_told(days(30) - 9min, 10min), 30);
    EXPECT_EQ(days_told(days(30) - 10min, 10min), 0) << "the check before has seen it";
    EXPECT_EQ(days_told(days(7) - 1s, 10min), 7);
    EXPECT_EQ(days_told(days(1), 10min), 1);
    EXPECT_EQ(days_told(10h, 10min), 0);
}

TEST(expiry, is_warned_of_once_where_several_days_have_come)
{
    EXPECT_EQ(days_told(days(2), days(40)), 3);
    EXPECT_EQ(days_told(10h, days(2)), 1);
}

TEST(expiry, is_warned_of_at_the_first_check_if_it_is_near)
{
    EXPECT_EQ(days_told(days(31), std::nullopt), 0);
    EXPECT_EQ(days_told(days(20), std::nullopt), 30);
    EXPECT_EQ(days_told(days(5), std::nullopt), 7);
    EXPECT_EQ(days_told(1s, std::nullopt), 1);
    EXPECT_EQ(days_told(0s, std::nullopt), 0) << "it has expired, which its reason says";
    EXPECT_EQ(days_told(-days(2), std::nullopt), 0);
}

TEST(expiry, says_of_what_and_when)
{
    const auto event = expiry_warning(expiring(days(5)), warn_days, std::nullopt, now);
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->warning);
    EXPECT_EQ(event->reason, "CertificateExpiring");
    EXPECT_EQ(
        event->note,
        "certificate aaaaaaaa-0000-4000-8000-000000000001 expires on 2026-11-29T00:00:00Z, in 7 days or "
        "less; "
        "set spec.certificateId to a renewed one"
    );
    EXPECT_THAT(
        expiry_warning(expiring(1h), warn_days, std::nullopt, now)->note, HasSubstr(", in a day or less; ")
    );
}

TEST(expiry, is_of_no_interest_where_another_certificate_is_wanted_or_none)
{
    auto binding = expiring(days(5));
    binding.deleting = true;
    EXPECT_FALSE(expiry_warning(binding, warn_days, std::nullopt, now));
    binding = expiring(days(5));
    binding.spec.certificate_id = *support::uuid::parse("bbbbbbbb-0000-4000-8000-000000000002");
    EXPECT_FALSE(expiry_warning(binding, warn_days, std::nullopt, now));
    binding = expiring(days(5));
    binding.status.certificate.expires_at.reset();
    EXPECT_FALSE(expiry_warning(binding, warn_days, std::nullopt, now));
    EXPECT_FALSE(expiry_warning(expiring(days(5)), {}, std::nullopt, now));
}

TEST(expiry, is_another_one_with_another_certificate_or_end)
{
    const auto before = expiring(days(5));
    auto after = before;
    EXPECT_TRUE(expiry_has_changed(nullptr, after));
    EXPECT_FALSE(expiry_has_changed(&before, after));
    after.status.certificate.expires_at = now + days(6);
    EXPECT_TRUE(expiry_has_changed(&before, after));
    after = before;
    after.spec.certificate_id = *support::uuid::parse("bbbbbbbb-0000-4000-8000-000000000002");
    after.status.certificate.id = after.spec.certificate_id;
    EXPECT_TRUE(expiry_has_changed(&before, after));
}

}  // namespace
