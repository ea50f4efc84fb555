#include "runtime/lease_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace {

using namespace std::chrono_literals;
using kind = runtime::lease_action::kind;
using runtime::lease_failure;
using runtime::lease_purpose;
using runtime::predecessor;

class lease_machine : public testing::Test
{
protected:
    runtime::lease_action next() { return machine.next(now); }

    // The request that is due now, as sent.
    runtime::lease_action send(kind expected)
    {
        auto action = machine.next(now);
        EXPECT_EQ(action.what, expected);
        machine.sent(action, now);
        return action;
    }

    static runtime::lease shown(
        const std::string& holder, int version, std::int64_t duration = 15, const std::string& renewed = "at"
    )
    {
        return {std::to_string(version), {holder, duration, "then", renewed, 4, false}, "uid"};
    }

    void read(const runtime::lease& lease)
    {
        send(kind::read);
        machine.on_read(lease, now);
    }

    void answer(const runtime::lease_action& request, int version)
    {
        runtime::lease after{std::to_string(version), {}, "uid"};
        after.record.holder = request.change.holder;
        after.record.duration_seconds = request.change.duration_seconds;
        after.record.transitions = request.change.transitions;
        after.record.renew_time = std::to_string(version);
        after.record.every_put_resolved = request.change.every_put_resolved;
        machine.on_written(after, now);
    }

    // Leads from now on, with the Lease at version 11 and a watch.
    void lead()
    {
        read(shown("", 10));
        machine.watch_opened();
        answer(send(kind::write), 11);
        ASSERT_TRUE(machine.leads());
    }

    void fail(lease_failure why) { machine.on_failed(why, std::nullopt, now); }

    support::random_engine random{1};
    runtime::lease_machine machine{"me", {}, random};
    support::time_point now{1h};
};

// ---- acquisition; the names of client-go's TestTryAcquireOrRenew, where it has them ----

TEST_F(lease_machine, acquire_from_no_object)
{
    send(kind::read);
    machine.on_read(std::nullopt, now);
    const auto create = send(kind::create);
    EXPECT_EQ(create.change, (runtime::lease_change{lease_purpose::acquire, "me", 15, 0, false}));
    const auto began = now;
    now += 100ms;
    EXPECT_FALSE(machine.leads());
    answer(create, 5);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.may_send_until(), began + 10s);
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

TEST_F(lease_machine, acquire_from_unled_object)
{
    read(shown("", 10));
    const auto write = send(kind::write);
    EXPECT_EQ(write.version, "10");
    EXPECT_EQ(write.change, (runtime::lease_change{lease_purpose::acquire, "me", 15, 5, false}));
}

TEST_F(lease_machine, acquire_from_led_object_with_the_lease_duration_seconds)
{
    read(shown("other", 10, 3));
    machine.watch_opened();
    EXPECT_EQ(next().what, kind::wait);
    EXPECT_EQ(next().until, now + 3s);
    now += 3s;
    EXPECT_EQ(send(kind::write).change.transitions, 5);
}

TEST_F(lease_machine, acquire_from_led_unacked_object_only_after_the_own_lease_duration)
{
    for (const std::int64_t duration : {0, -3})
    {
        runtime::lease_machine fresh("me", {}, random);
        fresh.sent(fresh.next(now), now);
        fresh.on_read(shown("other", 10, duration), now);
        fresh.watch_opened();
        EXPECT_EQ(fresh.next(now).until, now + 15s) << duration;
        EXPECT_EQ(fresh.next(now + 15s).what, kind::write) << duration;
    }
}

TEST_F(lease_machine, acquire_from_empty_led_acked_object)
{
    read(shown("other", 10));
    machine.watch_opened();
    now += 1s;
    machine.on_event(shown("", 11), now);
    EXPECT_EQ(next().what, kind::write);
}

TEST_F(lease_machine, dont_acquire_from_led_acked_object)
{
    read(shown("other", 10));
    machine.watch_opened();
    for (int version = 11; version < 40; ++version)
    {
        EXPECT_EQ(next().what, kind::wait);
        now += 14s;
        machine.on_event(shown("other", version, 15, std::to_string(version)), now);
    }
    EXPECT_EQ(machine.holder(), "other");
    EXPECT_EQ(machine.may_send_until(), support::time_point::min());
}

