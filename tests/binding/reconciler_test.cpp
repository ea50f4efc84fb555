#include "binding/reconciler.hpp"

#include "binding/the_loop.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = runtime::outcome::kind;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

std::string ref(const std::string& id)
{
    return fake_cloud::ref(id);
}

// A Kubernetes whose writes take a second.
class slow_kube final : public kube::client
{
public:
    slow_kube(kube::client& real, support::clock& clock) : real_(real), clock_(clock) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        return real_.list(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override
    {
        return real_.watch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        most = std::max(most, ++under_way_);
        co_await clock_.sleep_for(1s);
        --under_way_;
        co_return co_await real_.patch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        return real_.create(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        return real_.get(std::move(resource), std::move(name_space), std::move(name));
    }

    int most = 0;  // at a time

private:
    kube::client& real_;
    support::clock& clock_;
    int under_way_ = 0;
};

// The reconciler alone: a test runs its rounds.
class reconciler : public the_loop
{
protected:
    reconciler() { one.emplace(*this); }

    // One process without its queue.
    struct alone
    {
        explicit alone(reconciler& test)
            : credentials(&test.cloud),
              store(
                  credentials,
                  [](const auto&, const auto*, const auto*) {},
                  [] {},
                  [this](const auto& where, const auto* before, const auto* after) {
                      rounds.changed(where, before, after);
                  }
              ),
              sink(&store.scope("")),
              rounds(
                  {test.used(),
                   credentials,
                   test.clock(),
                   store,
                   random,
                   [&test](binding::target t) { test.asked_for.push_back(t.listener.str()); },
                   test.seen},
                  test.settings
              )
        {}

        support::random_engine random{1};
        one_cloud credentials;
        binding::bindings store;
        runtime::object_sink* sink;
        binding::reconciler rounds;
    };

    kube::client& used() { return other_kube != nullptr ? *other_kube : checked; }

    void restart()
    {
        one.emplace(*this);
        see();
    }

    // What the watch shows now.
    void see() { kube.list_into(*one->sink); }

    runtime::outcome round(const std::string& listener = listener_1)
    {
        return run(one->rounds.reconcile({support::interned("sao1"), *support::uuid::parse(listener)}));
    }

    // Rounds until one wants a rest of a minute.
    void rounds(const std::string& listener = listener_1)
    {
        for (int i = 0; i < 100; ++i)
        {
            const auto end = round(listener);
            if (end.how != kind::retry && end.pause > 1min)
            {
                return;
            }
            advance(std::max<support::duration>(end.pause, 100ms));
        }
        ADD_FAILURE() << "does not come to rest";
    }

    void few_rounds()
    {
        for (int i = 0; i < 5; ++i)
        {
            round();
            advance(10s);
        }
    }

    void create(const fake_kube::wanted& wanted)
    {
        kube.create(wanted);
        see();
    }

    // A first round sees what has arrived; the next one writes.
    runtime::outcome second_round()
    {
        round();
        advance(200ms);
        return round();
    }

    // A binding that was seen to be attached.
    void attach(const std::string& name, const std::string& certificate, bool sni = true)
    {
        create({.name = name, .certificate = certificate, .listener = listener_1, .sni = sni});
        rounds();
        ASSERT_EQ(kube.state(name), "active");
    }

    kube::client* other_kube = nullptr;
    binding::settings settings;
    std::vector<std::string> asked_for;
    test::observed seen;
    std::optional<alone> one;
};

// ---- writes to Kubernetes ----

TEST_F(reconciler, an_attach_is_three_writes_an_adoption_two_and_rest_none)
{
    attach("web", cert_a);
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status", "web status"));
    kube.writes.clear();
    row().slots.sni_refs.push_back(ref(cert_b));
    attach("more", cert_b);
    EXPECT_THAT(kube.writes, ElementsAre("more metadata", "more status"));
    kube.writes.clear();
    for (int i = 0; i < 10; ++i)
    {
        advance(10min);
        round();
    }
    EXPECT_THAT(kube.writes, IsEmpty());
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(reconciler, a_status_of_which_the_schema_knows_too_little_is_written_once_a_round)
{
    support::log_capture log;
    kube.prune = [](auto& status) { status["cloud"].erase("credentialSource"); };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_round().how, kind::retry);
    EXPECT_LE(kube.writes.size(), 3U);
    EXPECT_THAT(log.text(), HasSubstr("the CustomResourceDefinition is older than the controller"));
    kube.prune = nullptr;
    rounds();
    EXPECT_EQ(kube.state("web"), "active");
}

TEST_F(reconciler, a_conflict_is_read_again_and_planned_again)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    // Nobody has shown us this yet.
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    rounds();
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b))) << "never the certificate of before";
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(reconciler, a_conflict_with_a_deletion_ends_in_the_deletion)
{
    attach("web", cert_a);
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    see();
    kube.remove("web");
    rounds();
    EXPECT_FALSE(kube.exists("web"));
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
}

