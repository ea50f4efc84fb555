// Refusals of a cloud that attaches single bindings, and what stays in the ledger (write-ahead).
#include "component/bycloud_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using test::refusal;
using json = nlohmann::json;
using reply = test::fake_bycloud::reply;

// write-ahead: what the cloud itself refused is not attached, so the binding does not claim it any more.
TEST_F(bycloud, takes_its_entry_back_if_the_cloud_itself_refuses)
{
    const std::map<int, std::string> reasons{
        {400, "CertificateRefused"},
        {401, "CredentialsInvalid"},
        {403, "ListenerAccessDenied"},
        {404, "ListenerNotFound"},
        {409, "LoadBalancerBusy"},
        {422, "CertificateRefused"},
    };
    start();
    for (const auto& [status, reason] : reasons)
    {
        const auto name = "b" + std::to_string(status);
        cloud.before = [&, refused = status](const net::http_request& request) -> std::optional<reply> {
            if (request.method != "POST")
            {
                return std::nullopt;
            }
            EXPECT_EQ(kube.attachments(name).size(), 1U) << "each request has its entry before it is sent";
            return refusal(refused);
        };
        const auto asked_before = cloud.count("POST");
        bind(name, cloud.add_certificate(), true);
        ASSERT_TRUE(becomes(name, reason)) << status;
        // A 409 proves it only with two reads.
        ASSERT_TRUE(run_until([&] { return kube.attachments(name).empty() || status != 409; })) << status;
        EXPECT_EQ(kube.attachments(name), json::array()) << status;
        // It is asked again, with an entry, and the same comes of it.
        ASSERT_TRUE(run_until([&] { return cloud.count("POST") == asked_before + 2; }, 2h)) << status;
        ASSERT_TRUE(run_until([&] { return kube.attachments(name).empty(); })) << status;
        kube.remove(name);
        ASSERT_TRUE(goes(name));
    }
    EXPECT_EQ(cloud.count("DELETE"), 0U) << "nothing was attached";
}

// unanswered-writes: what may be attached, or was not sent yet, stays in the ledger.
TEST_F(bycloud, keeps_its_entry_if_no_answer_of_the_cloud_tells_that_nothing_is_attached)
{
    const std::vector<std::pair<std::string, reply>> rows{
        {"b408", refusal(408)},
        {"b429", refusal(429)},
        {"b500", refusal(500)},
        {"page", net::http_response{404, {{"Content-Type", "text/html"}}, "<html>not here</html>"}},
        {"cut", support::fail(support::errc::interrupted, "cut")},
        {"unreachable", support::fail(support::errc::unreachable, "no route to host")},
    };
    start();
    for (const auto& [name, answer] : rows)
    {
        const auto asked_before = cloud.count("POST");
        cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
            return request.method == "POST" ? std::optional(answer) : std::nullopt;
        };
        bind(name, cloud.add_certificate(), true);
        ASSERT_TRUE(run_until([&] { return cloud.count("POST") > asked_before; })) << name;
        advance(1s);
        const auto entries = kube.attachments(name);
        ASSERT_EQ(entries.size(), 1U) << name;
        EXPECT_EQ(entries[0]["confirmed"], false) << name;
        cloud.before = {};
        ASSERT_TRUE(becomes(name, "Attached")) << name;
    }
}

TEST_F(bycloud, keeps_its_entry_after_an_earlier_refusal_if_the_next_answer_is_lost)
{
    int posts = 0;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method != "POST")
        {
            return std::nullopt;
        }
        return ++posts == 1 ? refusal(403) : reply(support::fail(support::errc::interrupted, "cut"));
    };
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return posts == 1 && kube.attachments("web").empty(); }));
    ASSERT_TRUE(run_until([&] { return posts == 2; }));
    advance(1s);
    // It has an obstacle now.
    cloud.certificate(certificate)["status"] = "pending_issuance";
    advance(2min);
    EXPECT_EQ(kube.ready_reason("web"), "CertificateNotActive");
    EXPECT_EQ(kube.attachments("web").size(), 1U) << "the second request had no answer";
}

// What the cloud has shown is not forgotten before a proof, although it was never active.
TEST_F(bycloud, keeps_the_entry_of_a_pending_binding_that_one_read_does_not_show)
{
    const json missing{{"error", {{"code", 404}, {"message", "not found"}, {"request_id", "req-1"}}}};
    for (const bool shows_certificate : {true, false})
    {
        const auto certificate = cloud.add_certificate();
        const std::string name = shows_certificate ? "stale" : "missing";
        const std::string to = test::numbered_id(0xbb, shows_certificate ? 1 : 2);
        json empty = cloud.certificate(certificate);
        cloud.certificate(certificate)["bindings"].push_back(
            {{"id", test::numbered_id(0xbe, shows_certificate ? 1 : 2)},
             {"crn", "crn:x"},
             {"resource_type", "octavia:listener"},
             {"resource_id", to},
             {"options", {{"sni", false}}},
             {"status", "pending"}}
        );
        int stale_reads = 0;
        cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
            if (request.method == "POST")
            {
                return refusal(409);
            }
            if (stale_reads == 0 || request.method != "GET")
            {
                return std::nullopt;
            }
            --stale_reads;
            const json body = shows_certificate ? json{{"certificate", empty}} : missing;
            return net::http_response{
                shows_certificate ? 200 : 404, {{"Content-Type", "application/json"}}, body.dump()
            };
        };
        if (!running)
        {
            start();
        }
        kube.create({.name = name, .certificate = certificate, .listener = to});
        ASSERT_TRUE(run_until([&] { return kube.exists(name) && kube.attachments(name).size() == 1; }))
            << name;
        const auto entry = kube.attachments(name);
        const auto asked_before = cloud.count("POST");
        stale_reads = 1;
        advance(1min);
        EXPECT_EQ(stale_reads, 0) << name;
        EXPECT_EQ(cloud.count("POST"), asked_before) << name;
        EXPECT_EQ(kube.attachments(name), entry) << name;
        kube.remove(name);
        ASSERT_TRUE(goes(name)) << name;
        EXPECT_EQ(cloud.bindings(), 0U) << name;
    }
}

// The binding that a lost request made is there, and one read of an old state follows the 409 that says so.
TEST_F(bycloud, keeps_its_entry_after_a_409_that_one_old_read_seems_to_confirm)
{
    const auto certificate = cloud.add_certificate();
    const json empty{{"certificate", cloud.certificate(certificate)}};
    int posts = 0;
    bool is_old = true;  // what the reads show
    std::size_t fewest = 1;
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        if (request.method == "POST")
        {
            return ++posts == 1 ? std::nullopt : std::optional(refusal(409));
        }
        return request.method == "GET" && is_old
                   ? std::optional<reply>(
                         net::http_response{200, {{"Content-Type", "application/json"}}, empty.dump()}
                     )
                   : std::nullopt;
    };
    cloud.after = [&](const net::http_request& request) -> std::optional<reply> {
        return request.method == "POST"
                   ? std::optional<reply>(support::fail(support::errc::interrupted, "cut"))
                   : std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] {
        fewest = posts == 0 ? 1 : std::min(fewest, kube.attachments("web").size());
        return posts == 5;
    }));
    EXPECT_EQ(fewest, 1U) << "an earlier request had no answer";
    is_old = false;
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

}  // namespace
