#include "runtime/leader_elector.hpp"

#include "fakes/http/way.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using runtime::predecessor;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

kube::config config()
{
    kube::config config;
    config.server = net::parse_url("http://127.0.0.1:8001").value();
    return config;
}

// A process that takes part. Its work ends when it is lost or told to end, and `resolving` later.
class contender
{
public:
    contender(test::loop& loop, net::http_client& api, std::string identity, std::uint64_t seed)
        : clock(loop.clock()),
          route(api),
          credentials(
              config(),
              [](const std::string& path) { return support::fail(support::errc::invalid, path); },
              clock
          ),
          client(kube::create_rest_client(route, clock, credentials)),
          bell(loop.executor(), clock),
          random(seed),
          elector(
              {*client, clock, random, "system", "controller", std::move(identity)},
              [this](const runtime::leadership& given) { return work(given); },
              [this] {
                  ++losses;
                  lost = true;
                  bell.ring();
              }
          ),
          crash(loop.spawn(run()))
    {}

    void stop()
    {
        elector.stop();
        told = true;
        bell.ring();
    }

    bool holds() const { return term != nullptr && term->holds(); }

    support::clock& clock;
    test::way route;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    support::alarm bell;
    support::random_engine random;
    bool lost = false;
    bool told = false;
    support::duration resolving{};
    bool resolved = true;
    bool ended = false;
    int losses = 0;
    std::vector<predecessor> before;
    const runtime::leadership* term = nullptr;
    runtime::leader_elector elector;
    std::function<void()> crash;

private:
    support::task<> run()
    {
        co_await elector.run();
        ended = true;
    }

    support::task<bool> work(const runtime::leadership& now)
    {
        struct running
        {
            contender& self;
            ~running() { self.term = nullptr; }
        } guard{*this};
        term = &now;
        before.push_back(now.before());
        while (!lost && !told)
        {
            co_await bell.wait(std::nullopt);
        }
        co_await clock.sleep_for(resolving);
        lost = false;
        co_return resolved;
    }
};

class leader_elector : public test::loop
{
protected:
    leader_elector()
        : api(executor(), clock(), {{"coordination.k8s.io", "v1", "leases"}, "Lease", [](json&) {}})
    {}

    contender& start(const std::string& identity)
    {
        all.push_back(std::make_unique<contender>(*this, api, identity, 7 + all.size()));
        step();
        return *all.back();
    }

    // Ends the process without a word.
    void kill(contender& one)
    {
        one.crash();
        step();
        std::erase_if(all, [&](const auto& each) { return each.get() == &one; });
    }

    void TearDown() override
    {
        for (const auto& each : all)
        {
            each->crash();
        }
        step();
        all.clear();
        loop::TearDown();
    }

    const json& lease() { return *api.objects().find("system", "controller"); }
    std::string holder() { return lease()["spec"].value("holderIdentity", ""); }
    bool promised()
    {
        return lease()["metadata"].value("annotations", json::object()) ==
               json{{"certificates.bycloud.io/every-put-resolved", "true"}};
    }

    test::fake_apiserver api;
    std::vector<std::unique_ptr<contender>> all;
};

TEST_F(leader_elector, leads_at_once_where_there_is_no_lease_and_writes_one_as_client_go_does)
{
    const contender& one = start("one");
    EXPECT_TRUE(one.holds());
    EXPECT_EQ(one.term->may_send_until(), clock().now() + 10s);
    EXPECT_EQ(
        lease()["spec"],
        (json{
            {"holderIdentity", "one"},
            {"leaseDurationSeconds", 15},
            {"acquireTime", "2026-11-24T01:00:00.000000Z"},
            {"renewTime", "2026-11-24T01:00:00.000000Z"},
            {"leaseTransitions", 0},
        })
    );
    advance(4s);
    EXPECT_EQ(lease()["spec"]["renewTime"], "2026-11-24T01:00:04.000000Z");
    EXPECT_EQ(lease()["spec"]["acquireTime"], "2026-11-24T01:00:00.000000Z");
    EXPECT_EQ(api.writes(), 3U);
    EXPECT_EQ(api.count("get"), 1U) << "a renewal reads nothing";
    EXPECT_EQ(one.elector.terms(), 1U);
}

