#include "app/debug_targets.hpp"

#include "binding/index/binding_index.hpp"
#include "fakes/cloud/one_cloud.hpp"
#include "support/manual_clock.hpp"
#include "support/rfc3339.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using kind = runtime::outcome::kind;
using runtime::urgency;
using runtime::waits_for;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The targets of a few listeners in a queue, and their bindings in an index.
class debug_targets : public testing::Test
{
protected:
    static binding::target target_of(int listener)
    {
        return {support::interned("sao1"), uuid("11111111", listener)};
    }

    static support::uuid uuid(const std::string& first, int last)
    {
        char rest[32];
        std::snprintf(rest, sizeof rest, "-0000-4000-8000-%012d", last);
        return *support::uuid::parse(first + rest);
    }

    // A binding of the listener, with this Ready condition.
    void bind(const std::string& name, int listener, const std::string& ready, const std::string& message)
    {
        std::string text = json{
            {"metadata",
             {{"name", name},
              {"namespace", "shop"},
              {"uid", uuid("00000000", ++bindings_).str()},
              {"resourceVersion", "1"},
              {"generation", 1},
              {"creationTimestamp", "2026-11-24T00:00:00Z"}}},
            {"spec",
             {{"certificateId", "aaaaaaaa-0000-4000-8000-000000000001"},
              {"resourceType", "octavia:listener"},
              {"resourceId", target_of(listener).listener.str()},
              {"region", "sao1"}}},
            {"status",
             {{"observedGeneration", 1},
              {"conditions",
               json::array(
                   {{{"type", "Ready"},
                     {"status", ready == "Attached" ? "True" : "False"},
                     {"reason", ready},
                     {"message", message},
                     {"observedGeneration", 1},
                     {"lastTransitionTime", "2026-11-24T01:02:03Z"}}}
               )}}}
        }.dump();
        text.reserve(text.size() + 64);
        sink.changed(text);
        ASSERT_EQ(bindings.size(), static_cast<std::size_t>(bindings_));
    }

    // The target waits, to be looked at in 10 minutes.
    void rest(const binding::target& which, waits_for why = waits_for::check)
    {
        queue.add(which, clock.now());
        ASSERT_EQ(queue.take(clock.now()), which);
        queue.finish(which, {kind::later, 10min, urgency::routine, why}, clock.now());
    }

    net::page answer(const std::string& query) { return app::debug_targets(query, sources); }

    json page(const std::string& query = "")
    {
        const auto answered = answer(query);
        EXPECT_EQ(answered.status, 200) << answered.body;
        return json::parse(answered.body);
    }

    static std::vector<std::string> listeners(const json& page)
    {
        std::vector<std::string> ends;
        for (const json& item : page.at("items"))
        {
            ends.push_back(item.at("listener").get<std::string>().substr(34));
        }
        return ends;
    }

    // All pages, one after the other.
    std::vector<std::string> walk(const std::string& query)
    {
        std::vector<std::string> all;
        for (std::string more = "-"; !more.empty();)
        {
            const json next = page(query + (more == "-" ? "" : "&continue=" + more));
            const auto shown = listeners(next);
            all.insert(all.end(), shown.begin(), shown.end());
            more = next.at("continue").get<std::string>();
        }
        return all;
    }

    boost::asio::io_context context;
    test::manual_clock clock{context.get_executor()};
    support::random_engine random{1};
    runtime::work_queue<binding::target> queue{
        {.first = 1s, .cap = 60s, .jitter = 0}, random, 8, &binding::tenant_of
    };
    test::one_cloud credentials;
    binding::binding_index bindings{credentials, [](const auto&) {}, [] {}};
    runtime::object_sink& sink = bindings.scope("");
    std::map<binding::target, binding::target_facts> facts;
    app::debug_sources sources{
        queue,
        bindings,
        credentials,
        [this](const binding::target& of) { return facts.contains(of) ? &facts[of] : nullptr; },
        clock
    };

private:
    int bindings_ = 0;
};

TEST_F(debug_targets, of_an_empty_queue_are_none)
{
    EXPECT_THAT(page().at("items"), IsEmpty());
    EXPECT_EQ(page().at("continue"), "");
}

TEST_F(debug_targets, say_what_they_wait_for_since_when_and_when_they_are_looked_at)
{
    bind("web", 1, "Attached", "");
    bind("api", 1, "Conflict", "shop/web has the default certificate");
    rest(target_of(1), waits_for::person);
    const json item = page().at("items").at(0);
    EXPECT_EQ(item.at("region"), "sao1");
    EXPECT_EQ(item.at("listener"), target_of(1).listener.str());
    EXPECT_EQ(item.at("waitsFor"), "person");
    EXPECT_EQ(item.at("since"), support::format_rfc3339(clock.wall()));
    EXPECT_EQ(item.at("nextLook"), support::format_rfc3339(clock.wall() + 10min));
    EXPECT_EQ(item.at("failures"), 0);
    EXPECT_EQ(item.at("lastError"), "");
    EXPECT_EQ(item.at("bindings"), 2);
    EXPECT_EQ(
        item.at("notReady"),
        json::parse(
            R"([{"name":"shop/api","reason":"Conflict","message":"shop/web has the default certificate",)"
            R"("since":"2026-11-24T01:02:03Z"}])"
        )
    );
}