TEST_F(reconciler, endless_conflicts_are_left_to_another_round)
{
    int conflicts = 0;
    kube.before_write = [&](const auto&) {
        ++conflicts;
        return std::optional(support::error{support::errc::status, "modified", 409, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_round().how, kind::retry);
    EXPECT_LE(conflicts, 6);
    EXPECT_THAT(cloud.puts, IsEmpty());
}

TEST_F(reconciler, an_object_that_is_gone_while_it_is_written_is_no_trouble)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    kube.remove("web");
    support::log_capture log;
    second_round();
    EXPECT_THAT(log.text(), Not(HasSubstr("could not write")));
    see();
    rounds();
    EXPECT_EQ(kube.state("more"), "active");
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
}

// The answer to the write-ahead is lost; in one way it took effect all the same, in the others it did or did
// not and the API server says so by a code of its own.
class lost_ledger : public reconciler, public testing::WithParamInterface<std::tuple<bool, int>>
{};

TEST_P(lost_ledger, is_ours_and_stays_while_its_put_is_under_way)
{
    const auto [sni, http_status] = GetParam();
    bool once = true;
    kube.after_write = [&, code = http_status](const kube::patch_request& request) {
        const bool lost = request.subresource == "status" && std::exchange(once, false);
        return !lost      ? std::optional<support::error>()
               : code > 0 ? support::error{support::errc::status, "etcd timed out", code, {}}
                          : support::error{support::errc::interrupted, "cut", 0, {}};
    };
    support::log_capture log;
    cloud.pending_for = 30s;
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = sni});
    EXPECT_EQ(second_round().how, kind::retry);
    EXPECT_THAT(cloud.puts, IsEmpty()) << "not known to be committed";
    see();
    const auto committed = kube.object("web")["status"];
    ASSERT_EQ(committed["attachments"].size(), 1U) << "it took effect";
    advance(1s);
    round();
    round();
    EXPECT_EQ(cloud.puts.size(), 1U);
    const auto status = kube.object("web")["status"];
    EXPECT_EQ(status["attachments"], committed["attachments"]);
    EXPECT_EQ(status.value("replacedDefaultRef", ""), sni ? "" : foreign);
    EXPECT_THAT(log.text(), Not(AnyOf(HasSubstr("somebody else"), HasSubstr("Adopted"))));

    kube.remove("web");
    see();
    rounds();
    EXPECT_FALSE(kube.exists("web"));
    advance(60s);
    EXPECT_THAT(row().slots.sni_refs, IsEmpty());
    EXPECT_EQ(row().slots.default_ref, foreign);
}

INSTANTIATE_TEST_SUITE_P(
    reconciler, lost_ledger, testing::Combine(testing::Bool(), testing::Values(0, 500, 504))
);

// ---- what is told ----

TEST_F(reconciler, tells_each_change_of_a_binding_once_also_if_the_answer_to_its_write_was_lost)
{
    int statuses = 0;
    kube.after_write = [&](const kube::patch_request& request) {
        const bool lost = request.subresource == "status" && ++statuses == 1;
        return lost ? std::optional(support::error{support::errc::interrupted, "cut", 0, {}}) : std::nullopt;
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    second_round();
    see();
    rounds();
    see();
    rounds();
    EXPECT_THAT(seen.events, ElementsAre("shop/web Progressing", "shop/web Attached"));
    EXPECT_FALSE(seen.last.warning);
}

TEST_F(reconciler, tells_a_notice_once_however_often_its_step_fails)
{
    attach("web", cert_a);
    seen.events.clear();
    // Somebody else's is in the way of ours, again and again.
    cloud.before_put = [](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}});
    };
    create({.name = "shop", .certificate = cert_b, .listener = listener_1});
    for (int i = 0; i < 5; ++i)
    {
        round();
        advance(5min);
    }
    EXPECT_GE(seen.updates.size(), 3U) << "it was tried again";
    EXPECT_EQ(std::ranges::count(seen.events, "shop/shop DefaultReplaced"), 1);
}

TEST_F(reconciler, tells_of_refs_that_a_finalizer_stripped_by_hand_leaves_and_forgets_them)
{
    attach("web", cert_a);
    const auto puts = cloud.puts.size();
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("web");
    one->sink->deleted(kube.last_removed());
    EXPECT_THAT(seen.events, testing::Contains("shop RefsOrphaned"));
    EXPECT_THAT(seen.last.note, HasSubstr(ref(cert_a) + " (sni)"));
    EXPECT_EQ(seen.orphans, 1U);
    few_rounds();
    EXPECT_EQ(cloud.puts.size(), puts) << "nothing is removed";
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
    // And a new binding for it adopts it.
    create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
    rounds();
    EXPECT_EQ(kube.state("again"), "active");
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_EQ(seen.orphans, 1U);
}