TEST_F(leader_elector, what_others_keep_on_the_lease_survives)
{
    ASSERT_TRUE(api.objects().create({
        {"metadata",
         {{"name", "controller"},
          {"namespace", "system"},
          {"labels", {{"team", "edge"}}},
          {"annotations", {{"note", "ours"}}}}},
        {"spec", {{"leaseTransitions", 6}, {"strategy", "OldestEmulationVersion"}}},
    }));
    contender& one = start("one");
    EXPECT_EQ(lease()["spec"]["leaseTransitions"], 7);
    EXPECT_EQ(one.elector.transitions(), 7);
    advance(3s);
    one.stop();
    step();
    EXPECT_TRUE(one.ended);
    EXPECT_EQ(holder(), "");
    EXPECT_EQ(lease()["metadata"]["labels"], (json{{"team", "edge"}}));
    EXPECT_EQ(lease()["metadata"]["annotations"]["note"], "ours");
    EXPECT_EQ(lease()["spec"]["strategy"], "OldestEmulationVersion");
}

TEST_F(leader_elector, a_candidate_watches_and_asks_nothing_while_another_leads)
{
    start("one");
    advance(1s);
    const contender& two = start("two");
    const auto gets = api.count("get");
    const auto watches = api.count("watch");
    advance(4min);
    EXPECT_FALSE(two.holds());
    EXPECT_EQ(two.elector.holder(), "one");
    EXPECT_EQ(api.count("get"), gets);
    EXPECT_EQ(api.count("watch"), watches);
    EXPECT_EQ(holder(), "one");
}

TEST_F(leader_elector, after_a_crash_another_leads_when_the_lease_has_expired)
{
    contender& one = start("one");
    const contender& two = start("two");
    advance(31s);  // the last renewal was at 30 s
    kill(one);
    advance(14s - 1ms);
    EXPECT_FALSE(two.holds());
    advance(1ms);
    EXPECT_TRUE(two.holds());
    EXPECT_THAT(two.before, ElementsAre(predecessor::unknown));
    EXPECT_EQ(lease()["spec"]["leaseTransitions"], 1);
}

TEST_F(leader_elector, after_a_release_another_leads_at_once_and_knows_what_was_promised)
{
    contender& one = start("one");
    const contender& two = start("two");
    advance(5s);
    one.resolving = 20s;
    one.stop();
    advance(19s);
    EXPECT_TRUE(one.holds()) << "the Lease is kept until the owner has ended";
    advance(1s);
    EXPECT_TRUE(one.ended);
    EXPECT_TRUE(two.holds());
    EXPECT_THAT(two.before, ElementsAre(predecessor::every_put_resolved));
    EXPECT_FALSE(promised()) << "the new leader takes the promise away";
    EXPECT_EQ(one.losses, 0);
}

TEST_F(leader_elector, a_release_promises_nothing_that_the_owner_does_not_say)
{
    contender& one = start("one");
    one.resolved = false;
    one.stop();
    step();
    EXPECT_EQ(holder(), "");
    EXPECT_FALSE(promised());
    const contender& two = start("two");
    EXPECT_THAT(two.before, ElementsAre(predecessor::unknown));
}

TEST_F(leader_elector, the_lease_of_the_last_one_keeps_the_promise)
{
    contender& one = start("one");
    one.stop();
    step();
    EXPECT_TRUE(promised());
    EXPECT_EQ(lease()["spec"]["leaseDurationSeconds"], 1);
}