TEST_F(lease_machine, renew_already_acquired_object)
{
    read(shown("", 9));
    send(kind::write);
    fail(lease_failure::unanswered);
    now = next().until;
    read(shown("me", 10));
    const auto write = send(kind::write);
    EXPECT_EQ(write.change.transitions, 4) << "the answer of the acquisition was lost";
    answer(write, 11);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

TEST_F(lease_machine, a_duration_counts_up_to_an_hour)
{
    read(shown("other", 10, INT64_MAX));
    machine.watch_opened();
    EXPECT_EQ(next().until, now + 1h);
}

TEST_F(lease_machine, time_counts_from_the_change_of_the_record_not_from_the_labels_of_others)
{
    read(shown("other", 10));
    machine.watch_opened();
    const auto first = now;
    now += 9s;
    machine.on_event(shown("other", 11), now);
    EXPECT_EQ(next().until, first + 15s);
    now += 1s;
    machine.on_event(shown("other", 12, 15, "later"), now);
    EXPECT_EQ(next().until, now + 15s);
    now += 15s;
    EXPECT_EQ(send(kind::write).version, "12");
}

TEST_F(lease_machine, an_older_event_says_nothing)
{
    read(shown("other", 10));
    machine.watch_opened();
    machine.on_event(shown("", 9), now);
    machine.on_deleted("8", now);
    EXPECT_EQ(machine.holder(), "other");
    EXPECT_EQ(next().what, kind::wait);
}

TEST_F(lease_machine, a_lease_that_is_gone_is_free_only_a_whole_duration_later)
{
    for (const std::string holder : {"other", ""})
    {
        runtime::lease_machine fresh("me", {}, random);
        fresh.sent(fresh.next(now), now);
        fresh.on_read(shown("other", 10), now);
        fresh.watch_opened();
        fresh.on_event(shown(holder, 11, 20), now);
        now += 1s;
        fresh.on_deleted("12", now);
        const auto free = now + (holder.empty() ? 15s : 20s);
        EXPECT_EQ(fresh.next(now).until, free);
        EXPECT_EQ(fresh.next(free).what, kind::create);
    }
}

TEST_F(lease_machine, an_acquisition_that_finds_no_lease_any_more_waits_a_whole_duration)
{
    for (const std::string holder : {"other", ""})
    {
        runtime::lease_machine fresh("me", {}, random);
        const auto ask = [&](kind expected) {
            const auto action = fresh.next(now);
            EXPECT_EQ(action.what, expected) << holder;
            fresh.sent(action, now);
        };
        ask(kind::read);
        fresh.on_read(shown(holder, 10, 3), now);
        fresh.watch_opened();
        now = std::max(now, fresh.next(now).what == kind::wait ? fresh.next(now).until : now);
        ask(kind::write);
        fresh.on_failed(lease_failure::conflict, std::nullopt, now);
        ask(kind::read);
        fresh.on_read(std::nullopt, now);
        const auto free = now + (holder.empty() ? 15s : 3s);
        EXPECT_EQ(fresh.next(now).until, free) << holder;
        EXPECT_EQ(fresh.next(free).what, kind::create) << holder;
    }
}

// The answer is fed before the machine is asked what to do, and so before it notices its loss.
TEST_F(lease_machine, a_machine_that_was_suspended_creates_no_lease_that_is_gone)
{
    lead();
    now += 2s;
    send(kind::write);
    fail(lease_failure::conflict);
    send(kind::read);
    now += 1h;
    machine.on_read(std::nullopt, now);
    next();
    ASSERT_TRUE(machine.lost());
    machine.on_term_ended(true, now);
    EXPECT_EQ(next().until, now + 15s);
}

TEST_F(lease_machine, a_machine_that_was_suspended_waits_after_its_post_too)
{
    lead();
    machine.on_deleted("12", now);
    send(kind::create);
    fail(lease_failure::unanswered);
    now += 1h;
    auto late = shown("me", 14);
    late.uid = "of the post";
    machine.on_event(late, now);
    next();
    ASSERT_TRUE(machine.lost());
    machine.on_term_ended(true, now);
    EXPECT_EQ(next().until, now + 15s);
}

// Another one may have led meanwhile, and this process has not seen it.
TEST_F(lease_machine, the_lease_of_its_own_lost_term_that_is_gone_is_free_only_a_whole_duration_later)
{
    lead();
    machine.watch_ended(now);
    now += 10s;
    next();
    ASSERT_TRUE(machine.lost());
    now += 1min;
    machine.on_term_ended(true, now);
    send(kind::read);
    machine.on_read(std::nullopt, now);
    machine.watch_opened();
    EXPECT_EQ(next().until, now + 15s);
    now += 15s;
    send(kind::create);
}

TEST_F(lease_machine, a_post_that_took_effect_after_it_was_given_up_waits_for_a_leader_that_may_be_there)
{
    send(kind::read);
    machine.on_read(std::nullopt, now);
    send(kind::create);
    fail(lease_failure::unanswered);
    now = next().until;
    read(shown("other", 10));
    machine.watch_opened();
    auto late = shown("me", 12);
    late.uid = "of the post";
    machine.on_event(late, now);
    EXPECT_EQ(next().until, now + 15s);
    now += 15s;
    send(kind::write);
}

TEST_F(lease_machine, a_post_that_took_effect_late_waits_as_long_however_often_it_is_seen)
{
    send(kind::read);
    machine.on_read(std::nullopt, now);
    send(kind::create);
    fail(lease_failure::unanswered);
    now = next().until;
    read(shown("other", 10));
    auto late = shown("me", 12);
    late.uid = "of the post";
    now = next().until;
    read(late);
    const auto free = now + 15s;
    for (now = next().until; now < free; now = next().until)
    {
        read(late);
    }
    EXPECT_EQ(now, free);
    send(kind::write);
}

// The one that empties it may have a POST that took effect late, and not know the leader before.
TEST_F(lease_machine, a_lease_that_follows_one_that_is_gone_is_not_free_sooner)
{
    read(shown("other", 10));
    machine.watch_opened();
    machine.on_deleted("11", now);
    const auto free = now + 15s;
    now += 1s;
    machine.on_event(shown("third", 12), now);
    EXPECT_EQ(next().until, now + 15s);
    now += 1s;
    machine.on_event(shown("", 13), now);
    EXPECT_EQ(next().until, free);
    now = free;
    send(kind::write);
}

TEST_F(lease_machine, the_loser_of_a_race_reads_and_waits)
{
    read(shown("", 10));
    machine.watch_opened();
    send(kind::write);
    fail(lease_failure::conflict);
    read(shown("other", 11));
    EXPECT_EQ(next().until, now + 15s);
}

TEST_F(lease_machine, conflicts_without_end_are_not_a_busy_loop)
{
    read(shown("", 10));
    int attempts = 0;
    const auto began = now;
    for (int version = 11; now < began + 20s; ++version)
    {
        const auto action = next();
        if (action.what == kind::wait)
        {
            now = action.until;
            continue;
        }
        machine.sent(action, now);
        if (action.what == kind::read)
        {
            machine.on_read(shown("", version), now);
            continue;
        }
        ++attempts;
        fail(lease_failure::conflict);
    }
    EXPECT_LT(attempts, 20);
}

TEST_F(lease_machine, without_a_watch_reads_again_each_retry_period_with_one_never)
{
    read(shown("other", 10));
    for (int i = 0; i < 5; ++i)
    {
        EXPECT_EQ(next().what, kind::wait);
        EXPECT_GE(next().until, now + 1600ms);
        EXPECT_LE(next().until, now + 2400ms);
        now = next().until;
        read(shown("other", 10));
    }
    machine.watch_opened();
    EXPECT_GT(next().until, now + 3s);
    machine.watch_ended(now);
    EXPECT_LE(next().until, now + 2400ms);
}

TEST_F(lease_machine, refusals_are_repeated_more_and_more_seldom)
{
    read(shown("", 10));
    machine.watch_opened();
    support::duration last{};
    for (int i = 0; i < 8; ++i)
    {
        send(kind::write);
        fail(lease_failure::refused);
        last = next().until - now;
        EXPECT_GE(last, 1600ms);
        now = next().until;
    }
    EXPECT_GE(last, 24s);
    EXPECT_LE(last, 36s);
}

// ---- what is known of the leader before ----

TEST_F(lease_machine, a_release_with_the_promise_tells_that_no_put_is_in_doubt)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    answer(send(kind::write), 11);
    EXPECT_EQ(machine.before(), predecessor::every_put_resolved);
}

