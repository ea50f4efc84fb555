// The times of requests and changes, and faults on demand.
#include "cloudsim/cloud/lab.hpp"
#include "cloudsim/control/json.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class exchanges_test : public lab
{
protected:
    const control::certificate first_ = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    const control::certificate second_ = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    const std::string balancer_ = sim.add_load_balancer({.project = project_a});
    const std::string listener_ = sim.add_listener({.load_balancer = balancer_, .default_ref = first_.ref});

    asked put_second(const std::string& token) const
    {
        return {
            .method = "PUT",
            .url = listener_url(listener_),
            .token = token,
            .body = json({{"listener", {{"default_tls_container_ref", second_.ref}}}}).dump()
        };
    }
    asked read() const { return {.method = "GET", .url = listener_url(listener_), .token = token_a}; }
};

TEST_F(exchanges_test, while_a_put_looks_at_its_refs_the_old_state_is_shown_as_active)
{
    sim.set({{"put_base_ms", 900}, {"put_per_ref_ms", 100}});
    const auto id = send(put_second(token_a));
    advance(999ms);
    EXPECT_FALSE(answer_to(id));
    const auto shown = ask_json(read())["listener"];
    EXPECT_EQ(shown["default_tls_container_ref"], first_.ref);
    EXPECT_EQ(shown["provisioning_status"], "ACTIVE");
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    advance(1ms);
    ASSERT_TRUE(answer_to(id));
    EXPECT_EQ(sim.get_listener(listener_).default_ref, second_.ref);
}

TEST_F(exchanges_test, a_put_lands_although_its_client_has_gone)
{
    sim.set({{"put_base_ms", 3600}});
    const auto id = send(put_second(token_a));
    advance(300ms);
    abandon(id);
    const auto retry = send(put_second(token_a));
    advance(3300ms);
    EXPECT_FALSE(answer_to(id));
    EXPECT_EQ(sim.get_listener(listener_).default_ref, second_.ref);
    settle();
    EXPECT_EQ(answer_to(retry)->status, 200) << "the first was done by then";
    EXPECT_TRUE(sim.log({.method = "PUT"})[0].client_gone);
}

TEST_F(exchanges_test, a_blind_retry_meets_the_lock)
{
    sim.set({{"put_base_ms", 3600}, {"pending_ms", 5000}});
    const auto id = send(put_second(token_a));
    advance(300ms);
    abandon(id);
    EXPECT_EQ(ask(put_second(token_a)).status, 409);
}

TEST_F(exchanges_test, of_puts_at_once_one_gets_the_lock)
{
    sim.set({{"put_base_ms", 100}});
    std::vector<exchange_id> ids;
    for (int i = 0; i < 4; ++i)
    {
        ids.push_back(send(put_second(token_a)));
    }
    settle();
    std::vector<int> statuses;
    for (const auto id : ids)
    {
        statuses.push_back(answer_to(id)->status);
    }
    EXPECT_THAT(statuses, ElementsAre(200, 409, 409, 409));
}

struct time_row
{
    std::size_t refs;
    duration measured;
};

TEST_F(exchanges_test, the_measured_times_are_those_of_the_real_octavia)
{
    const time_row rows[] = {{1, 230ms}, {10, 630ms}, {50, 2500ms}, {100, 7400ms}, {200, 23200ms}};
    sim.set({{"measured_times", true}});
    const auto time = [&](const json& change) {
        const auto before = now().monotonic;
        EXPECT_EQ(put(listener_, change).status, 200);
        const auto taken = now().monotonic - before;
        settle();
        return std::chrono::duration<double>(taken).count();
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.refs);
        std::vector<std::string> refs;
        for (std::size_t i = 0; i < row.refs; ++i)
        {
            refs.push_back("http://host-" + std::to_string(i) + "/v1/secrets/" + first_.id);
        }
        const auto measured = std::chrono::duration<double>(row.measured).count();
        EXPECT_NEAR(time({{"sni_container_refs", refs}}), measured, 0.25 * measured);
    }
    EXPECT_NEAR(time({{"name", "x"}}), 8.3, 0.25 * 8.3) << "a change of the name pays for what is there";
}