TEST_F(leader_elector, without_the_server_the_term_is_lost_at_the_deadline_and_the_process_stays_a_candidate)
{
    contender& one = start("one");
    api.on_request = [](const test::api_request&) {
        return std::optional(test::api_fault{test::api_fault::kind::swallow});
    };
    advance(10s - 1ms);
    EXPECT_TRUE(one.holds());
    EXPECT_EQ(one.losses, 0);
    one.resolving = 60s;
    advance(1ms);
    EXPECT_FALSE(one.holds());
    EXPECT_EQ(one.losses, 1);
    api.on_request = nullptr;
    advance(59s);
    EXPECT_FALSE(one.elector.leads()) << "its old work has not ended";
    advance(1s);
    EXPECT_TRUE(one.holds());
    EXPECT_EQ(one.before.size(), 2U);
    EXPECT_GE(one.elector.failed_renewals(), 2U);
}

TEST_F(leader_elector, a_machine_that_was_suspended_may_send_nothing)
{
    const contender& one = start("one");
    clock().set(clock().now() + 10s);
    EXPECT_FALSE(one.holds()) << "before any coroutine has run";
    step();
    EXPECT_EQ(one.losses, 1);
    EXPECT_TRUE(one.holds()) << "nobody else has taken the Lease";
    EXPECT_EQ(one.before.size(), 2U);
}

TEST_F(leader_elector, a_leader_that_is_cut_off_is_lost_before_another_leads)
{
    contender& one = start("one");
    const contender& two = start("two");
    advance(4s);
    one.route.cut = true;
    advance(10s);
    EXPECT_FALSE(one.holds());
    EXPECT_FALSE(two.holds());
    advance(5s);
    EXPECT_TRUE(two.holds());
    one.route.cut = false;
    advance(1min);
    EXPECT_EQ(one.elector.holder(), "two");
    EXPECT_FALSE(one.holds());
    EXPECT_TRUE(two.holds());
}

TEST_F(leader_elector, a_lease_that_is_deleted_is_written_again_by_its_leader)
{
    const contender& one = start("one");
    const contender& two = start("two");
    advance(3s);
    ASSERT_TRUE(api.objects().remove("system", "controller"));
    step();
    EXPECT_TRUE(one.holds());
    EXPECT_FALSE(two.holds());
    EXPECT_EQ(holder(), "one");
    EXPECT_EQ(one.losses, 0);
}

TEST_F(leader_elector, a_leader_that_is_cut_off_is_lost_before_another_creates_the_lease_that_was_deleted)
{
    contender& one = start("one");
    const contender& two = start("two");
    advance(4s);
    one.route.cut = true;
    ASSERT_TRUE(api.objects().remove("system", "controller"));
    advance(10s);
    EXPECT_FALSE(one.holds());
    EXPECT_FALSE(two.holds());
    EXPECT_EQ(api.objects().find("system", "controller"), nullptr);
    advance(5s);
    EXPECT_TRUE(two.holds());
    EXPECT_THAT(two.before, ElementsAre(predecessor::unknown));
}

TEST_F(leader_elector, an_edit_by_somebody_else_makes_one_conflict_and_no_loss)
{
    const contender& one = start("one");
    advance(1s);
    api.hold_events();  // the watch does not tell
    ASSERT_TRUE(api.objects().patch("system", "controller", "", {{"metadata", {{"labels", {{"a", "b"}}}}}}));
    advance(2s);
    EXPECT_EQ(one.elector.failed_renewals(), 1U);
    EXPECT_EQ(one.losses, 0);
    EXPECT_EQ(lease()["spec"]["renewTime"], "2026-11-24T01:00:02.000001Z") << "of the second request";
    api.release_events();
    advance(10s);
    EXPECT_EQ(one.elector.failed_renewals(), 1U);
}

TEST_F(leader_elector, a_missing_right_is_one_line_that_names_the_rule)
{
    const support::log_capture log;
    api.denied = {"create"};
    const contender& one = start("one");
    const auto writes = api.writes();
    advance(10min);
    EXPECT_FALSE(one.holds());
    EXPECT_LT(api.writes() - writes, 30U);
    const std::string text = log.text();
    EXPECT_THAT(
        text,
        HasSubstr("a Role in the namespace system needs the rule apiGroups [coordination.k8s.io], resources "
                  "[leases], verbs [create]")
    );
    EXPECT_EQ(text.find("cannot create the Lease"), text.rfind("cannot create the Lease"));
    api.denied.clear();
    advance(40s);
    EXPECT_TRUE(one.holds());
}

