// The whole controller in front of a cloud that attaches single bindings: attaching, rotation, limits.
#include "component/bycloud_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using testing::Contains;
using testing::HasSubstr;
using json = nlohmann::json;

// ---- attach ----

TEST_F(bycloud, attaches_and_reports_what_the_cloud_calls_it)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const json& shown = *cloud.binding(certificate, listener);
    const auto status = status_of("web");
    EXPECT_EQ(status["state"], "active");
    EXPECT_EQ(status["errorMessage"], "");
    EXPECT_EQ(status["id"], shown["id"]);
    EXPECT_EQ(status["crn"], shown["crn"]);
    EXPECT_EQ(status["createdAt"], shown["created_at"]);
    EXPECT_EQ(status["updatedAt"], shown["updated_at"]);
    EXPECT_EQ(status["certificate"]["status"], "active");
    EXPECT_EQ(status["cloud"]["identity"], "http://api.example");
    EXPECT_EQ(
        status["attachments"],
        json::array(
            {{{"containerRef",
               "/v1/certificates/" + certificate + "/bindings/" + shown["id"].get<std::string>()},
              {"slot", "default"},
              {"confirmed", true}}}
        )
    );
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_EQ(cloud.count("GET"), 2U) << "one to see the certificate, one to read the binding back";
}

// write-ahead
TEST_F(bycloud, has_finalizer_and_ledger_written_before_the_cloud_is_asked)
{
    const auto certificate = cloud.add_certificate();
    bool seen = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "POST")
        {
            seen = true;
            EXPECT_THAT(
                kube.object("web")["metadata"]["finalizers"], Contains("certificates.bycloud.io/detach")
            );
            EXPECT_EQ(kube.attachments("web")[0]["confirmed"], false);
        }
        return std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_TRUE(seen);
}

TEST_F(bycloud, polls_a_binding_that_is_pending)
{
    cloud.first_status = "pending";
    cloud.pending_for = 40s;
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Progressing"));
    ASSERT_TRUE(run_until([&] { return status_of("web")["id"] != kube.object("web")["metadata"]["uid"]; }));
    EXPECT_EQ(status_of("web")["state"], "pending");
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_LT(cloud.count("GET"), 12U);
    EXPECT_EQ(cloud.count("POST"), 1U);
}

TEST_F(bycloud, tells_the_words_of_a_binding_that_failed)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    (*cloud.binding(certificate, listener))["status"] = "error";
    (*cloud.binding(certificate, listener))["error_message"] = "the listener has no room";
    ASSERT_TRUE(becomes("web", "CertificateRefused", 1h));
    EXPECT_EQ(status_of("web")["state"], "error");
    EXPECT_EQ(status_of("web")["errorMessage"], "the listener has no room");
}

TEST_F(bycloud, waits_for_a_certificate_and_names_the_records_that_are_missing)
{
    const auto certificate = cloud.add_certificate("pending_dns");
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_EQ(status_of("web")["state"], "pending");
    EXPECT_THAT(
        kube.message("web"), HasSubstr("_acme-challenge.shop.example CNAME shop.example.acme.bycloud.io")
    );
    EXPECT_EQ(cloud.count("POST"), 0U);
    cloud.certificate(certificate)["status"] = "active";
    EXPECT_TRUE(becomes("web", "Attached"));
}

TEST_F(bycloud, says_what_each_status_of_a_certificate_means)
{
    const std::vector<std::array<std::string, 3>> rows{
        {"pending_dns", "CertificateNotActive", "pending"},
        {"pending_issuance", "CertificateNotActive", "pending"},
        {"expired", "CertificateExpired", "error"},
        {"error", "CertificateNotActive", "error"},
        {"revoked", "CertificateNotActive", "error"},
        {"renewing", "CertificateNotActive", "pending"},
    };
    start();
    for (const auto& [status, reason, state] : rows)
    {
        const auto name = "b-" + status;
        kube.create(
            {.name = name, .certificate = cloud.add_certificate(status), .listener = listener, .sni = true}
        );
        ASSERT_TRUE(becomes(name, reason)) << status;
        EXPECT_EQ(kube.state(name), state) << status;
    }
    EXPECT_EQ(cloud.count("POST"), 0U);
}

TEST_F(bycloud, names_a_certificate_that_is_not_there)
{
    start();
    bind("web", "00000000-0000-4000-8000-00000000dead");
    ASSERT_TRUE(becomes("web", "CertificateNotFound"));
    EXPECT_EQ(kube.state("web"), "pending") << "it may still be created";
    EXPECT_TRUE(status_of("web")["attachments"].empty()) << "nothing is claimed";
    EXPECT_TRUE(run_until([&] { return kube.state("web") == "error"; }));
    EXPECT_LT(cloud.requests.size(), 20U);
}