TEST_F(debug_targets, say_how_often_they_failed_and_what_the_cloud_answered_last)
{
    const auto which = target_of(1);
    queue.add(which, clock.now());
    ASSERT_EQ(queue.take(clock.now()), which);
    queue.finish(which, {.how = kind::retry}, clock.now());
    facts[which].answers.listener = binding::observed<cloud::answer<cloud::listener>>{
        clock.now(),
        std::unexpected(cloud::error{
            .kind = cloud::failure::transient,
            .message = "Octavia answered 503",
            .refs = {},
            .retry_after = {}
        })
    };
    const json item = page().at("items").at(0);
    EXPECT_EQ(item.at("waitsFor"), "retry");
    EXPECT_EQ(item.at("failures"), 1);
    EXPECT_EQ(item.at("lastError"), "Octavia answered 503");
}

TEST_F(debug_targets, in_work_are_shown_as_that)
{
    queue.add(target_of(1), clock.now());
    ASSERT_EQ(queue.take(clock.now()), target_of(1));
    const json item = page().at("items").at(0);
    EXPECT_EQ(item.at("waitsFor"), "work");
    EXPECT_EQ(item.at("since"), support::format_rfc3339(clock.wall()));
    EXPECT_EQ(item.at("nextLook"), nullptr);
}

TEST_F(debug_targets, come_in_pages_in_one_order)
{
    for (const int listener : {3, 5, 1, 4, 2})
    {
        rest(target_of(listener));
    }
    EXPECT_THAT(listeners(page("limit=2")), ElementsAre("01", "02"));
    EXPECT_THAT(walk("limit=2"), ElementsAre("01", "02", "03", "04", "05"));
    EXPECT_THAT(walk("limit=5"), ElementsAre("01", "02", "03", "04", "05"));
}

TEST_F(debug_targets, a_page_goes_on_although_the_last_target_of_the_page_before_has_gone)
{
    for (const int listener : {1, 2, 3})
    {
        rest(target_of(listener));
    }
    const auto more = page("limit=2").at("continue").get<std::string>();
    clock.set(clock.now() + 10min);
    queue.add(target_of(2), {});
    ASSERT_EQ(queue.take(clock.now()), target_of(2));
    queue.finish(target_of(2), {}, clock.now());
    EXPECT_THAT(listeners(page("continue=" + more)), ElementsAre("03"));
}

// The id of a credential is a digest of its content.
TEST_F(debug_targets, of_several_credentials_on_one_listener_come_one_by_one_and_show_no_id)
{
    const support::interned cloud("https://keystone.example/v3?a=b&c");
    for (const char* id : {"canary-a", "canary-b", "canary-c"})
    {
        credentials.give_of_the_same_cloud(id, nullptr);
        binding::target which = target_of(1);
        which.identity = cloud;
        which.credential = support::interned(id);
        rest(which);
    }
    rest(target_of(2));
    EXPECT_THAT(walk("limit=1"), ElementsAre("01", "01", "01", "02"));
    EXPECT_THAT(answer("").body, AllOf(HasSubstr(cloud.str()), Not(HasSubstr("canary"))));
    EXPECT_THAT(answer("limit=2").body, Not(HasSubstr("canary")));
}

TEST_F(debug_targets, are_chosen_by_what_they_wait_for)
{
    rest(target_of(1), waits_for::person);
    rest(target_of(2), waits_for::check);
    rest(target_of(3), waits_for::person);
    EXPECT_THAT(listeners(page("waits_for=person")), ElementsAre("01", "03"));
    EXPECT_THAT(walk("waits_for=person&limit=1"), ElementsAre("01", "03"));
    EXPECT_THAT(listeners(page("waits_for=work")), IsEmpty());
}

// The one thread works on nothing else meanwhile.
TEST_F(debug_targets, a_page_looks_at_a_bounded_number_of_them)
{
    for (int listener = 0; listener < 12'000; ++listener)
    {
        queue.add(target_of(listener), clock.now(), urgency::routine, {waits_for::check, clock.now()});
    }
    queue.add(target_of(12'000), clock.now(), urgency::routine, {waits_for::person, clock.now()});
    const json first = page("waits_for=person");
    EXPECT_THAT(first.at("items"), IsEmpty());
    EXPECT_THAT(
        first.at("continue").get<std::string>(), HasSubstr("%2F11111111-0000-4000-8000-000000004999%2F")
    );
    EXPECT_EQ(walk("waits_for=person").size(), 1U);
    EXPECT_EQ(page("limit=500").at("items").size(), 500U);
}

TEST_F(debug_targets, refuse_other_queries_with_one_line)
{
    const std::map<std::string, std::string> refused{
        {"limit=0", "limit must be a number from 1 to 500\n"},
        {"limit=501", "limit must be a number from 1 to 500\n"},
        {"limit=ten", "limit must be a number from 1 to 500\n"},
        {"waits_for=godot",
         "waits_for must be one of work, worker, step, cloud, turn, retry, person and check\n"},
        {"continue=%", "continue must be the text that the page before gave\n"},
        {"continue=sao1/x/1/", "continue must be the text that the page before gave\n"},
        {"after=1", "the parameters are limit, waits_for and continue\n"}
    };
    for (const auto& [query, message] : refused)
    {
        EXPECT_EQ(answer(query).status, 400) << query;
        EXPECT_EQ(answer(query).body, message) << query;
    }
}

}  // namespace