struct hold_row
{
    const char* when;
    bool stored_while_held;
    bool stored_if_discarded;
};

TEST_F(exchanges_test, a_put_is_held_before_it_is_seen_before_it_is_stored_or_before_it_is_answered)
{
    const hold_row rows[] = {{"before", false, false}, {"during", false, false}, {"after", true, true}};
    for (const auto& row : rows)
    {
        for (const bool discard : {false, true})
        {
            SCOPED_TRACE(std::string(row.when) + (discard ? " discarded" : " released"));
            sim.set_listener_refs(listener_, first_.ref, {});
            sim.hold({.service = "load-balancer", .method = "PUT", .path = listener_, .when = row.when});
            const auto id = send(put_second(token_a));
            advance(1min);
            EXPECT_FALSE(answer_to(id));
            ASSERT_EQ(sim.held().size(), 1U);
            EXPECT_EQ(sim.held()[0].when, row.when);
            EXPECT_EQ(sim.get_listener(listener_).default_ref == second_.ref, row.stored_while_held);

            EXPECT_EQ(sim.release(discard), 1U);

            const auto answer = answer_to(id);
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->how, discard ? delivery::dropped : delivery::whole);
            EXPECT_EQ(
                sim.get_listener(listener_).default_ref == second_.ref, !discard || row.stored_if_discarded
            );
            settle();
        }
    }
}

TEST_F(exchanges_test, a_held_put_whose_client_was_killed_lands_when_it_is_released)
{
    sim.hold({.method = "PUT"});
    const auto id = send(put_second(token_a));
    abandon(id);
    EXPECT_EQ(sim.get_listener(listener_).default_ref, first_.ref);
    sim.release();
    EXPECT_EQ(sim.get_listener(listener_).default_ref, second_.ref);
    EXPECT_FALSE(answer_to(id));
}

TEST_F(exchanges_test, a_rule_is_for_the_kth_of_its_kind)
{
    sim.fail({.service = "load-balancer", .method = "GET", .skip = 1, .times = 2}, {.status = 502});
    std::vector<int> statuses;
    for (int i = 0; i < 5; ++i)
    {
        statuses.push_back(ask(read()).status);
    }
    EXPECT_THAT(statuses, ElementsAre(200, 502, 502, 200, 200));
    sim.fail(
        {.service = "key-manager", .times = std::nullopt}, {.status = 429, .headers = {{"Retry-After", "7"}}}
    );
    EXPECT_EQ(ask(read()).status, 200);
    const auto limited = ask({.method = "GET", .url = first_.ref, .token = token_a});
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(find_header(limited.headers, "Retry-After"), "7");
    sim.remove_rules();
    EXPECT_EQ(ask({.method = "GET", .url = first_.ref, .token = token_a}).status, 200);
}

TEST_F(exchanges_test, a_false_answer_comes_instead_of_the_effect_or_after_it)
{
    sim.fail({.method = "PUT"}, {.status = 504});
    const auto never = ask(put_second(token_a));
    EXPECT_EQ(never.status, 504);
    EXPECT_EQ(find_header(never.headers, "Content-Type"), "text/html");
    EXPECT_EQ(sim.get_listener(listener_).default_ref, first_.ref);

    sim.fail({.method = "PUT", .when = "after"}, {.status = 504});
    EXPECT_EQ(ask(put_second(token_a)).status, 504);
    EXPECT_EQ(sim.get_listener(listener_).default_ref, second_.ref);
}