TEST_F(lease_machine, the_promise_of_a_lease_that_is_held_means_nothing)
{
    auto held = shown("other", 10, 1);
    held.record.every_put_resolved = true;
    read(held);
    machine.watch_opened();
    now += 1s;
    answer(send(kind::write), 11);
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

TEST_F(lease_machine, the_promise_survives_a_lost_answer)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    send(kind::write);
    fail(lease_failure::unanswered);
    now = next().until;
    auto mine = shown("me", 11);
    mine.record.transitions = 5;
    read(mine);
    answer(send(kind::write), 12);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::every_put_resolved);
}

TEST_F(lease_machine, the_promise_does_not_survive_another_leader)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    send(kind::write);
    fail(lease_failure::unanswered);
    now = next().until;
    read(shown("other", 11, 1));
    machine.watch_opened();
    now += 1s;
    answer(send(kind::write), 12);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

TEST_F(lease_machine, the_promise_of_a_lease_that_is_gone_means_nothing)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    machine.watch_opened();
    machine.on_deleted("11", now);
    now = next().until;
    answer(send(kind::create), 12);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

TEST_F(lease_machine, the_promise_does_not_survive_an_acquisition_that_finds_no_lease_any_more)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    machine.watch_opened();
    send(kind::write);
    fail(lease_failure::conflict);
    send(kind::read);
    machine.on_read(std::nullopt, now);
    now = next().until;
    answer(send(kind::create), 12);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

