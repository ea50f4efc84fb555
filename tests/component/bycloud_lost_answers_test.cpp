// Lost answers of a cloud that attaches single bindings (unanswered-writes), crashes, and a cloud that fails
// for a moment.
#include "component/bycloud_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using json = nlohmann::json;

// unanswered-writes: the answer is lost, and the binding is there.
TEST_F(bycloud, finds_a_binding_whose_answer_was_lost)
{
    const auto certificate = cloud.add_certificate();
    bool lost = false;
    cloud.after = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "POST" && !std::exchange(lost, true)
                   ? std::optional(test::fake_bycloud::reply(support::fail(support::errc::interrupted, "cut"))
                     )
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_EQ(cloud.bindings(), 1U);
}

// unanswered-writes: the answer is lost, and a second request waits until the first can do nothing more.
TEST_F(bycloud, does_not_ask_again_while_a_lost_request_may_take_effect)
{
    const auto certificate = cloud.add_certificate();
    bool lost = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "POST" && !std::exchange(lost, true)
                   ? std::optional(test::fake_bycloud::reply(support::fail(support::errc::interrupted, "cut"))
                     )
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    std::vector<support::time_point> posts;
    for (const auto& request : cloud.requests)
    {
        if (request.line.starts_with("POST"))
        {
            posts.push_back(request.at);
        }
    }
    ASSERT_EQ(posts.size(), 2U);
    EXPECT_GE(posts[1] - posts[0], 30s);
}

// verified-ready: the answer alone is not enough.
TEST_F(bycloud, is_not_ready_before_a_read_shows_the_binding)
{
    const auto certificate = cloud.add_certificate();
    bool hides = true;
    cloud.after = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method != "GET" || !hides)
        {
            return std::nullopt;
        }
        json answer{{"certificate", cloud.certificate(certificate)}};
        answer["certificate"]["bindings"] = json::array();
        return net::http_response{200, {{"Content-Type", "application/json"}}, answer.dump()};
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return cloud.bindings() == 1; }));
    advance(20s);
    EXPECT_EQ(kube.ready_reason("web"), "Progressing");
    hides = false;
    EXPECT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
}

TEST_F(bycloud, goes_on_after_a_crash_at_any_request)
{
    for (int crash_at = 1; crash_at <= 6; ++crash_at)
    {
        const auto certificate = cloud.add_certificate();
        const auto name = "web" + std::to_string(crash_at);
        int requests = 0;
        bool dies = false;
        cloud.after = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
            dies = dies || ++requests == crash_at;
            return std::nullopt;
        };
        start();
        kube.create({.name = name, .certificate = certificate, .listener = listener, .sni = true});
        (void)run_until([&] { return dies || kube.ready_reason(name) == "Attached"; }, 2min);
        kube.remove(name);
        (void)run_until([&] { return dies || !kube.exists(name); }, 2min);
        crash();
        cloud.after = {};
        start();
        ASSERT_TRUE(goes(name)) << crash_at;
        EXPECT_EQ(cloud.bindings(), 0U) << "a crash at request " << crash_at << " leaves nothing behind";
        crash();
        running.reset();
    }
}

TEST_F(bycloud, stays_ready_while_the_cloud_fails_for_a_moment)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto writes = kube.writes.size();
    bool fails = true;
    cloud.before = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
        return fails ? std::optional(test::fake_bycloud::reply(net::http_response{503, {}, ""}))
                     : std::nullopt;
    };
    advance(20min);
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(kube.writes.size(), writes);
    EXPECT_TRUE(becomes("web", "CloudUnavailable", 2h));
    fails = false;
    EXPECT_TRUE(becomes("web", "Attached", 1h));
}

}  // namespace