// The bindings API of a controller does so.
TEST_F(bycloud, binds_a_certificate_that_the_cloud_shows_only_where_it_is_bound)
{
    const auto certificate = cloud.add_certificate();
    const auto other = cloud.add_certificate();
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        const bool is_bound =
            cloud.binding(request.target.contains(other) ? other : certificate, listener) != nullptr;
        if (request.method != "GET" || is_bound)
        {
            return std::nullopt;
        }
        const json error{{"error", {{"code", 404}, {"message", "no binding names the certificate"}}}};
        return net::http_response{404, {{"Content-Type", "application/json"}}, error.dump()};
    };
    start();
    bind("web", certificate, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = other; });
    ASSERT_TRUE(run_until([&] { return cloud.binding(certificate, listener) == nullptr; }));
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(status_of("web")["id"], (*cloud.binding(other, listener))["id"]);
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    EXPECT_EQ(cloud.bindings(), 0U);
}

// ---- rotation ----

// gapless-rotation
TEST_F(bycloud, binds_the_new_certificate_before_the_old_binding_goes)
{
    const auto before = cloud.add_certificate();
    const auto after = cloud.add_certificate();
    start();
    bind("web", before);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "DELETE")
        {
            EXPECT_NE(cloud.binding(after, listener), nullptr);
        }
        return std::nullopt;
    };
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = after; });
    ASSERT_TRUE(run_until([&] { return cloud.binding(before, listener) == nullptr; }));
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(run_until([&] { return kube.attachments("web").size() == 1; }));
    EXPECT_EQ(status_of("web")["id"], (*cloud.binding(after, listener))["id"]);
    EXPECT_EQ(status_of("web")["observedGeneration"], 2);
    EXPECT_EQ(kube.state("web"), "active");
}

TEST_F(bycloud, keeps_the_old_binding_until_the_new_certificate_is_active)
{
    const auto before = cloud.add_certificate();
    const auto after = cloud.add_certificate("pending_issuance");
    start();
    bind("web", before);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [&](json& object) { object["spec"]["certificateId"] = after; });
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_NE(cloud.binding(before, listener), nullptr);
    cloud.certificate(after)["status"] = "active";
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.binding(before, listener), nullptr);
}

TEST_F(bycloud, changes_the_option_by_a_new_binding)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [&](json& object) { object["spec"]["options"]["sni"] = true; });
    ASSERT_TRUE(run_until([&] {
        const auto* shown = cloud.binding(certificate, listener);
        return shown != nullptr && (*shown)["options"]["sni"] == true;
    }));
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(cloud.bindings(), 1U);
}

// ---- limits ----

TEST_F(bycloud, never_meets_a_limit_with_a_thousand_bindings)
{
    constexpr int many = 1000;
    constexpr int of_one_certificate = 20;
    const support::log_capture quiet;
    kube.swallow_events = true;
    cloud.minute_limit = 60;
    cloud.hour_limit = 1000;
    std::string certificate;
    start();
    for (int i = 0; i < many; ++i)
    {
        certificate = i % of_one_certificate == 0 ? cloud.add_certificate() : certificate;
        kube.create(
            {.name = "b" + std::to_string(i),
             .certificate = certificate,
             .listener = test::numbered_id(0x9000, i),
             .sni = true}
        );
    }
    const auto begin = clock().now();
    const auto active = [&] {
        return std::ranges::count_if(kube.objects(), [&](const auto& entry) {
            return kube.state(entry.first) == "active";
        });
    };
    while (active() < many && clock().now() - begin < 4h)
    {
        advance(1min);
    }
    EXPECT_EQ(active(), many);
    EXPECT_EQ(cloud.refused(), 0U);
    EXPECT_EQ(cloud.count("POST"), std::size_t{many});
    EXPECT_LT(cloud.count("GET"), std::size_t{many}) << "one read shows all bindings of a certificate";
    EXPECT_LT(clock().now() - begin, 100min) << "a thousand requests an hour";
    // A deletion does not wait for what is only verified.
    advance(30min);
    const auto removed_at = clock().now();
    kube.remove("b7");
    ASSERT_TRUE(run_until([&] { return !kube.exists("b7"); }, 5min));
    EXPECT_LT(clock().now() - removed_at, 10s);
    advance(2h);
    EXPECT_EQ(cloud.refused(), 0U);
    EXPECT_EQ(active(), many - 1);
}

}  // namespace