TEST_F(leader_elector, without_the_right_to_watch_a_candidate_reads_each_retry_period)
{
    const support::log_capture log;
    api.denied = {"watch"};
    contender& one = start("one");
    const contender& two = start("two");
    const auto gets = api.count("get");
    advance(1min);
    EXPECT_GE(api.count("get") - gets, 25U);
    EXPECT_LE(api.count("get") - gets, 38U);
    EXPECT_THAT(log.text(), HasSubstr("resourceNames [controller], verbs [watch]"));
    EXPECT_FALSE(two.holds());
    kill(one);
    advance(17500ms);
    EXPECT_TRUE(two.holds());
}

TEST_F(leader_elector, a_lease_that_cannot_be_read_is_not_taken)
{
    ASSERT_TRUE(api.objects().create(
        {{"metadata", {{"name", "controller"}, {"namespace", "system"}}}, {"spec", {{"holderIdentity", 7}}}}
    ));
    const contender& one = start("one");
    advance(5min);
    EXPECT_FALSE(one.holds());
    EXPECT_EQ(api.writes(), 0U);
}

TEST_F(leader_elector, a_compacted_history_is_read_again)
{
    start("one");
    const contender& two = start("two");
    advance(3s);
    api.compact();
    api.hold_events();
    api.end_watches();
    advance(3s);
    api.compact();
    api.release_events();
    api.end_watches();
    advance(1min);
    EXPECT_EQ(two.elector.holder(), "one");
    EXPECT_EQ(api.open_watches(), 2U);
    EXPECT_FALSE(two.holds());
}

TEST_F(leader_elector, a_frozen_watch_is_noticed_when_the_lease_seems_to_expire)
{
    start("one");
    const contender& two = start("two");
    api.watches().frozen = true;
    advance(14s);
    api.watches().frozen = false;  // for new watches; those that are open stay as they are
    const auto watches = api.count("watch");
    advance(2s);
    EXPECT_GT(api.count("watch"), watches);
    EXPECT_FALSE(two.holds());
    EXPECT_EQ(holder(), "one");
}

TEST_F(leader_elector, the_log_tells_who_leads_and_why_that_ends)
{
    const support::log_capture log;
    const contender& one = start("one");
    const contender& two = start("two");
    EXPECT_THAT(log.text(), HasSubstr("this process leads"));
    EXPECT_THAT(log.text(), HasSubstr("another process leads"));
    const auto lines = std::ranges::count(log.text(), '\n');
    advance(1min);
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), lines) << "renewals are no news";
    ASSERT_TRUE(api.objects().patch("system", "controller", "", {{"spec", {{"holderIdentity", "thief"}}}}));
    step();
    EXPECT_EQ(one.losses, 1);
    EXPECT_EQ(two.elector.holder(), "thief");
    EXPECT_THAT(log.text(), HasSubstr("thief holds the Lease"));
}

// ---- many schedules ----

class electors : public leader_elector
{
protected:
    using kind = test::api_fault::kind;

    std::uint64_t below(std::uint64_t end) { return random() % end; }

    std::optional<test::api_fault> fault()
    {
        if (below(100) >= trouble)
        {
            return std::nullopt;
        }
        constexpr kind kinds[] = {
            kind::cut_request,
            kind::cut_answer,
            kind::swallow,
            kind::swallow_answer,
            kind::hold,
            kind::hold_answer,
        };
        const auto drawn = below(std::size(kinds) + 1);
        return drawn == std::size(kinds) ? test::api_fault::with(test::statuses::internal_error("etcd"))
                                         : test::api_fault{kinds[drawn]};
    }

    void check() { ASSERT_LE(holding(), 1); }