TEST_F(reconciler, tells_of_no_orphans_where_it_took_the_finalizer_off_itself)
{
    const support::error lost{support::errc::interrupted, "cut", 0, {}};
    for (const bool answered : {true, false})
    {
        attach("web", cert_a);
        kube.after_write = [&](const kube::patch_request& request) {
            if (request.subresource.empty() && !kube.exists("web"))
            {
                one->sink->deleted(kube.last_removed());  // the watch is faster than the answer
                return answered ? std::nullopt : std::optional(lost);
            }
            return std::optional<support::error>();
        };
        kube.remove("web");
        see();
        few_rounds();
        EXPECT_FALSE(kube.exists("web"));
        kube.after_write = nullptr;
    }
    EXPECT_EQ(seen.orphans, 0U);
}

TEST_F(reconciler, tells_of_no_orphans_where_a_duplicate_takes_over)
{
    enum class end
    {
        answered,
        seen_first,
        lost,
        refused
    };
    for (const end how : {end::answered, end::seen_first, end::lost, end::refused})
    {
        attach("web", cert_a);
        create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
        rounds();
        ASSERT_EQ(kube.ready_reason("again"), "Conflict");
        const auto is_release = [](const kube::patch_request& request) {
            return request.name == "web" && request.subresource.empty();
        };
        kube.before_write = [&](const kube::patch_request& request) {
            return how == end::refused && is_release(request)
                       ? std::optional(support::error{support::errc::status, "no", 403, {}})
                       : std::nullopt;
        };
        kube.after_write = [&](const kube::patch_request& request) {
            if (how != end::answered && is_release(request))
            {
                one->sink->deleted(kube.last_removed());  // the watch is faster than the answer
            }
            return how == end::lost && is_release(request)
                       ? std::optional(support::error{support::errc::interrupted, "cut", 0, {}})
                       : std::nullopt;
        };
        kube.remove("web");
        see();
        few_rounds();
        if (how == end::refused)
        {
            kube.update("web", [](auto& object) {
                object["metadata"]["finalizers"] = nlohmann::json::array();
            });
            kube.remove("web");
            see();
            few_rounds();
        }
        EXPECT_FALSE(kube.exists("web"));
        EXPECT_EQ(kube.state("again"), "active");
        EXPECT_EQ(seen.orphans, 0U) << static_cast<int>(how);
        EXPECT_THAT(seen.events, Not(testing::Contains("shop RefsOrphaned")));
        kube.before_write = nullptr;
        kube.after_write = nullptr;
        kube.remove("again");
        see();
        few_rounds();
        ASSERT_FALSE(kube.exists("again"));
    }
}

TEST_F(reconciler, tells_of_orphans_where_it_would_not_let_go_any_more)
{
    attach("web", cert_a);
    create({.name = "again", .certificate = cert_a, .listener = listener_1, .sni = true});
    rounds();
    kube.before_write = [](const kube::patch_request& request) {
        return request.name == "web" && request.subresource.empty()
                   ? std::optional(support::error{support::errc::status, "no", 403, {}})
                   : std::nullopt;
    };
    kube.remove("web");
    see();
    few_rounds();
    // The duplicate is stripped as well, so the first one has to detach; but the cloud refuses.
    kube.update("again", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("again");
    one->sink->deleted(kube.last_removed());
    seen.orphans = 0;
    cloud.before_put = [](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}});
    };
    few_rounds();
    ASSERT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    see();
    EXPECT_EQ(seen.orphans, 1U);
}

TEST_F(reconciler, tells_of_no_orphans_where_a_binding_that_was_detached_is_stripped_by_hand)
{
    attach("web", cert_a);
    kube.remove("web");
    kube.before_write = [](const kube::patch_request& request) {
        return request.subresource.empty()
                   ? std::optional(support::error{support::errc::status, "no", 403, {}})
                   : std::nullopt;
    };
    see();
    few_rounds();
    ASSERT_THAT(row().slots.sni_refs, IsEmpty());
    kube.update("web", [](auto& object) { object["metadata"]["finalizers"] = {"example.com/another"}; });
    see();
    EXPECT_EQ(seen.orphans, 0U);
}

