// Drift in front of a cloud that attaches single bindings: what somebody removed is made again.
#include "component/bycloud_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using test::refusal;
using json = nlohmann::json;
using reply = test::fake_bycloud::reply;

TEST_F(bycloud, makes_again_what_somebody_removed_and_ever_more_slowly)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto start_of_contest = clock().now();
    while (clock().now() - start_of_contest < 4h)
    {
        if (cloud.binding(certificate, listener) != nullptr)
        {
            cloud.certificate(certificate)["bindings"] = json::array();
        }
        advance(1min);
    }
    EXPECT_LT(cloud.count("POST"), 12U);
    EXPECT_GT(cloud.count("POST"), 3U);
    EXPECT_EQ(kube.ready_reason("web"), "Contested");
}

// The bindings API of a controller answers 404 for a certificate whose last binding somebody removed.
TEST_F(bycloud, makes_again_what_somebody_removed_behind_a_bindings_api)
{
    const auto certificate = cloud.add_certificate();
    cloud.before = [&](const net::http_request& request) -> std::optional<reply> {
        return request.method != "GET" || cloud.binding(certificate, listener) != nullptr
                   ? std::nullopt
                   : std::optional(refusal(404));
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    cloud.certificate(certificate)["bindings"] = json::array();
    ASSERT_TRUE(run_until([&] { return cloud.count("POST") == 2; }, 1h));
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto start_of_contest = clock().now();
    while (clock().now() - start_of_contest < 4h)
    {
        if (cloud.binding(certificate, listener) != nullptr)
        {
            cloud.certificate(certificate)["bindings"] = json::array();
        }
        advance(1min);
    }
    EXPECT_LT(cloud.count("POST"), 12U);
    EXPECT_GT(cloud.count("POST"), 3U);
    EXPECT_EQ(kube.ready_reason("web"), "Contested");
    // Only the answer to the request tells that the certificate itself is gone.
    cloud.delete_certificate(certificate);
    EXPECT_TRUE(becomes("web", "CertificateNotFound", 3h));
}

TEST_F(bycloud, writes_little_where_somebody_else_overwrites_each_status)
{
    start();
    bind("web", cloud.add_certificate());
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto written = kube.writes.size();
    for (int second = 0; second < 600; ++second)
    {
        if (!status_of("web")["attachments"].empty())
        {
            kube.update("web", [](auto& object) { object["status"]["attachments"] = json::array(); });
        }
        advance(1s);
    }
    EXPECT_GE(kube.writes.size() - written, 5U);
    EXPECT_LE(kube.writes.size() - written, 12U);
    advance(5min);
    EXPECT_EQ(status_of("web")["attachments"].size(), 1U) << "who comes last is answered, too";
    EXPECT_EQ(cloud.count("POST"), 1U);
}

}  // namespace