// ---- renewal and loss ----

TEST_F(lease_machine, renews_each_retry_period_and_counts_from_when_the_request_began)
{
    lead();
    EXPECT_EQ(next().until, now + 2s);
    now += 2s;
    const auto renewal = send(kind::write);
    EXPECT_EQ(renewal.version, "11");
    EXPECT_EQ(renewal.change, (runtime::lease_change{lease_purpose::renew, "me", 15, 5, false}));
    const auto began = now;
    now += 1s;
    answer(renewal, 12);
    EXPECT_EQ(machine.may_send_until(), began + 10s);
    EXPECT_EQ(next().until, began + 2s);
}

TEST_F(lease_machine, is_lost_at_the_deadline_without_waiting_for_the_request_under_way)
{
    lead();
    const auto deadline = machine.may_send_until();
    now += 9s;
    send(kind::write);
    EXPECT_EQ(next().until, deadline);
    now = deadline;
    next();
    EXPECT_TRUE(machine.lost());
    EXPECT_EQ(machine.may_send_until(), support::time_point::min());
    EXPECT_EQ(machine.lost_because(), "the Lease was not renewed within 10000 ms");
    now += 100ms;
    answer({.change = {lease_purpose::renew, "me", 15, 5, false}}, 12);
    EXPECT_FALSE(machine.leads()) << "a late answer does not bring the term back";
}

TEST_F(lease_machine, three_attempts_fit_before_the_deadline_even_if_none_is_answered)
{
    lead();
    const auto deadline = machine.may_send_until();
    int in_time = 0;
    while (!machine.lost())
    {
        const auto action = next();
        if (action.what == kind::wait)
        {
            now = action.until;
            continue;
        }
        machine.sent(action, now);
        now += machine.attempt_timeout();
        in_time += now <= deadline ? 1 : 0;
        next();
        fail(lease_failure::unanswered);
    }
    EXPECT_EQ(in_time, 3);
    EXPECT_EQ(machine.failed_renewals(), 3U);
}

TEST_F(lease_machine, a_renewal_that_fails_at_once_is_repeated_after_the_retry_period)
{
    lead();
    now += 2s;
    send(kind::write);
    fail(lease_failure::transient);
    EXPECT_EQ(next().until, now + 2s);
    EXPECT_TRUE(machine.leads());
}

TEST_F(lease_machine, a_conflict_is_read_and_renewed_at_once_if_the_lease_is_still_ours)
{
    lead();
    now += 2s;
    send(kind::write);
    fail(lease_failure::conflict);
    read(shown("me", 20));
    EXPECT_EQ(send(kind::write).version, "20");
    EXPECT_EQ(machine.failed_renewals(), 1U);
}

TEST_F(lease_machine, another_holder_in_the_watch_or_in_a_read_is_a_loss_at_once)
{
    lead();
    machine.on_event(shown("other", 12), now);
    EXPECT_TRUE(machine.lost());
    EXPECT_EQ(machine.lost_because(), "other holds the Lease");
}