TEST_F(reconciler, a_ledger_that_somebody_else_wrote_is_warned_of)
{
    attach("web", cert_a);
    kube.update("web", [](auto& object) { object["status"]["attachments"] = nlohmann::json::array(); });
    see();
    support::log_capture log;
    rounds();
    EXPECT_THAT(log.text(), HasSubstr("somebody else"));
    EXPECT_THAT(seen.events, testing::Contains("shop/web LedgerRestored"));
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

TEST_F(reconciler, a_binding_that_gets_another_credential_while_it_is_written_was_written_by_us)
{
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto uid = *support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>());
    bool once = true;
    kube.after_write = [&](const kube::patch_request& request) {
        if (request.subresource == "status" && std::exchange(once, false))
        {
            one->credentials.give("shop", &cloud);
            one->store.place_again({uid});
        }
        return std::optional<support::error>();
    };
    second_round();
    ASSERT_FALSE(once);
    const auto where = one->credentials.target_of(*one->store.find(uid));
    run(one->rounds.reconcile(where));
    EXPECT_THAT(seen.events, testing::Not(testing::Contains("shop/web LedgerRestored")));
}

TEST_F(reconciler, writes_of_a_target_run_side_by_side_sixteen_at_a_time)
{
    slow_kube slow(checked, clock());
    other_kube = &slow;
    one.emplace(*this);
    for (int i = 0; i < 40; ++i)
    {
        char id[37];
        std::snprintf(id, sizeof id, "dddddddd-0000-4000-8000-%012d", i);
        cloud.certificates[id] = true;
        row().slots.sni_refs.push_back(ref(id));
        create({.name = "web-" + std::to_string(i), .certificate = id, .listener = listener_1, .sni = true});
    }
    const auto began = clock().now();
    rounds();
    EXPECT_EQ(kube.state("web-39"), "active");
    EXPECT_EQ(slow.most, 16);
    EXPECT_LE(clock().now() - began, 8s);
}

// ---- the cloud ----

TEST_F(reconciler, an_ambiguous_put_is_sent_once_whatever_became_of_it)
{
    for (const bool took_effect : {true, false})
    {
        bool once = true;
        const auto cut = [&](const auto&) {
            return std::exchange(once, false)
                       ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                       : std::nullopt;
        };
        (took_effect ? cloud.after_put : cloud.before_put) = cut;
        const std::string name = took_effect ? "web" : "more";
        create(
            {.name = name, .certificate = took_effect ? cert_a : cert_b, .listener = listener_1, .sni = true}
        );
        const auto began = clock().now();
        const auto puts = cloud.puts.size();
        rounds();
        EXPECT_EQ(kube.state(name), "active");
        EXPECT_EQ(cloud.puts.size() - puts, took_effect ? 1U : 2U);
        EXPECT_TRUE(took_effect || clock().now() - began >= 30s);
        cloud.after_put = cloud.before_put = nullptr;
    }
}

TEST_F(reconciler, tells_of_each_put_and_how_long_a_foreign_commit_would_have_been_lost)
{
    std::vector<std::optional<cloud::failure>> ends{
        cloud::failure::busy, cloud::failure::ambiguous, std::nullopt
    };
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        clock().set(clock().now() + 7s);  // as long as Octavia took
        const auto end = ends.front();
        ends.erase(ends.begin());
        return end ? std::optional(cloud::error{*end, "trouble", {}, {}}) : std::nullopt;
    };
    attach("web", cert_a);
    ASSERT_EQ(seen.updates.size(), 3U);
    EXPECT_EQ(seen.updates[0].failed, cloud::failure::busy);
    EXPECT_EQ(seen.updates[0].window, std::nullopt) << "it surely had no effect";
    EXPECT_EQ(seen.updates[1].failed, cloud::failure::ambiguous);
    EXPECT_EQ(seen.updates[2].failed, std::nullopt);
    for (const auto& each : {seen.updates[1], seen.updates[2]})
    {
        EXPECT_GE(each.window, 7s);
        EXPECT_LT(each.window, 8s) << "from the read before it";
    }
}

TEST_F(reconciler, a_put_that_is_answered_busy_is_not_repeated_at_once)
{
    int puts = 0;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        return ++puts <= 3 ? std::optional(cloud::error{cloud::failure::busy, "immutable", {}, {}})
                           : std::nullopt;
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_round().how, kind::retry);
    EXPECT_EQ(puts, 1);
    EXPECT_EQ(kube.ready_reason("web"), "LoadBalancerBusy");
    rounds();
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(puts, 4);
}

TEST_F(reconciler, a_put_that_we_may_not_send_is_said_and_tried_slowly)
{
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::access_denied, "403: read-only role", {}, {}});
    };
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    const auto end = second_round();
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_EQ(end.how, kind::later);
    EXPECT_THAT(end.pause, AllOf(Ge(10s), Le(20s)));
    EXPECT_EQ(kube.ready_reason("web"), "ListenerAccessDenied");
    EXPECT_THAT(kube.message("web"), HasSubstr("read-only"));
}

