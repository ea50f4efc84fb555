// No secret appears in the log, status, events or metrics, whichever request with a secret fails.
#include "component/controller_world.hpp"
#include "support/log.hpp"
#include "support/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::log_format;
using testing::SizeIs;

// Passes all requests on, and keeps the secrets in them.
class eavesdropper final : public net::http_client
{
public:
    explicit eavesdropper(net::http_client& to) : to_(to) {}

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        const bool payload = request.target.ends_with("/payload");
        auto answer = co_await to_.send(std::move(request));
        if (answer)
        {
            const auto token = net::find_header(answer->headers, "X-Subject-Token");
            if (!token.empty())
            {
                tokens.emplace(token);
            }
            if (payload && answer->status == 200)
            {
                payloads.insert(answer->body);
            }
        }
        co_return answer;
    }
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        return to_.open(std::move(request));
    }

    std::set<std::string> tokens;
    std::set<std::string> payloads;

private:
    net::http_client& to_;
};

// The parts of `payload` that would reveal the secret, as they are and as the log shows untrusted texts.
std::vector<std::string> parts_of(const std::string& payload)
{
    constexpr std::size_t length = 24;
    std::vector<std::string> parts;
    for (const std::string& text : {payload, support::clean(payload, payload.size() + 3)})
    {
        for (std::size_t at = 0; at + length <= text.size(); at += length)
        {
            const auto part = text.substr(at, length);
            if (std::ranges::count_if(part, [](unsigned char c) { return std::isalnum(c); }) > 8)
            {
                parts.push_back(part);
            }
        }
    }
    return parts;
}

class secrecy : public test::controller_world, public testing::WithParamInterface<log_format>
{
protected:
    secrecy() { support::set_log(support::log_level::debug, GetParam()); }
    ~secrecy() override { support::set_log(support::log_level::info, log_format::text); }

    // The Secret "cloud" with a user and this password.
    void give(const std::string& password)
    {
        const json auth{
            {"auth_url", "http://127.0.0.1:15000/v3"},
            {"username", "robot"},
            {"user_domain_name", "Default"},
            {"password", password},
            {"project_name", "shop"},
            {"project_domain_name", "Default"}
        };
        kube.set_secret("cloud", {{"clouds.yaml", json{{"clouds", {{"lab", {{"auth", auth}}}}}}.dump()}});
    }

    // The id of a new secret in Barbican.
    std::string upload(const std::string& payload)
    {
        net::http_request request;
        request.method = "POST";
        request.origin = {.tls = false, .host = "127.0.0.1", .port = 19311};
        request.target = "/v1/secrets";
        request.headers = {{"X-Auth-Token", *heard.tokens.begin()}, {"Content-Type", "application/json"}};
        request.body = json{{"payload", payload}, {"payload_content_type", "text/plain"}}.dump();
        request.deadline = clock().now() + 1min;
        const auto answer = run(http.send(std::move(request)));
        const auto ref = json::parse(answer->body)["secret_ref"].get<std::string>();
        return ref.substr(ref.rfind('/') + 1);
    }

    void want(
        const std::string& name,
        const std::string& certificate,
        bool sni = true,
        const std::string& secret = ""
    )
    {
        kube.create(
            {.name = name, .certificate = certificate, .listener = listener, .sni = sni, .secret = secret}
        );
    }

    bool says(const std::string& name, const std::string& reason)
    {
        return until([&] { return kube.ready_reason(name) == reason; }, 2h);
    }

    std::string everything() const
    {
        const auto shown = [](const json& value) {
            return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
        };
        std::string all = log.text();
        for (const auto& object : kube.objects())
        {
            all += shown(object.second);
        }
        for (const json& event : kube.events)
        {
            all += shown(event);
        }
        const auto next = running->controller.metrics();
        while (const auto piece = next())
        {
            all += *piece;
        }
        return all;
    }

    const support::log_capture log;
    eavesdropper heard{http};
};

TEST_P(secrecy, no_secret_leaves_the_program)
{
    sim.add_user({.name = "robot", .project = project, .password = "canary-password"});
    give("canary-password");
    running = std::make_unique<test::controller_process>(*this, kube, heard, credential, admitted);
    want("web", certificate("web.example.com").id, false);
    const auto bundle = [&](const std::string& pass_phrase) {
        return sim.add_certificate({.project = project, .kind = "pkcs12", .pass_phrase = pass_phrase}).id;
    };
    want("bundled", bundle(""), true, "cloud");
    want("locked", bundle("canary-phrase"), true, "cloud");
    ASSERT_TRUE(says("web", "Attached") && says("bundled", "Attached"));
    const std::string line = "canarycanarycanarycanarycanarycanarycanarycanary\n";
    want("key", upload("-----BEGIN PRIVATE KEY-----\n" + line + line + "-----END PRIVATE KEY-----\n"));
    want("odd", upload("canary that is nothing at all"));
    advance(1min);

    // Every kind of request fails once.
    sim.revoke_tokens();
    for (const std::string service : {"identity", "key-manager", "load-balancer"})
    {
        sim.cut({.service = service}, 40);
        sim.fail({.service = service, .skip = 1}, {.status = 500});
        sim.fail({.service = service, .skip = 2}, {.status = 401});
    }
    kube.update("web", [&](json& object) {
        object["spec"]["certificateId"] = certificate("new.example.com").id;
    });
    ASSERT_TRUE(says("web", "Attached"));
    give("canary-wrong");
    sim.remove_application_credential(credential.id);
    for (const char* name : {"web", "bundled"})
    {
        kube.update(name, [](json& object) {
            object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = "1";
        });
        ASSERT_TRUE(says(name, "CredentialsInvalid")) << kube.object(name).dump(1);
    }

    const auto all = everything();
    const auto expect_absent = [&](const std::string& name, const std::string& secret) {
        const auto at = all.find(secret);
        EXPECT_EQ(at, std::string::npos) << name << ": " << all.substr(at < 200 ? 0 : at - 200, 500);
    };
    expect_absent("password, pass phrase or payload", "canary");
    expect_absent("application credential", credential.secret);
    EXPECT_THAT(heard.tokens, SizeIs(testing::Ge(4))) << "each credential's, and each again";
    for (const auto& token : heard.tokens)
    {
        expect_absent("token", token.substr(0, 24));
    }
    EXPECT_EQ(heard.payloads.size(), 6U) << "two certificates, two bundles, a key, and what is nothing";
    for (const auto& payload : heard.payloads)
    {
        for (const auto& part : parts_of(payload))
        {
            expect_absent("payload", part);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    component,
    secrecy,
    testing::Values(log_format::text, log_format::json),
    [](const auto& info) { return info.param == log_format::json ? "json" : "text"; }
);

}  // namespace
