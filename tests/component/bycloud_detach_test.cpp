// Detaching from a cloud that attaches single bindings, and from one that cannot detach.
#include "component/bycloud_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using test::refusal;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using json = nlohmann::json;
using reply = test::fake_bycloud::reply;

TEST_F(bycloud, removes_the_binding_with_the_object)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
    EXPECT_THAT(events(), Not(Contains("RefsOrphaned")));
}

TEST_F(bycloud, says_that_the_cloud_cannot_detach_and_names_the_ways_out)
{
    cloud.knows_delete = false;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported"));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_THAT(kube.message("web"), HasSubstr("Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon"));
    // By hand, in the cloud's console.
    cloud.certificate(certificate)["bindings"] = json::array();
    EXPECT_TRUE(goes("web"));
}

// What a router answers for a path that it does not know, and a proxy for a server that is away.
const net::http_response page_not_found{404, {{"Content-Type", "text/plain"}}, "404 page not found"};

TEST_F(bycloud, says_that_the_cloud_cannot_detach_if_it_knows_no_path_for_it)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    std::vector<support::time_point> removals;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method != "DELETE")
        {
            return std::nullopt;
        }
        removals.push_back(clock().now());
        return page_not_found;
    };
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported", 10s));
    EXPECT_THAT(kube.message("web"), HasSubstr("knows no path that removes a binding"));
    EXPECT_THAT(kube.message("web"), HasSubstr("Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon"));
    EXPECT_EQ(removals.size(), 2U);
    advance(5h);
    for (std::size_t i = 2; i < removals.size(); ++i)
    {
        EXPECT_TRUE(
            removals[i] - removals[i - 1] > removals[i - 1] - removals[i - 2] ||
            removals[i] - removals[i - 1] >= 1h
        ) << "removal "
          << i;
    }
    EXPECT_GE(removals.size(), 15U);
    EXPECT_LT(removals.size(), 20U);
    EXPECT_EQ(kube.ready_reason("web"), "DetachNotSupported");
    // By hand, in the cloud's console.
    cloud.certificate(certificate)["bindings"] = json::array();
    EXPECT_TRUE(goes("web"));
}

TEST_F(bycloud, does_not_take_one_page_of_a_proxy_for_a_cloud_that_cannot_detach)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    int pages = 1;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return request.method == "DELETE" && pages-- > 0
                   ? std::optional(test::fake_bycloud::reply(page_not_found))
                   : std::nullopt;
    };
    kube.remove("web");
    std::set<std::string> reasons;
    ASSERT_TRUE(run_until(
        [&] {
            const bool exists = kube.exists("web");
            reasons.insert(exists ? kube.ready_reason("web") : "");
            return !exists;
        },
        10s
    ));
    EXPECT_THAT(reasons, Not(Contains("DetachNotSupported")));
    EXPECT_EQ(cloud.bindings(), 0U);
}

TEST_F(bycloud, removes_what_has_no_answer_ever_more_slowly)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool fails = true;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        return fails && request.method == "DELETE"
                   ? std::optional(test::fake_bycloud::reply(net::http_response{500, {}, ""}))
                   : std::nullopt;
    };
    kube.remove("web");
    advance(30min);
    EXPECT_LT(cloud.count("DELETE"), 35U);
    EXPECT_GT(cloud.count("DELETE"), 25U);
    fails = false;
    EXPECT_TRUE(goes("web"));
}

TEST_F(bycloud, lets_go_of_what_the_cloud_cannot_detach_if_the_object_asks)
{
    cloud.knows_delete = false;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.remove("web");
    ASSERT_TRUE(becomes("web", "DetachNotSupported"));
    kube.update("web", [](json& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 1U);
}

// unanswered-writes: no 404 of the certificate ends the doubt about a request that may still take effect.
TEST_F(bycloud, stays_until_a_lost_request_can_do_nothing_more_behind_a_404)
{
    const auto certificate = cloud.add_certificate();
    support::time_point sent{};
    bool takes_effect = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "POST")
        {
            sent = clock().now();
            return net::http_response{504, {{"Content-Type", "text/html"}}, "gateway timeout"};
        }
        return request.method == "GET" && !takes_effect ? std::optional(refusal(404)) : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return sent != support::time_point{}; }));
    advance(1s);
    kube.remove("web");
    advance(15s);
    ASSERT_TRUE(kube.exists("web"));
    takes_effect = true;
    cloud.certificate(certificate)["bindings"].push_back(
        {{"id", test::numbered_id(0xbe, 1)},
         {"crn", "crn:x"},
         {"resource_type", "octavia:listener"},
         {"resource_id", listener},
         {"options", {{"sni", false}}},
         {"status", "active"}}
    );
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

// One read may be old: the removal did not reach the cloud, and the read shows a state from before the
// binding.
TEST_F(bycloud, removes_what_one_old_read_does_not_show)
{
    const auto certificate = cloud.add_certificate();
    const json empty{{"certificate", cloud.certificate(certificate)}};
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool is_lost = false;
    bool is_old = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "DELETE" && !std::exchange(is_lost, true))
        {
            is_old = true;
            return net::http_response{504, {{"Content-Type", "text/html"}}, "gateway timeout"};
        }
        return request.method == "GET" && std::exchange(is_old, false)
                   ? std::optional<reply>(
                         net::http_response{200, {{"Content-Type", "application/json"}}, empty.dump()}
                     )
                   : std::nullopt;
    };
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
    EXPECT_EQ(cloud.count("DELETE"), 2U);
}

// proven-gone
TEST_F(bycloud, believes_that_a_certificate_is_gone_after_two_answers)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.delete_certificate(certificate);
    const auto asked_before = cloud.requests.size();
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    std::vector<support::time_point> reads;
    for (auto it = cloud.requests.begin() + static_cast<std::ptrdiff_t>(asked_before);
         it != cloud.requests.end();
         ++it)
    {
        if (it->line.starts_with("GET"))
        {
            reads.push_back(it->at);
        }
    }
    ASSERT_GE(reads.size(), 2U);
    EXPECT_GE(reads.back() - reads.front(), 5s);
}

TEST_F(bycloud, keeps_the_finalizer_while_the_cloud_is_silent)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    bool silent = true;
    cloud.before = [&](const net::http_request&) -> std::optional<test::fake_bycloud::reply> {
        return silent ? std::optional(
                            test::fake_bycloud::reply(net::http_response{404, {}, "<html>not here</html>"})
                        )
                      : std::nullopt;
    };
    kube.remove("web");
    advance(30min);
    ASSERT_TRUE(kube.exists("web")) << "a page of a proxy is no answer";
    EXPECT_EQ(kube.ready_reason("web"), "Detaching") << "it does not say that there is no such call";
    EXPECT_THAT(kube.message("web"), HasSubstr("ByCloud answers 404 for certificate " + certificate));
    silent = false;
    EXPECT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

}  // namespace