TEST_F(reconciler, who_was_refused_with_one_that_is_gone_by_then_is_not_quarantined_for_it)
{
    bool once = true;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        if (!std::exchange(once, false))
        {
            return std::nullopt;
        }
        kube.remove("bad");
        see();
        return cloud::error{cloud::failure::refused, "PKCS12 bundle is unreadable", {}, {}};
    };
    create({.name = "bad", .certificate = cert_a, .listener = listener_1, .sni = true});
    create({.name = "web", .certificate = cert_b, .listener = listener_1, .sni = true});
    rounds();
    EXPECT_EQ(cloud.puts.size(), 2U);
    EXPECT_EQ(kube.state("web"), "active") << kube.message("web");
}

TEST_F(reconciler, what_is_added_was_checked_ten_seconds_before_however_long_other_looks_take)
{
    attach("web", cert_a);
    cloud.look_up_takes = 45s;
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        EXPECT_LE((clock().now() - cloud.certificate_read[cert_b]) / 1s, 10);
        return std::nullopt;
    };
    rounds();
    EXPECT_EQ(cloud.puts.size(), 2U);
}

// ---- when to come back ----

TEST_F(reconciler, a_stable_target_comes_back_at_the_resync_jittered)
{
    attach("web", cert_a);
    support::duration shortest = 1h;
    support::duration longest{};
    for (int i = 0; i < 30; ++i)
    {
        const auto end = round();
        EXPECT_EQ(end.how, kind::later);
        shortest = std::min(shortest, end.pause);
        longest = std::max(longest, end.pause);
    }
    EXPECT_THAT(shortest, AllOf(Ge(8min), Le(9min)));
    EXPECT_THAT(longest, AllOf(Ge(11min), Le(12min)));
}

TEST_F(reconciler, what_waits_for_people_is_looked_at_ever_more_seldom_up_to_five_minutes)
{
    row().protocol = "TCP";
    create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    auto before = 0s;
    for (int i = 0; i < 8; ++i)
    {
        const auto pause = std::chrono::duration_cast<std::chrono::seconds>(round().pause);
        EXPECT_GE(pause, std::min(before, std::chrono::seconds(220)));
        before = pause;
        advance(pause);
    }
    EXPECT_THAT(before, AllOf(Ge(240s), Le(360s)));
}

TEST_F(reconciler, a_wish_to_be_left_alone_for_no_time_at_all_is_a_failure_like_any_other)
{
    attach("web", cert_a);
    advance(1s);
    cloud.listener_error = cloud::error{cloud::failure::transient, "503", {}, 0s};
    EXPECT_EQ(round().how, kind::retry);
    cloud.listener_error.reset();
    advance(1s);
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::rate_limited, "429", {}, 0s});
    };
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    EXPECT_EQ(second_round().how, kind::retry);
    EXPECT_EQ(round().how, kind::retry);
}

TEST_F(reconciler, a_wish_to_be_left_alone_is_granted_with_a_little_more)
{
    attach("web", cert_a);
    advance(1s);
    cloud.listener_error = cloud::error{cloud::failure::transient, "503", {}, 100s};
    const auto end = round();
    EXPECT_EQ(end.how, kind::retry);
    EXPECT_THAT(end.pause, AllOf(Ge(100s), Le(150s)));
}

TEST_F(reconciler, a_load_balancer_that_stays_pending_is_looked_at_once_a_minute_at_last)
{
    attach("web", cert_a);
    cloud.balancers[balancer] = cloud::provisioning_status::pending;
    const auto reads_in_an_hour = [&] {
        const auto before = cloud.listener_reads;
        const auto began = clock().now();
        while (clock().now() - began < 1h)
        {
            const auto end = round();
            advance(std::max<support::duration>(end.pause, 100ms));
        }
        return cloud.listener_reads - before;
    };
    EXPECT_LT(reads_in_an_hour(), 100);
    create({.name = "more", .certificate = cert_b, .listener = listener_1, .sni = true});
    EXPECT_GT(reads_in_an_hour(), 1700) << "a write waits";
}

TEST_F(reconciler, a_last_certificate_is_looked_at_ever_more_seldom)
{
    row().slots.default_ref.reset();
    attach("web", cert_a);
    kube.remove("web");
    see();
    support::duration pause{};
    for (int i = 0; i < 8; ++i)
    {
        pause = round().pause;
        advance(pause);
    }
    EXPECT_EQ(kube.ready_reason("web"), "LastCertificate");
    EXPECT_THAT(pause, AllOf(Ge(4min), Le(6min)));
}

TEST_F(reconciler, a_target_without_bindings_is_forgotten)
{
    EXPECT_EQ(round().how, kind::done);
}

// ---- several targets ----

