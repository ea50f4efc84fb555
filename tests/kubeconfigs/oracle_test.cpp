#include "fakes/certificates/certificates.hpp"
#include "kubeconfigs/clients.hpp"
#include "kubeconfigs/corpus.hpp"
#include "kubeconfigs/fill_in.hpp"
#include "kubeconfigs/recording_server.hpp"
#include "support/base64.hpp"
#include "testbed/process.hpp"
#include "testbed/servers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

// kubectl is asked what a kubeconfig means: for every case of the corpus both it and our client run against
// one server, which records what they show.
namespace kubeconfigs {

void PrintTo(verdict value, std::ostream* stream)
{
    constexpr const char* names[] = {"same", "both_refuse", "we_refuse", "kubectl_refuses", "differs"};
    *stream << names[static_cast<int>(value)];
}

void PrintTo(const corpus_case& value, std::ostream* stream)
{
    *stream << value.name;
}

namespace {

test::certificate_request valid_now(std::string subject)
{
    test::certificate_request request;
    request.subject = std::move(subject);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    request.not_before = now - std::chrono::hours(24);
    request.not_after = now + std::chrono::hours(24);
    return request;
}

// The server and the certificates of all cases.
class world final
{
public:
    static world& get()
    {
        static world only;
        return only;
    }

    const test::certificate ca = [] {
        auto request = valid_now("the CA");
        request.ca = true;
        return test::make_certificate(request);
    }();
    const test::certificate me = issue("me", {}, "clientAuth");
    recording_server server{issue("server", "DNS:localhost,DNS:kubernetes,IP:127.0.0.1", "serverAuth")};
    const std::filesystem::path kubectl = testbed::provide_programs({"kubectl"}) / "kubectl";

    words values()
    {
        const auto as_json = [](const std::string& text) {
            const std::string quoted = nlohmann::json(text).dump();
            return quoted.substr(1, quoted.size() - 2);
        };
        const std::string port = std::to_string(server.port());
        std::string lines = support::encode_base64(ca.pem);
        lines.insert(lines.size() / 2, "\n      ");
        return {
            {"HOST", "127.0.0.1:" + port},
            {"PORT", port},
            {"SERVER", "https://127.0.0.1:" + port},
            {"CA_PEM", ca.pem},
            {"CA_DATA", support::encode_base64(ca.pem)},
            {"CA_LINES", lines},
            {"CERT_PEM", me.pem},
            {"CERT_DATA", support::encode_base64(me.pem)},
            {"CERT_JSON", as_json(me.pem)},
            {"KEY_PEM", me.key_pem},
            {"KEY_DATA", support::encode_base64(me.key_pem)},
            {"KEY_JSON", as_json(me.key_pem)},
        };
    }

private:
    test::certificate issue(const std::string& subject, const std::string& names, const std::string& usage)
        const
    {
        auto request = valid_now(subject);
        request.names = names;
        request.usage = usage;
        request.issuer = &ca;
        return test::make_certificate(request);
    }
};

verdict judge(const sent& ours, const sent& kubectl)
{
    if (ours.request.empty())
    {
        return kubectl.request.empty() ? verdict::both_refuse : verdict::we_refuse;
    }
    if (kubectl.request.empty())
    {
        return verdict::kubectl_refuses;
    }
    return ours.request == kubectl.request ? verdict::same : verdict::differs;
}

// What the plugin of the case was told; null if it was not run.
nlohmann::json take_told(const std::filesystem::path& folder)
{
    std::ifstream file(folder / "told");
    std::stringstream content;
    content << file.rdbuf();
    std::filesystem::remove(folder / "told");
    return content.str().empty() ? nlohmann::json() : nlohmann::json::parse(content.str());
}

class kubeconfig_folder : public testing::Test
{
protected:
    void SetUp() override
    {
        std::string name = testing::TempDir() + "kubeconfigs.XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::filesystem::path folder;
};

class oracle : public kubeconfig_folder, public testing::WithParamInterface<corpus_case>
{};

using pinning = kubeconfig_folder;

TEST_P(oracle, kubectl_and_we_send_what_the_corpus_says)
{
    auto& all = world::get();
    const corpus_case& how = GetParam();
    const auto values = write_files(how, folder, all.values());
    const sent kubectl = ask_with_kubectl(how, folder, all.server, all.kubectl.string());
    const auto told_by_kubectl = take_told(folder);
    const sent ours = ask_with_ours(how, folder, all.server);
    const auto told_by_us = take_told(folder);
    const auto shown = [&] {
        return "kubectl: " + kubectl.request + "\n  " + kubectl.error + "\nwe: " + ours.request + "\n  " +
               ours.error;
    };
    EXPECT_EQ(judge(ours, kubectl), how.verdict) << shown();
    if (how.verdict == verdict::same)
    {
        EXPECT_EQ(told_by_us, told_by_kubectl);
    }
    const std::string says = fill_in(how.says, values);
    if (ours.request.empty())
    {
        EXPECT_THAT(ours.error, testing::HasSubstr(says)) << shown();
        EXPECT_NE(ours.error, "");
        EXPECT_NE(how.says, "") << "a refusal has words";
        EXPECT_THAT(ours.error, testing::Not(testing::HasSubstr("canary")));
        EXPECT_THAT(ours.error, testing::Not(testing::HasSubstr("\n")));
    }
    else if (says.empty())
    {
        EXPECT_THAT(ours.notices, testing::IsEmpty()) << shown();
    }
    else
    {
        EXPECT_THAT(ours.notices, testing::Contains(testing::HasSubstr(says))) << shown();
    }
}

// The commands of the refusal, as a person would run them.
TEST_F(pinning, the_printed_commands_make_the_certificate_of_an_insecure_server_the_trusted_one)
{
    auto& all = world::get();
    const corpus_case how =
        one("insecure", kubeconfig("server: \"$SERVER\", insecure-skip-tls-verify: true", "token: canary"));
    write_files(how, folder, all.values());
    const std::string refusal = ask_with_ours(how, folder, all.server).error;
    std::string script = refusal.substr(refusal.find("openssl s_client"));
    const std::string for_people = "compare its fingerprint with the server's; ";
    ASSERT_NE(script.find(for_people), std::string::npos) << refusal;
    script.erase(script.find(for_people), for_people.size());
    const auto ran = testbed::run({
        .program = "env",
        .arguments =
            {"-C",
             folder.string(),
             "KUBECONFIG=" + (folder / "config").string(),
             "PATH=" + all.kubectl.parent_path().string() + ":" + std::getenv("PATH"),
             "sh",
             "-ec",
             script},
    });
    ASSERT_EQ(ran.code, 0) << script << ran;
    const sent ours = ask_with_ours(how, folder, all.server);
    EXPECT_THAT(ours.request, testing::HasSubstr("authorization=Bearer canary")) << ours.error;
}

INSTANTIATE_TEST_SUITE_P(corpus, oracle, testing::ValuesIn(corpus()), [](const auto& info) {
    return info.param.name;
});

}  // namespace
}  // namespace kubeconfigs