TEST_F(exchanges_test, an_answer_is_dropped_or_cut_or_late)
{
    sim.drop({.method = "PUT", .when = "after"});
    EXPECT_EQ(ask(put_second(token_a)).how, delivery::dropped);
    EXPECT_EQ(sim.get_listener(listener_).default_ref, second_.ref);

    sim.cut({.method = "GET"}, 20);
    const auto cut = ask(read());
    EXPECT_EQ(cut.how, delivery::cut);
    EXPECT_EQ(cut.cut_at, 20U);
    EXPECT_GT(cut.body.size(), 1000U);

    sim.delay({.method = "GET"}, 7s);
    const auto before = now().monotonic;
    EXPECT_EQ(ask(read()).status, 200);
    EXPECT_EQ(now().monotonic - before, 7s);
}

TEST_F(exchanges_test, a_service_that_is_down_is_not_reached)
{
    sim.set({{"down", {"load-balancer"}}});
    EXPECT_EQ(ask(read()).how, delivery::refused);
    EXPECT_EQ(ask({.method = "GET", .url = first_.ref, .token = token_a}).status, 200);
    EXPECT_EQ(
        ask({.method = "GET", .url = "http://127.0.0.1:1/v2", .token = token_a}).how, delivery::refused
    );
}

TEST_F(exchanges_test, connections_may_end_with_each_answer)
{
    sim.set({{"connection_close", true}});
    EXPECT_TRUE(ask(read()).close);
}

TEST_F(exchanges_test, everything_is_behind_the_latency)
{
    sim.set({{"latency_ms", 25}});
    for (const auto& question : {read(), asked{.method = "GET", .url = first_.ref, .token = "none"}})
    {
        const auto before = now().monotonic;
        ask(question);
        EXPECT_EQ(now().monotonic - before, 25ms);
    }
}

TEST_F(exchanges_test, the_log_tells_everything_in_order_and_no_secret)
{
    const auto since = sim.last_sequence();
    const auto token = application_token();
    ask(
        {.method = "PUT",
         .url = key_manager("/v1/secrets/" + first_.id),
         .token = token,
         .body = "payload-canary"}
    );
    ask(put_second(token));
    settle();

    std::vector<std::string> lines;
    for (const auto& entry : sim.log({}, since))
    {
        lines.push_back(entry.service + " " + entry.method + " " + std::to_string(entry.status.value_or(0)));
    }
    EXPECT_THAT(lines, ElementsAre("identity POST 201", "key-manager PUT 415", "load-balancer PUT 200"));
    EXPECT_EQ(
        sim.log({.service = "load-balancer"}, since)[0].body["listener"]["default_tls_container_ref"],
        second_.ref
    );
    EXPECT_EQ(sim.puts(since), 1U);
    const auto all = json(sim.log()).dump();
    for (const auto& secret : {token, token_a, credential.secret, std::string("payload-canary")})
    {
        EXPECT_THAT(all, testing::Not(HasSubstr(secret)));
    }
}

TEST_F(exchanges_test, what_a_test_cannot_mean_is_refused)
{
    EXPECT_THROW(sim.set({{"pending", 1}}), control_error);
    EXPECT_THROW(sim.hold({.when = "sometimes"}), control_error);
    EXPECT_THROW(sim.add_rule({{}, "explode"}), control_error);
    EXPECT_THROW(sim.set_listener_status("11111111-2222-4333-8444-555555555555", "ACTIVE"), control_error);
    EXPECT_THROW(sim.add_certificate({.project = "nobody"}), control_error);
    EXPECT_THROW(sim.add_certificate({.project = project_a, .region = "nowhere"}), control_error);
}

TEST(determinism, the_same_calls_give_the_same_cloud)
{
    const auto run = [] {
        instant now{.monotonic = time_point(1h), .wall = wall_time(std::chrono::days(20000))};
        cloud c({}, now);
        const control sim(c, [&] { return now; });
        const auto project = sim.add_project("p");
        sim.add_user("u", project);
        const auto certificate = sim.add_certificate({.project = project});
        const auto balancer = sim.add_load_balancer({.project = project});
        sim.add_listener({.load_balancer = balancer, .default_ref = certificate.ref});
        return json(sim.history()).dump();
    };
    EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace cloudsim::test