class lanes_of_the_loop : public the_loop
{
protected:
    lanes_of_the_loop() { add_listener(listener_2); }

    bool active(const std::string& name) { return kube.exists(name) && kube.state(name) == "active"; }
};

TEST_F(lanes_of_the_loop, two_listeners_of_one_load_balancer_are_never_written_at_once)
{
    cloud.put_takes = 5s;
    cloud.pending_for = 3s;
    start();
    for (const std::string name : {"a", "b", "c"})
    {
        const std::string certificate = name == "a" ? cert_a : name == "b" ? cert_b : cert_c;
        kube.create({.name = name + "1", .certificate = certificate, .listener = listener_1, .sni = true});
        kube.create({.name = name + "2", .certificate = certificate, .listener = listener_2, .sni = true});
        advance(500ms);
    }
    ASSERT_TRUE(until([&] {
        return active("a1") && active("b1") && active("c1") && active("a2") && active("b2") && active("c2");
    }));
    EXPECT_EQ(cloud.most_puts_at_a_time, 1);
    EXPECT_LE(cloud.puts.size(), 4U);
}

TEST_F(lanes_of_the_loop, two_load_balancers_are_written_side_by_side)
{
    const auto other = *support::uuid::parse("99999999-0000-4000-8000-000000000002");
    cloud.balancers[other] = cloud::provisioning_status::active;
    row(listener_2).load_balancer = other;
    cloud.put_takes = 5s;
    start();
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
    EXPECT_LT(clock().now() - began, 8s);
}

TEST_F(lanes_of_the_loop, the_lane_is_kept_while_a_put_is_in_doubt)
{
    bool once = true;
    cloud.before_put = [&](const auto&) {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - sent, 30s);
    ASSERT_TRUE(until([&] { return active("a") && active("b"); }));
}

TEST_F(lanes_of_the_loop, the_lane_is_kept_while_a_put_is_in_doubt_though_its_binding_is_gone)
{
    bool once = true;
    cloud.before_put = [&](const auto&) {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.update("a", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    EXPECT_GE(clock().now() - sent, 30s);
}

TEST_F(
    lanes_of_the_loop, the_lane_is_given_back_at_the_deadline_though_somebody_elses_finalizer_keeps_the_object
)
{
    bool once = true;
    cloud.before_put = [&](const auto&) {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    const auto sent = clock().now();
    kube.update("a", [](auto& object) {
        object["metadata"]["finalizers"].push_back("example.com/other");
        object["spec"]["deletionPolicy"] = "Retain";
    });
    kube.remove("a");
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    EXPECT_TRUE(kube.exists("a"));
    EXPECT_LT(clock().now() - sent, 1min);
}

TEST_F(lanes_of_the_loop, the_lane_is_given_back_when_the_listener_cannot_be_read_any_more)
{
    cloud.after_put = [&](const auto& put) -> std::optional<cloud::error> {
        if (put.listener.str() == listener_1)
        {
            cloud.failing[listener_1] = {cloud::failure::access_denied, "403", {}, {}};
        }
        return std::nullopt;
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "ListenerAccessDenied"; }));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
}

TEST_F(lanes_of_the_loop, the_lane_is_given_back_when_the_listener_is_gone)
{
    cloud.after_put = [&](const auto& put) -> std::optional<cloud::error> {
        return put.listener.str() == listener_1
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    cloud.listeners.erase(*support::uuid::parse(listener_1));
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
    EXPECT_LT(clock().now() - began, 30s);
}

TEST_F(lanes_of_the_loop, after_a_start_nothing_is_written_beside_a_put_that_may_still_take_effect)
{
    cloud.before_put = [&](const auto&) {
        return std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}});
    };
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 1; }));
    stop();
    cloud.before_put = nullptr;
    const auto began = clock().now();
    // The other listener is looked at first.
    kube.create({.name = "0", .certificate = cert_b, .listener = listener_2});
    start();
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - began, 30s);
    ASSERT_TRUE(until([&] { return active("a") && active("0"); }));
}