    void pass(support::duration span)
    {
        const auto end = clock().now() + span;
        step();
        check();
        while (clock().next_wake() && *clock().next_wake() <= end)
        {
            clock().set(*clock().next_wake());
            check();
            step();
            check();
        }
        clock().set(end);
        check();
        step();
        check();
    }

    void something_happens()
    {
        switch (below(deletions ? 13 : 12))
        {
            case 0:
                api.release();
                break;
            case 1:
                api.drop();
                break;
            case 2:
                api.cut_watches();
                break;
            case 3:
                api.hold_events();
                break;
            case 4:
                api.release_events();
                break;
            case 5:
                trouble = below(2) * below(100);
                break;
            case 6:
            case 7:
                all[below(all.size())]->route.cut = below(2) == 0;
                break;
            case 8:
                all[below(all.size())]->resolving = std::chrono::seconds(below(20));
                break;
            case 9:
                clock().set(clock().now() + std::chrono::seconds(below(12)));  // a suspended machine
                break;
            case 10:
                kill(*all[below(all.size())]);
                break;
            case 11:
                all[below(all.size())]->stop();
                break;
            default:
                somebody_deletes_the_lease();
                break;
        }
        std::erase_if(all, [](const auto& each) { return each->ended; });
        while (all.size() < 3 && may_start())
        {
            start(std::to_string(++identities));
        }
    }

    bool exists() { return api.objects().find("system", "controller") != nullptr; }

    std::ptrdiff_t holding() const
    {
        return std::ranges::count_if(all, [](const auto& each) { return each->holds(); });
    }

    // A process that finds no Lease at its start takes it, even from a leader that does not know yet.
    bool may_start() { return exists() || holding() == 0; }

    // Who believes that there is no Lease takes one that is deleted twice, which is known (lease_view.hpp).
    void somebody_deletes_the_lease()
    {
        const bool all_believe_in_it =
            std::ranges::none_of(all, [](const auto& each) { return each->elector.holder().empty(); });
        if (all_believe_in_it && exists())
        {
            ASSERT_TRUE(api.objects().remove("system", "controller"));
            ++deleted;
        }
    }

    void run_schedule(std::uint64_t seed)
    {
        random.seed(seed);
        api.on_request = [this](const test::api_request&) { return fault(); };
        for (int i = 0; i < 3; ++i)
        {
            start(std::to_string(++identities));
        }
        for (int i = 0; i < 150 && !HasFatalFailure(); ++i)
        {
            something_happens();
            pass(std::chrono::milliseconds(below(4000)));
        }
        api.on_request = nullptr;
        api.release_events();
        api.drop();
        for (const auto& each : all)
        {
            each->route.cut = false;
        }
        pass(90s);
        EXPECT_EQ(holding(), 1);
        for (const auto& each : all)
        {
            terms += each->before.size();
            each->crash();
        }
        step();
        all.clear();
        if (exists())
        {
            ASSERT_TRUE(api.objects().remove("system", "controller"));
        }
    }

    support::log_capture log;
    support::random_engine random{1};
    std::uint64_t trouble = 0;  // percent of the requests
    bool deletions = false;     // somebody deletes the Lease now and then
    std::uint64_t deleted = 0;  // how often
    std::uint64_t identities = 0;
    std::size_t terms = 0;
};

constexpr std::uint64_t schedules = 10;

TEST_F(electors, never_hold_two_at_one_time_whatever_is_lost_late_or_killed)
{
    for (std::uint64_t seed = 1; seed <= schedules && !HasFailure(); ++seed)
    {
        SCOPED_TRACE(seed);
        run_schedule(seed);
    }
    EXPECT_GT(terms, schedules);
}

TEST_F(electors, never_hold_two_at_one_time_though_somebody_deletes_the_lease)
{
    deletions = true;
    for (std::uint64_t seed = 1; seed <= schedules && !HasFailure(); ++seed)
    {
        SCOPED_TRACE(seed);
        run_schedule(seed);
    }
    EXPECT_GT(deleted, schedules);
}

}  // namespace