TEST_F(lease_machine, a_lease_that_somebody_emptied_is_a_loss_at_once)
{
    lead();
    machine.on_event(shown("", 12), now);
    EXPECT_TRUE(machine.lost());
}

TEST_F(lease_machine, a_machine_that_was_suspended_has_lost)
{
    lead();
    const auto until = machine.may_send_until();
    now += 1h;
    EXPECT_LT(until, now) << "whoever compares with the clock sends nothing";
    next();
    EXPECT_TRUE(machine.lost());
}

TEST_F(lease_machine, a_suspend_during_the_acquisition_gains_nothing)
{
    read(shown("", 10));
    const auto write = send(kind::write);
    now += 1h;
    answer(write, 11);
    EXPECT_FALSE(machine.leads());
    EXPECT_FALSE(machine.lost());
    EXPECT_EQ(next().what, kind::write);
}

TEST_F(lease_machine, a_lease_that_is_deleted_under_a_leader_is_created_again)
{
    lead();
    machine.on_deleted("12", now);
    EXPECT_TRUE(machine.leads());
    const auto create = send(kind::create);
    EXPECT_EQ(create.change.holder, "me");
    answer(create, 13);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(next().until, now + 2s);
}

TEST_F(lease_machine, a_renewal_that_finds_no_lease_any_more_creates_it)
{
    lead();
    now += 2s;
    send(kind::write);
    fail(lease_failure::conflict);
    send(kind::read);
    machine.on_read(std::nullopt, now);
    EXPECT_TRUE(machine.leads());
    const auto create = send(kind::create);
    const auto began = now;
    now += 1s;
    answer(create, 13);
    EXPECT_EQ(machine.may_send_until(), began + 10s);
}

TEST_F(lease_machine, a_leader_that_cannot_create_its_lease_again_is_lost_at_its_deadline)
{
    lead();
    const auto deadline = machine.may_send_until();
    now += 1s;
    machine.on_deleted("12", now);
    for (auto action = next(); !machine.lost(); action = next())
    {
        EXPECT_EQ(machine.may_send_until(), deadline);
        if (action.what == kind::wait)
        {
            now = action.until;
            continue;
        }
        EXPECT_EQ(action.what, kind::create);
        machine.sent(action, now);
        fail(lease_failure::transient);
    }
    EXPECT_EQ(now, deadline);
}

TEST_F(lease_machine, a_leader_whose_lease_another_one_has_created_again_is_lost)
{
    lead();
    machine.on_deleted("12", now);
    send(kind::create);
    fail(lease_failure::conflict);
    read(shown("other", 13));
    EXPECT_TRUE(machine.lost());
    EXPECT_EQ(machine.lost_because(), "other holds the Lease");
}

TEST_F(lease_machine, no_term_begins_before_the_owner_of_the_old_one_has_ended)
{
    lead();
    machine.on_event(shown("", 12), now);
    EXPECT_EQ(next().what, kind::wait);
    now += 1h;
    EXPECT_EQ(next().what, kind::wait);
    machine.on_term_ended(true, now);
    const auto write = send(kind::write);
    EXPECT_EQ(write.change.transitions, 5);
    answer(write, 13);
    EXPECT_TRUE(machine.leads());
}

TEST_F(lease_machine, takes_the_lease_of_its_own_lost_term_at_once_as_of_an_unknown_predecessor)
{
    lead();
    now += 10s;
    next();
    ASSERT_TRUE(machine.lost());
    machine.on_term_ended(true, now);
    const auto write = send(kind::write);
    EXPECT_EQ(write.change.transitions, 5) << "the holder has not changed";
    answer(write, 12);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::unknown);
}

// ---- release; TestReleaseLease, TestReleaseMethodCallsGet, TestReleaseRetriesOnConflict ----

TEST_F(lease_machine, release_acquired_lock)
{
    lead();
    machine.stop(now);
    EXPECT_TRUE(machine.leads()) << "until the owner has ended";
    machine.on_term_ended(true, now);
    EXPECT_EQ(machine.may_send_until(), support::time_point::min());
    EXPECT_FALSE(machine.lost());
    const auto write = send(kind::write);
    EXPECT_EQ(write.change, (runtime::lease_change{lease_purpose::release, "", 1, 5, true}));
    answer(write, 12);
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, renews_while_the_owner_ends)
{
    lead();
    machine.stop(now);
    for (int version = 12; version < 32; ++version)
    {
        now += 2s;
        answer(send(kind::write), version);
        EXPECT_TRUE(machine.leads());
    }
}