TEST_F(lanes_of_the_loop, the_same_dead_certificate_on_both_listeners_is_let_go_on_both)
{
    start();
    kube.create({.name = "a1", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "a2", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a1") && active("a2"); }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("b"); })) << kube.object("b").dump(1);
    EXPECT_THAT(row(listener_1).slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_THAT(row(listener_2).slots.sni_refs, IsEmpty());
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
}

TEST_F(lanes_of_the_loop, a_foreign_dead_ref_of_a_neighbour_blocks_though_one_of_ours_is_dead_too)
{
    row(listener_2).slots.sni_refs = {ref(cert_c)};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.dead = {cert_a, cert_c};
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    EXPECT_THAT(kube.message("b"), HasSubstr(cert_c));
    const auto puts = cloud.puts.size();
    advance(10min);
    EXPECT_EQ(cloud.puts.size(), puts);
    EXPECT_TRUE(row(listener_2).served);
}

// A second load balancer with a listener of its own.
class two_load_balancers : public lanes_of_the_loop
{
protected:
    two_load_balancers()
    {
        cloud.balancers[*support::uuid::parse(other)] = cloud::provisioning_status::active;
        add_listener(listener_3);
        row(listener_3).load_balancer = *support::uuid::parse(other);
    }

    static inline const std::string other = "99999999-0000-4000-8000-000000000002";
    static inline const std::string listener_3 = "33333333-0000-4000-8000-000000000003";
    static inline const cloud::error trouble{cloud::failure::transient, "500 of the database", {}, {}};
};

TEST_F(two_load_balancers, a_listener_that_was_never_read_and_holds_nothing_of_ours_stops_nobody)
{
    cloud.failing[listener_3] = trouble;
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
}

TEST_F(two_load_balancers, listeners_that_hold_nothing_of_ours_and_do_not_answer_delay_nobody)
{
    cloud.listener_takes = 10s;
    for (int i = 100; i < 260; ++i)
    {
        const auto silent = "33333333-0000-4000-8000-000000000" + std::to_string(i);
        cloud.failing[silent] = trouble;
        kube.create({.name = std::to_string(i), .certificate = cert_b, .listener = silent, .sni = true});
    }
    start();
    ASSERT_TRUE(until([&] { return kube.ready_reason("259") == "CloudUnavailable"; }));
    const auto began = clock().now();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return !cloud.puts.empty(); }));
    EXPECT_LT(clock().now() - began, 1min);
}

TEST_F(two_load_balancers, a_listener_that_was_behind_the_other_one_when_it_could_be_read_stops_nobody)
{
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("broken"); }));
    cloud.failing[listener_3] = trouble;
    kube.update("broken", [](auto& object) { object["spec"]["certificateId"] = cert_c; });
    ASSERT_TRUE(until([&] { return kube.ready_reason("broken") == "CloudUnavailable"; }));
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    EXPECT_TRUE(until([&] { return active("a"); })) << kube.object("a")["status"].dump(1);
}

TEST_F(two_load_balancers, a_listener_that_may_hold_something_of_ours_is_waited_for_and_named)
{
    start();
    kube.create({.name = "broken", .certificate = cert_b, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("broken"); }));
    stop();
    cloud.failing[listener_3] = trouble;
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.message("a").find(listener_3) != std::string::npos; }));
    EXPECT_THAT(kube.message("a"), HasSubstr("500 of the database"));
    EXPECT_EQ(cloud.puts.size(), 1U);
    cloud.failing.clear();
    EXPECT_TRUE(until([&] { return active("a"); }));
}

TEST_F(two_load_balancers, a_listener_that_is_not_there_is_not_asked_for_before_every_change_of_others)
{
    start();
    const std::string nowhere = "44444444-0000-4000-8000-000000000004";
    kube.create({.name = "lost", .certificate = cert_c, .listener = nowhere, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("lost") == "ListenerNotFound"; }));
    const auto put_reads = [&](const std::string& name, const std::string& certificate) {
        const auto before = cloud.reads_of[nowhere];
        kube.create({.name = name, .certificate = certificate, .listener = listener_1, .sni = true});
        EXPECT_TRUE(until([&] { return active(name); }));
        return cloud.reads_of[nowhere] - before;
    };
    EXPECT_EQ(put_reads("a", cert_a), 0);
    EXPECT_EQ(put_reads("b", cert_b), 0);
}

TEST_F(lanes_of_the_loop, what_another_project_could_not_see_is_looked_at_again_through_this_one)
{
    start();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2});
    ASSERT_TRUE(until([&] { return active("b"); }));
    const auto right = cloud.here;
    const auto hidden = cloud.listeners.extract(*support::uuid::parse(listener_2));
    cloud.here.project_id = "another";
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.here = right;
    cloud.listeners.insert({hidden.key(), hidden.mapped()});
    const auto before = cloud.reads_of[listener_2];
    kube.create({.name = "c", .certificate = cert_c, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return active("c"); }));
    EXPECT_GT(cloud.reads_of[listener_2], before);
}

TEST_F(lanes_of_the_loop, who_waits_for_a_neighbour_to_let_go_asks_ever_more_seldom)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return active("a"); }));
    cloud.dead = {cert_a};
    cloud.before_put = [&](const auto& put) {
        return put.listener.str() == listener_2
                   ? std::optional(cloud::error{cloud::failure::access_denied, "403", {}, {}})
                   : std::nullopt;
    };
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    advance(5min);
    const auto before = cloud.listener_reads;
    advance(10min);
    EXPECT_LT(cloud.listener_reads - before, 100);
}

