// Drift in front of a cloud that attaches single bindings: what somebody removed is made again.
#include "component/bycloud_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

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

// A Secret that is read after the binding gives it another target.
TEST_F(bycloud, answers_a_foreign_status_at_once_though_the_credential_came_after_the_binding)
{
    start();
    kube.create(
        {.name = "web", .certificate = cloud.add_certificate(), .listener = listener, .secret = "cloud"}
    );
    ASSERT_TRUE(becomes("web", "CredentialsMissing"));
    kube.set_secret("cloud", {{"clouds.yaml", "clouds: {}"}});
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [](auto& object) { object["status"]["attachments"] = json::array(); });
    EXPECT_TRUE(run_until([&] { return status_of("web")["attachments"].size() == 1; }, 500ms));
}

// The watch shows each write before its answer.
TEST_F(bycloud, takes_its_own_writes_for_no_foreign_ones)
{
    class late_answers final : public test::kube_through
    {
    public:
        late_answers(kube::client& next, support::clock& clock) : kube_through(next), clock_(clock) {}
        support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
        ) override
        {
            auto answer = co_await kube_through::patch(std::move(request));
            co_await clock_.sleep_for(20ms);
            co_return answer;
        }

    private:
        support::clock& clock_;
    };
    late_answers late(kube, clock());
    start_with(late);
    bind("web", cloud.add_certificate());
    ASSERT_TRUE(becomes("web", "Attached"));
    kube.update("web", [](auto& object) { object["status"]["attachments"] = json::array(); });
    EXPECT_TRUE(run_until([&] { return status_of("web")["attachments"].size() == 1; }, 500ms));
    crash();
}

TEST_F(bycloud, is_not_driven_by_somebody_who_overwrites_what_no_ledger_tells_of)
{
    const auto certificate = cloud.add_certificate();
    cloud.certificate(certificate)["status"] = "PENDING";
    start();
    bind("web", certificate);
    ASSERT_TRUE(run_until([&] { return kube.ready_reason("web") == "CertificateNotActive"; }, 10min));
    const auto written = kube.writes.size();
    for (int second = 0; second < 600; ++second)
    {
        kube.update("web", [](auto& object) { object["status"] = json::object(); });
        advance(1s);
    }
    EXPECT_LT(kube.writes.size() - written, 60U);
}

// The change of one binding ends the conflict of another, which its pass looked at before.
TEST_F(bycloud, attaches_the_older_one_soon_after_the_younger_holder_was_edited)
{
    const auto wanted_by_both = cloud.add_certificate();
    const auto other = cloud.add_certificate();
    start();
    kube.create(
        {.name = "older", .certificate = other, .listener = listener, .sni = true, .age_seconds = 3600}
    );
    bind("younger", wanted_by_both, true);
    ASSERT_TRUE(becomes("older", "Attached"));
    ASSERT_TRUE(becomes("younger", "Attached"));
    const auto edit = [&](const std::string& name, const std::string& certificate) {
        kube.update(name, [&](auto& object) { object["spec"]["certificateId"] = certificate; });
    };
    edit("older", wanted_by_both);
    ASSERT_TRUE(becomes("older", "Conflict"));
    edit("younger", cloud.add_certificate());
    EXPECT_TRUE(becomes("older", "Attached", 1min));
}

}  // namespace