TEST_F(lease_machine, release_reads_and_repeats_after_a_conflict)
{
    lead();
    machine.stop(now);
    machine.on_term_ended(false, now);
    send(kind::write);
    fail(lease_failure::conflict);
    read(shown("me", 20));
    const auto write = send(kind::write);
    EXPECT_EQ(write.version, "20");
    EXPECT_FALSE(write.change.every_put_resolved);
}

TEST_F(lease_machine, release_leaves_the_lease_of_another)
{
    lead();
    machine.stop(now);
    machine.on_term_ended(true, now);
    send(kind::write);
    fail(lease_failure::conflict);
    read(shown("other", 20));
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, release_of_a_lease_that_is_gone_asks_for_nothing)
{
    lead();
    machine.stop(now);
    machine.on_deleted("12", now);
    machine.on_term_ended(true, now);
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, release_follows_the_renewal_under_way_though_its_answer_is_lost)
{
    lead();
    now += 2s;
    send(kind::write);
    machine.stop(now);
    machine.on_term_ended(true, now);
    EXPECT_EQ(next().what, kind::wait) << "one request at a time";
    now += 1s;
    fail(lease_failure::unanswered);
    now = next().until;
    read(shown("me", 12));
    const auto write = send(kind::write);
    EXPECT_EQ(write.version, "12") << "the renewal has taken effect";
    EXPECT_EQ(write.change.purpose, lease_purpose::release);
}

TEST_F(lease_machine, release_is_given_up_after_five_seconds)
{
    lead();
    machine.stop(now);
    machine.on_term_ended(true, now);
    const auto began = now;
    int attempts = 0;
    for (auto action = next(); action.what != kind::end; action = next())
    {
        if (action.what == kind::wait)
        {
            now = action.until;
            continue;
        }
        machine.sent(action, now);
        fail(lease_failure::transient);
        ++attempts;
    }
    EXPECT_EQ(now, began + 5s);
    EXPECT_EQ(attempts, 10);
}

TEST_F(lease_machine, a_lost_term_that_is_resolved_within_the_lease_is_released_at_the_stop)
{
    lead();
    now += 10s;
    next();
    machine.stop(now);
    now += 4s;
    machine.on_term_ended(true, now);
    EXPECT_EQ(send(kind::write).change.purpose, lease_purpose::release);
}

TEST_F(lease_machine, a_lost_term_that_is_resolved_later_is_not_released)
{
    lead();
    now += 10s;
    next();
    machine.stop(now);
    now += 5s;
    machine.on_term_ended(true, now);
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, a_candidate_stops_at_once)
{
    read(shown("other", 10));
    machine.stop(now);
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, an_acquisition_that_succeeds_after_the_stop_is_given_back)
{
    auto released = shown("", 10);
    released.record.every_put_resolved = true;
    read(released);
    const auto write = send(kind::write);
    machine.stop(now);
    answer(write, 11);
    EXPECT_FALSE(machine.leads());
    const auto release = send(kind::write);
    EXPECT_EQ(release.change, (runtime::lease_change{lease_purpose::release, "", 1, 5, true}));
    answer(release, 12);
    EXPECT_EQ(next().what, kind::end);
}

TEST_F(lease_machine, an_acquisition_in_question_is_read_after_the_stop)
{
    read(shown("", 10));
    send(kind::write);
    machine.stop(now);
    fail(lease_failure::unanswered);
    now = next().until;
    auto mine = shown("me", 11);
    mine.record.transitions = 5;
    read(mine);
    EXPECT_EQ(send(kind::write).change.purpose, lease_purpose::release);
}

TEST_F(lease_machine, an_owner_that_ends_by_itself_leaves_the_lease_and_stays_a_candidate)
{
    lead();
    machine.on_term_ended(true, now);
    answer(send(kind::write), 12);
    EXPECT_GE(next().until, now + 1600ms);
    now = next().until;
    answer(send(kind::write), 13);
    EXPECT_TRUE(machine.leads());
    EXPECT_EQ(machine.before(), predecessor::every_put_resolved);
}

}  // namespace