// Certificates that look deleted on many listeners at once: each alone would be one of one.
TEST_F(two_load_balancers, half_of_all_that_look_dead_through_the_credential_are_not_let_go)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    kube.create({.name = "c", .certificate = cert_c, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return active("a") && active("b") && active("c"); }));
    const std::string cert_d = "dddddddd-0000-4000-8000-000000000004";
    cloud.certificates[cert_d] = true;
    cloud.dead = {cert_a, cert_b, cert_c};
    const auto puts = cloud.puts.size();
    kube.create({.name = "d", .certificate = cert_d, .listener = listener_3, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("d") == "BlockedByUnreadableRef"; }))
        << kube.object("d")["status"].dump(1);
    EXPECT_THAT(kube.message("d"), HasSubstr("3 of 3"));
    EXPECT_EQ(cloud.puts.size(), puts);

    cloud.dead = {cert_c};
    ASSERT_TRUE(until([&] { return active("d"); })) << kube.object("d")["status"].dump(1);
    EXPECT_THAT(row(listener_3).slots.sni_refs, ElementsAre(ref(cert_d)));
}

TEST_F(lanes_of_the_loop, no_change_is_begun_after_the_stop)
{
    start();
    bool once = true;
    kube.after_write = [&](const kube::patch_request& request) -> std::optional<support::error> {
        if (request.subresource == "status" && std::exchange(once, false))
        {
            running->stop_gently();  // SIGTERM, between the ledger and the PUT
        }
        return std::nullopt;
    };
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    advance(1min);
    EXPECT_FALSE(once);
    EXPECT_THAT(cloud.puts, IsEmpty());
}

// A Kubernetes that says yes to every write and keeps none.
class forgetful_kube final : public kube::client
{
public:
    explicit forgetful_kube(kube::client& real) : real_(real) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        return real_.list(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override
    {
        return real_.watch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        return forgets ? real_.get(request.resource, request.name_space, request.name)
                       : real_.patch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        return real_.create(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        return real_.get(std::move(resource), std::move(name_space), std::move(name));
    }

    bool forgets = false;

private:
    kube::client& real_;
};

TEST_F(reconciler, a_round_that_never_ends_keeps_the_lane_while_its_put_is_in_doubt)
{
    forgetful_kube forgetful(checked);
    other_kube = &forgetful;
    one.emplace(*this);
    add_listener(listener_2);
    cloud.before_put = [&](const auto&) {
        forgetful.forgets = true;
        cloud.failing[listener_1] = {cloud::failure::access_denied, "403", {}, {}};
        return std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}});
    };
    create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    support::log_capture log;
    second_round();
    EXPECT_THAT(log.text(), HasSubstr("does not come to an end"));
    EXPECT_EQ(cloud.puts.size(), 1U);
    forgetful.forgets = false;
    cloud.before_put = nullptr;
    create({.name = "b", .certificate = cert_b, .listener = listener_2, .sni = true});
    round(listener_2);
    advance(1s);
    round(listener_2);
    EXPECT_EQ(cloud.puts.size(), 1U);
}

// ---- what wakes a target ----

TEST_F(reconciler, our_own_writes_wake_nobody_and_what_people_change_does)
{
    attach("web", cert_a);
    binding::certificate_binding before =
        *one->store.find(*support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>()));
    const binding::target here = binding::listener_of(before);
    const auto wakes = [&](const std::function<void(binding::certificate_binding&)>& change) {
        binding::certificate_binding after = before;
        ++after.resource_version;
        change(after);
        return one->rounds.round_due(here, &before, &after).has_value();
    };
    EXPECT_FALSE(wakes([](auto&) {})) << "a label";
    EXPECT_FALSE(wakes([](auto& object) { object.status.error_message = support::interned("x"); }));
    EXPECT_FALSE(wakes([](auto& object) { object.finalizers.emplace_back("other.example/keep"); }));
    EXPECT_TRUE(wakes([](auto& object) { ++object.generation; }));
    EXPECT_TRUE(wakes([](auto& object) { object.deleting = true; }));
    EXPECT_TRUE(wakes([](auto& object) { object.abandoned = true; }));
    EXPECT_TRUE(wakes([](auto& object) { object.requested_at = support::interned("now"); }));
    EXPECT_TRUE(wakes([](auto& object) { object.finalizers.clear(); })) << "ours was taken away";
    EXPECT_TRUE(wakes([](auto& object) { object.status.ledger = {}; })) << "the ledger was";
    EXPECT_TRUE(one->rounds.round_due(here, nullptr, &before));
    EXPECT_TRUE(one->rounds.round_due(here, &before, nullptr));
}

}  // namespace
